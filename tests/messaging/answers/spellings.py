"""Tokens, and answers that repeat one in spellings of spellings, for hypothesis."""

import base64
import html
import json
import string
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from hypothesis import strategies as st

PLAIN: Final = string.ascii_letters + string.digits

Spelling = Callable[[str], str]


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def _in_16(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


def _cut(mark: str) -> Spelling:
    return lambda text: mark.join((text[: len(text) // 2], text[len(text) // 2 :]))


# What a program may make of a text that it repeats, several of them one after another.
STEPS: Final[dict[str, Spelling]] = {
    "bearer": lambda text: f"Authorization: Bearer {text}",
    "json": lambda text: json.dumps(text, ensure_ascii=True),
    "json escapes": escaped,
    "some json escapes": lambda text: "".join(
        escaped(sign) if place % 2 or sign == "\\" else sign for place, sign in enumerate(text)
    ),
    "percent": quote,
    "percent everything": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "hex entities": lambda text: "".join(f"&#x{ord(sign):x}" + ";" for sign in text),
    "page": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 one on": lambda text: base64.b64encode(b"a" + text.encode()).decode().rstrip("="),
    "base64 two on": lambda text: base64.urlsafe_b64encode(b"ab" + text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of utf-16": _in_16,
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
}
# These leave the text readable, and hide it from whoever looks for all of it: they come last.
CUTS: Final[dict[str, Spelling]] = {
    "whole": str,
    "line": _cut("\r\n"),
    "spaces": _cut("   "),
    "tag": _cut("<b class='x'>"),
    "strings": _cut('","'),
    "fields": _cut('","of":"'),
    "no width": "\u200b".join,
    "soft hyphen": _cut("\u00ad"),
    "escaped line": _cut("\\n"),
    "entity": _cut("&ZeroWidthSpace;"),
    "capitals": str.upper,
}
CODINGS: Final = ["utf-8", "utf-16", "utf-16-be"]
# Capitals make another text of base64, which then cannot be undone before what is in it.
SEVERAL: Final = st.lists(st.sampled_from(sorted(STEPS)), max_size=3)
tokens = st.builds(
    "{}|{}".format,
    st.integers(1, 99_999),
    st.text(st.sampled_from(PLAIN), min_size=16, max_size=48),
) | st.text(st.sampled_from(PLAIN + "|+/=._~-"), min_size=20, max_size=60).filter(
    lambda token: sum(sign in PLAIN for sign in token) >= 16
)


def body_with(token: str, steps: list[str], cut: str, coding: str) -> bytes:
    """A good answer that repeats a token as it is after these steps, cut in the end."""
    said = token
    for step in steps:
        said = STEPS[step](said)
    if not (cut == "capitals" and any(step.startswith("base64") for step in steps)):
        said = CUTS[cut](said)
    body = f'{{"message":"Success! SMS has been sent","ntc":1,"debug":"{said}"}}'
    return body.encode(coding)


bodies = (SEVERAL, st.sampled_from(sorted(CUTS)), st.sampled_from(CODINGS))
