"""The type of a fault, and common ways to make one."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.settings import Settings
from sandbox.wire import Exchange, Reply, json_answer


@dataclass(frozen=True, slots=True)
class Received:
    """A request, and the answer that it would have got."""

    exchange: Exchange
    regular: Reply
    mobiles: Sequence[str]
    settings: Settings


def nobody(mobiles: Sequence[str]) -> frozenset[str]:
    """Calls no number invalid."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail.

    `says` completes "The sandbox …" for people. `bills` is whether the account pays before it
    happens, `reads` whether the request's body is read at all, and `invalid` picks the numbers
    that are called invalid whatever they are.
    """

    name: str
    says: str
    bills: bool
    perform: Callable[[Received], Awaitable[None]]
    reads: bool = True
    invalid: Callable[[Sequence[str]], frozenset[str]] = nobody


def answering(make: Callable[[Received], Reply]) -> Callable[[Received], Awaitable[None]]:
    """A way to perform a fault: send a whole answer."""

    async def perform(call: Received) -> None:
        await call.exchange.send(make(call))

    return perform


def fixed(name: str, says: str, answer: Reply, *, bills: bool = False) -> Fault:
    """A fault with the same answer to everyone."""
    return Fault(name, says, bills, answering(lambda call: answer))


def spoilt(name: str, says: str, spoil: Callable[[bytes], bytes]) -> Fault:
    """A fault with the regular answer, accepted and billed, in other bytes."""
    return Fault(
        name,
        f"accepts the message; {says}",
        True,
        answering(lambda call: replace(call.regular, body=spoil(call.regular.body))),
    )


def reworded(name: str, says: str, reword: Callable[[dict[str, Any]], object]) -> Fault:
    """A fault with the regular answer, accepted and billed, with other content."""
    return Fault(
        name,
        f"accepts the message; {says}",
        True,
        answering(
            lambda call: json_answer(call.regular.status, reword(json.loads(call.regular.body)))
        ),
    )


def with_status(name: str, says: str, status: int, *, bills: bool = True) -> Fault:
    """A fault with the regular answer under another status."""
    return Fault(name, says, bills, answering(lambda call: replace(call.regular, status=status)))
