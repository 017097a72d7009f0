"""Faults that repeat the caller's `Authorization`, as programs do that log or explain a request."""

import base64
import html
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from sandbox.faults.base import Fault, Received, answering
from sandbox.wire import Reply

_ZERO_WIDTH: Final = "\u200b"


def _in_json(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text)


def _partly_in_json(text: str) -> str:
    stays = {place for place, sign in enumerate(text) if sign.isalnum() and place % 3 == 0}
    return "".join(
        sign if place in stays else f"\\u{ord(sign):04X}" for place, sign in enumerate(text)
    )


def _in_percent(text: str) -> str:
    return "".join(f"%{ord(sign):02x}" for sign in text)


def _in_entities(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(ord(sign)) for sign in text)


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _cut_by(mark: str) -> Callable[[str], str]:
    """Cut behind the first word, and where the middle of the whole is."""
    return lambda text: mark.join(
        (text[:6], text[6 : len(text) // 2 + 1], text[len(text) // 2 + 1 :])
    )


SPELLINGS: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "plain": ("as it came", str),
    "upper": ("in capitals", str.upper),
    "json": ("in JSON's escapes", _in_json),
    "json-partly": ("in JSON's escapes, here and there", _partly_in_json),
    "percent": ("as in an address", _in_percent),
    "percent-twice": ("as in an address within an address", lambda text: quote(_in_percent(text))),
    "entities": ("as in a web page", _in_entities("&#{};")),
    "entities-hex": ("as in a web page, in hex", _in_entities("&#x{:X};")),
    "entities-named": (
        "as in a web page, within JSON",
        lambda text: html.escape(text).replace(" ", "&nbsp;").replace("|", "&vert;"),
    ),
    "base64": ("in base64", _in_base64),
    "base64-bare": (
        "in base64 for addresses",
        lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode().rstrip("="),
    ),
    "base64-twice": ("in base64 within base64", lambda text: _in_base64(_in_base64(text))),
    "hex": ("in hex", lambda text: text.encode().hex()),
    "hex-upper": ("in hex, in capitals", lambda text: text.encode().hex(" ").upper()),
    "cut-lines": ("over several lines", _cut_by("\\r\\n")),
    "cut-tags": ("with tags in it", _cut_by("<wbr class='cut'>")),
    "cut-strings": ("in several strings", _cut_by('","')),
    "cut-unseen": ("with characters that have no width", _cut_by(_ZERO_WIDTH)),
}


def _with_echo(spell: Callable[[str], str]) -> Callable[[Received], Reply]:
    def make(call: Received) -> Reply:
        said = spell(call.exchange.request.header("authorization"))
        addition = f',"debug":["{said}"]}}'.encode()
        return replace(call.regular, body=call.regular.body[:-1] + addition)

    return make


def _echoing(name: str, says: str, make: Callable[[Received], Reply]) -> Fault:
    return Fault(name, f"accepts the message; {says}", True, answering(make))


def _utf_16(call: Received) -> Reply:
    return replace(call.regular, body=_with_echo(str)(call).body.decode().encode("utf-16"))


def _failing(call: Received) -> Reply:
    return replace(_with_echo(str)(call), status=500)


def _in_headers(call: Received) -> Reply:
    said = call.exchange.request.header("authorization")
    return replace(call.regular, headers={**call.regular.headers, "X-Debug": said})


async def _in_no_header(call: Received) -> None:
    """A line among the headers that is none: libraries quote it when they complain of it."""
    said = call.exchange.request.header("authorization").replace(":", "")
    head = call.regular.raw(only_head=True).removesuffix(b"\r\n")
    await call.exchange.send_bytes(head + f"{said}\r\n\r\n".encode() + call.regular.body)


ECHOES = (
    *(
        _echoing(f"echo-{name}", f"its answer repeats the token {says}", _with_echo(spell))
        for name, (says, spell) in SPELLINGS.items()
    ),
    _echoing("echo-utf-16", "its answer is UTF-16 and repeats the token", _utf_16),
    _echoing("echo-500", "it fails and repeats the token (500)", _failing),
    _echoing("echo-header", "a header of its answer repeats the token", _in_headers),
    Fault(
        "echo-no-header",
        "accepts the message; a line that is no header repeats the token",
        True,
        _in_no_header,
    ),
)
