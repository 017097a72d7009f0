"""Faults of an answer's framing: other answers before and behind it, and no clear end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sandbox.faults.base import Fault, Received
from sandbox.wire import Reply

# Between two interim answers, in seconds: long enough to be read one by one.
_PAUSE: Final = 0.02
_EARLY_HINTS: Final = b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload\r\n\r\n"
_PROCESSING: Final = b"HTTP/1.1 102 Processing\r\n\r\n"
_SWITCHING: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)


def _after(*interim: bytes) -> Callable[[Received], Awaitable[None]]:
    async def perform(call: Received) -> None:
        for answer in interim:
            await call.exchange.send_bytes(answer)
            await asyncio.sleep(_PAUSE)
        await call.exchange.send(call.regular)

    return perform


async def _interim_forever(call: Received) -> None:
    for _time in range(int(call.settings.hang / _PAUSE)):
        await call.exchange.send_bytes(_PROCESSING)
        if await call.exchange.client_leaves(_PAUSE):
            break
    call.exchange.close()


def _before(surplus: Callable[[Received], bytes]) -> Callable[[Received], Awaitable[None]]:
    """The regular answer, with `surplus` right behind it."""

    async def perform(call: Received) -> None:
        await call.exchange.send_bytes(call.regular.raw() + surplus(call))

    return perform


async def _switch(call: Received) -> None:
    await call.exchange.send_bytes(_SWITCHING)
    await call.exchange.client_leaves(call.settings.hang)
    call.exchange.close()


def _framed(answer: Reply, framing: Sequence[str], body: bytes) -> bytes:
    """An answer whose length is told in another way."""
    head = answer.raw(only_head=True).decode("latin-1").split("\r\n")
    lines = [line for line in head if line and not line.startswith("Content-Length:")]
    return "\r\n".join([*lines, *framing, "", ""]).encode("latin-1") + body


def _in_chunks(body: bytes) -> bytes:
    halves = (body[: len(body) // 2], body[len(body) // 2 :])
    return b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in halves) + b"0\r\n\r\n"


async def _two_lengths(call: Received) -> None:
    body = call.regular.body
    lengths = ("Content-Length: 0", f"Content-Length: {len(body)}")
    await call.exchange.send_bytes(_framed(call.regular, lengths, body))


async def _length_and_chunks(call: Received) -> None:
    chunks = _in_chunks(call.regular.body)
    both = (f"Content-Length: {len(chunks)}", "Transfer-Encoding: chunked")
    await call.exchange.send_bytes(_framed(call.regular, both, chunks))


async def _until_close(call: Received) -> None:
    await call.exchange.send_bytes(_framed(call.regular, (), call.regular.body))
    call.exchange.close()


async def _chunked(call: Received) -> None:
    chunks = _in_chunks(call.regular.body)
    await call.exchange.send_bytes(_framed(call.regular, ("Transfer-Encoding: chunked",), chunks))


async def _cut_the_chunks(call: Received) -> None:
    # The whole body, but without the empty chunk that ends it.
    chunks = _in_chunks(call.regular.body).removesuffix(b"0\r\n\r\n")
    await call.exchange.send_bytes(_framed(call.regular, ("Transfer-Encoding: chunked",), chunks))
    call.exchange.close()


FRAMING = (
    Fault("interim-103", "accepts, and says 103 before it answers", True, _after(_EARLY_HINTS)),
    Fault(
        "interim-102-many",
        "accepts, and says 102 again and again before it answers",
        True,
        _after(*[_PROCESSING] * 5),
    ),
    Fault("interim-forever", "accepts, and says 102 without end", True, _interim_forever),
    Fault(
        "interim-late",
        "accepts, and says 103 after its answer",
        True,
        _before(lambda _: _EARLY_HINTS),
    ),
    Fault(
        "answered-twice",
        "accepts, and answers twice",
        True,
        _before(lambda call: call.regular.raw()),
    ),
    Fault("switching", "accepts, and answers in another protocol (101)", True, _switch),
    Fault("two-lengths", "accepts; the answer has two lengths", True, _two_lengths),
    Fault(
        "length-and-chunks", "accepts; the answer has a length and chunks", True, _length_and_chunks
    ),
    Fault("until-close", "accepts; the answer ends with the connection", True, _until_close),
    Fault("chunked", "accepts; the answer comes in chunks", True, _chunked),
    Fault("chunked-cut", "accepts; the answer lacks its last chunk", True, _cut_the_chunks),
)
