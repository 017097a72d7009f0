"""The account at the gateway: its balance, and what each request to send takes from it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from threading import Lock

from sandbox.ledger import Billing, Ledger
from sandbox.operators import Rates, SandboxOperator, count_by_operator, is_known
from sandbox.parts import parts_of


class Partial(StrEnum):
    """What becomes of the valid numbers of a request that also names invalid ones."""

    NONE_SENT = "none_sent"
    VALID_SENT = "valid_sent"


@dataclass(frozen=True, slots=True)
class Order:
    """A request to send one text to some numbers; `unknown` are numbers to be called invalid."""

    request: int
    text: str
    mobiles: Sequence[str]
    unknown: frozenset[str] = frozenset()

    def invalid(self) -> list[str]:
        """The numbers that are called invalid."""
        return [m for m in self.mobiles if m in self.unknown or not is_known(m)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the gateway made of an order.

    Invalid numbers count as `other`, as Sociair does. `short_of` is the balance (rupees) if that
    was too small, `billed` how many numbers were billed.
    """

    counts: Counter[SandboxOperator]
    invalid: list[str]
    short_of: Decimal | None
    billed: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The account at one moment: numbers billed, rupees spent and left, and the records."""

    billed: int
    spent: Decimal
    balance: Decimal
    records: list[Billing]


class Account:
    """The account. One lock guards it: checking the balance and billing is one step."""

    def __init__(self, opening: Decimal, ledger: Ledger) -> None:
        self._lock = Lock()
        self._ledger = ledger
        self._opening = opening
        self._balance = opening
        self._spent = Decimal(0)
        self._billed = 0
        events = list(ledger.replay())
        for event in events:
            if isinstance(event, Billing):
                self._take(event.count(), event.cost())
            else:
                self._balance = event
        if not events:
            ledger.add_balance(opening)

    def charge(self, order: Order, rates: Rates, partial: Partial, *, bill: bool) -> Receipt:
        """Check an order and, with `bill`, take its cost from the balance."""
        invalid = order.invalid()
        refused = set(invalid)
        valid = [mobile for mobile in order.mobiles if mobile not in refused]
        counts = count_by_operator(valid)
        parts = parts_of(order.text)
        cost = parts * rates.total(counts)
        counts[SandboxOperator.OTHER] += len(invalid)
        if not valid or (invalid and partial is Partial.NONE_SENT):
            return Receipt(counts, invalid, None, 0)
        with self._lock:
            if cost > self._balance:
                return Receipt(counts, invalid, self._balance, 0)
            if bill:
                self._bill(order, valid, parts, rates, cost)
        return Receipt(counts, invalid, None, len(valid) if bill else 0)

    def totals(self) -> Totals:
        with self._lock:
            return Totals(self._billed, self._spent, self._balance, self._ledger.records[:])

    def balance(self) -> Decimal:
        with self._lock:
            return self._balance

    def set_balance(self, balance: Decimal) -> None:
        with self._lock:
            self._ledger.add_balance(balance)
            self._balance = balance

    def reset(self) -> None:
        """Go back to the opening balance, with nothing billed."""
        with self._lock:
            self._ledger.empty()
            self._ledger.add_balance(self._opening)
            self._balance, self._spent, self._billed = self._opening, Decimal(0), 0

    def last_request(self) -> int:
        """The highest request number that was billed: numbering goes on after a restart."""
        with self._lock:
            return max((billing.request for billing in self._ledger.records), default=0)

    def close(self) -> None:
        with self._lock:
            self._ledger.close()

    def _bill(
        self, order: Order, valid: list[str], parts: int, rates: Rates, cost: Decimal
    ) -> None:
        self._ledger.add(
            Billing(
                first=self._billed + 1,
                request=order.request,
                when=time.time(),
                text=order.text,
                parts=parts,
                rates=rates,
                mobiles=",".join(valid),
            )
        )
        self._take(len(valid), cost)

    def _take(self, numbers: int, cost: Decimal) -> None:
        self._billed += numbers
        self._spent += cost
        self._balance -= cost
