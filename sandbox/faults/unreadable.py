"""Unreadable answers: bytes that are not, or hardly, the JSON object they should be."""

import json
import re
from collections.abc import Callable

from sandbox.answers import SUCCESS
from sandbox.faults.base import fixed, spoilt
from sandbox.wire import html_answer


def _with_trailing_commas(body: bytes) -> bytes:
    """Laid out as in the documentation, whose examples end their objects with a comma."""
    text = json.dumps(json.loads(body), indent=2, separators=(",", ":"))
    return re.sub(r"\n(\s*[}\]])", r",\n\1", text).encode()


def _also(addition: bytes) -> Callable[[bytes], bytes]:
    """Adds something to the object, before its end."""
    return lambda body: body[:-1] + b"," + addition + body[-1:]


def _success_with(count: bytes) -> Callable[[bytes], bytes]:
    start = f'{{"message":"{SUCCESS}","ntc":'.encode()
    return lambda body: start + count + b"}"


_PAGE = html_answer(200, "<!doctype html><title>Welcome</title><p>Everything is fine.")


def _nothing(body: bytes) -> bytes:
    return b""


def _utf_16(body: bytes) -> bytes:
    return body.decode().encode("utf-16")


def _marked(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def _listed(body: bytes) -> bytes:
    return b"[" + body + b"]"


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


_DEEP = b"[" * 30_000 + b"]" * 30_000

UNREADABLE = (
    fixed("html", "accepts the message; the answer is a web page (200)", _PAGE, bills=True),
    spoilt("empty", "the answer is empty (200)", _nothing),
    spoilt("huge", "the answer is over 64 KiB", _also(b'"note":"' + b"x" * 70_000 + b'"')),
    spoilt("not-utf8", "the answer is not UTF-8", _also(b'"note":"caf\xe9"')),
    spoilt("utf-16", "the answer is UTF-16", _utf_16),
    spoilt("byte-order-mark", "the answer begins with a byte order mark", _marked),
    spoilt("list", "the answer is a list", _listed),
    spoilt("half", "half of the answer is sent as if it were all", _half),
    spoilt(
        "trailing-commas", "the answer is as the documentation prints it", _with_trailing_commas
    ),
    spoilt("duplicate-keys", "the answer contradicts itself", _also(b'"message":"Sorry!"')),
    spoilt("deep", "the answer is nested 30,000 deep", _success_with(_DEEP)),
    spoilt("long-number", "a count has 5,000 digits", _success_with(b"9" * 5_000)),
)
