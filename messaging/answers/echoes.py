"""Whether an answer repeats a secret, however the programs on its way have spelt it.

Pure. What a gateway repeats may have passed through JSON, addresses, web pages or a log of its own,
so the answer is read in every spelling that undoes those, one inside another as well.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

# A token with fewer letters and digits could be a part of any word: it is looked for as written.
LEAST_LETTERS: Final = 12
_LEAST_PIECE: Final = 8  # letters and digits of a token that are no coincidence
_MOST_READ: Final = 2**20  # characters in all spellings together
_MOST_DEPTH: Final = 3  # base64 and hex, one inside another
_MOST_ESCAPES: Final = 8  # escapes of escapes


def holds_secret(body: bytes, *secrets: str) -> bool:
    """Whether an answer holds one of some secrets, half of it or more, or what someone was
    authorised with; of a short one (a code) all of it. Without a secret it is not read.

    What takes too long to be read in all its spellings counts as holding it.
    """
    if not secrets:
        return False
    sought = [_sought(secret) for secret in secrets]
    texts, seen, read = set(_read(body)), set[str](), 0
    for _depth in range(_MOST_DEPTH + 1):
        inner: set[str] = set()
        for view in (view for text in texts for view in _views(text)):
            if view in seen:
                continue
            seen.add(view)
            read += len(view)
            if read > _MOST_READ or _AUTHORISED.search(view):
                return True
            if any(one.is_in(view) for one in sought):
                return True
            inner.update(_decoded(view))
        texts = inner
    return False


def _read(body: bytes) -> Iterator[str]:
    yield body.decode("utf-8", "replace")
    if b"\0" in body:
        for coding in ("utf-16-le", "utf-16-be"):
            yield body.decode(coding, "replace")


# What follows one of these words, if it could be a token: it has a digit, and no space.
_AUTHORISED: Final = re.compile(
    r"(?:bearer|authorization)[^\w|]{1,9}(?:bearer[^\w|]{1,9})?(?=[^\s\"'<>]{0,99}[0-9])[\w|.~+/*-]{8}",
    re.IGNORECASE,
)


class _Sought:
    """A secret, and what is looked for to find it."""

    def __init__(self, token: str) -> None:
        self._short = token if len(_plain(token)) < LEAST_LETTERS else ""
        spellings = () if self._short or not token else _spellings(token)
        self._pieces = {piece for plain in spellings for piece in _pieces(plain)}

    def is_in(self, view: str) -> bool:
        if self._short:
            return self._short in view
        texts = (view, _TAG.sub("", view)) if "<" in view else (view,)
        return any(piece in plain for plain in map(_plain, texts) for piece in self._pieces)


@lru_cache(maxsize=4)
def _sought(token: str) -> _Sought:
    return _Sought(token)


_TAG: Final = re.compile(r"<[^<>]*>")
_NO_LETTERS: Final = re.compile("[^A-Za-z0-9]+")


def _plain(text: str) -> str:
    """Letters and digits alone, in lower case: nothing can be put between them to hide a token."""
    return _NO_LETTERS.sub("", text).lower()


def _spellings(token: str) -> Iterator[str]:
    """The plain letters of the token, and of its bytes as programs print them."""
    yield _plain(token)
    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = token.encode(coding)
        yield raw.hex()
        for before in range(3):
            # In base64 the first and last letters hang on what stands around the token.
            shown = base64.b64encode(b"\0" * before + raw).decode()
            whole = shown[(0, 2, 3)[before] : len(shown) // 4 * 4 - 4]
            yield _plain(whole)


def _pieces(plain: str) -> Iterator[str]:
    """So many pieces that half of the text, from wherever it is, has one of them in it."""
    half = max((len(plain) + 1) // 2, _LEAST_PIECE)
    size = max(len(plain) // 3, _LEAST_PIECE)
    step = half - size + 1
    for start in range(0, max(len(plain) - size, 0) + 1, step):
        yield plain[start : start + size]


def _views(text: str) -> Iterator[str]:
    """A text as it is, and with its escapes undone, again and again."""
    view = _UNSEEN.sub("", text)
    for _time in range(_MOST_ESCAPES):
        if not view.isascii():
            view = unicodedata.normalize("NFKC", view)
        yield view
        undone = _UNSEEN.sub("", _ESCAPE.sub(_undone, view))
        if undone == view:
            return
        view = undone


# Control characters, NUL first of all, which UTF-16 puts between letters, and what has no width.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufffd]+"
)
_ESCAPE: Final = re.compile(
    r"\\u([0-9a-f]{4})|\\u\{0{0,9}([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})|%u([0-9a-f]{4})"
    r"|\\([0-3][0-7]{2})|\\(.)|((?:%[0-9a-f]{2})+)"
    r"|(&(?:\#0{0,40}[0-9]{1,7}|\#x0{0,40}[0-9a-f]{1,6}|[a-z]{2,31}[0-9]{0,2});?)",
    re.IGNORECASE,
)


def _undone(found: re.Match[str]) -> str:
    *hexadecimal, octal, sign, percent, entity = found.groups()
    if code := next(filter(None, hexadecimal), ""):
        return _character(int(code, 16))
    if octal:
        return _character(int(octal, 8))
    if sign:
        return " " if sign in "nrtbfv0" else sign
    if percent:
        return bytes.fromhex(percent.replace("%", "")).decode("utf-8", "replace")
    return html.unescape(entity)


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 else ""


_BASE64: Final = re.compile(r"[a-z0-9+/_-]{12,}", re.IGNORECASE)
_HEX: Final = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_SPACE: Final = re.compile(r"\s+")
_LEGIBLE: Final = re.compile(rb"[\t\n\r -~]{6,}")


def _decoded(view: str) -> Iterator[str]:
    """What can be read in the base64 and the hex of a text, wherever it begins."""
    dense = _SPACE.sub("", view)
    for run in _BASE64.findall(dense):
        letters = run.translate(_URL_SAFE)
        for start in range(4):
            some = letters[start : start + (len(letters) - start) // 4 * 4]
            yield from _legible(base64.b64decode(some))
        yield from _legible(base64.b64decode(f"{letters}{'A' * (-len(letters) % 4)}"))
    for run in _HEX.findall(dense):
        for start in range(2):
            even = run[start : start + (len(run) - start) // 2 * 2]
            yield from _legible(bytes.fromhex(even))


def _legible(decoded: bytes) -> Iterator[str]:
    if found := _LEGIBLE.findall(decoded.replace(b"\0", b"")):
        yield " ".join(piece.decode("ascii") for piece in found)
