"""Faults of the connection: the answer comes late, in part, or never."""

import asyncio

from sandbox.faults.base import Fault, Received


async def _hang(call: Received) -> None:
    await call.exchange.client_leaves(call.settings.hang)
    call.exchange.close()


async def _answer_late(call: Received) -> None:
    await asyncio.sleep(call.settings.slow)
    await call.exchange.send(call.regular)


async def _reset(call: Received) -> None:
    call.exchange.reset()


async def _close(call: Received) -> None:
    call.exchange.close()


async def _cut_the_headers(call: Received) -> None:
    await call.exchange.send_bytes(call.regular.raw()[:30])
    call.exchange.close()


async def _cut_the_body(call: Received) -> None:
    await call.exchange.send_bytes(call.regular.raw()[: -len(call.regular.body) // 2])
    call.exchange.close()


async def _reset_within(call: Received) -> None:
    await call.exchange.send_bytes(call.regular.raw()[: -len(call.regular.body) // 2])
    # A reset that overtakes the bytes before it would make them vanish.
    await call.exchange.client_leaves(0.05)
    call.exchange.reset()


async def _drip(call: Received) -> None:
    for byte in call.regular.raw():
        await call.exchange.send_bytes(bytes([byte]))
        if await call.exchange.client_leaves(call.settings.drip):
            break
    call.exchange.close()


CONNECTION = (
    Fault("hang", "accepts the message and never answers", True, _hang),
    Fault("slow", "accepts the message and answers late", True, _answer_late),
    Fault("drip", "accepts the message and answers one byte at a time", True, _drip),
    Fault("close", "accepts the message and hangs up without an answer", True, _close),
    Fault("reset", "accepts the message and breaks the connection", True, _reset),
    Fault(
        "reset-unread", "breaks the connection without reading the message", False, _reset, False
    ),
    Fault(
        "reset-within",
        "accepts the message and breaks off in the middle of its answer",
        True,
        _reset_within,
    ),
    Fault(
        "cut-headers", "accepts the message and hangs up within the headers", True, _cut_the_headers
    ),
    Fault("cut", "accepts the message and hangs up within the answer", True, _cut_the_body),
)
