"""The ledger: every number that was billed, in memory, and in a file if it must outlive a restart.

One record is one billed request, so that a request is in the file as a whole or not at all; the
entries, one a number, are made from the records. A million numbers take some 15 MB this way.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.operators import Rates, SandboxOperator, count_by_operator, operator_of


class DamagedLedger(ValueError):
    """A line of the ledger file cannot be read; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One number that was billed once."""

    sequence: int
    request: int
    mobile: str
    operator: SandboxOperator
    text: str
    parts: int
    cost: Decimal
    when: datetime

    def as_json(self) -> dict[str, object]:
        return {
            "sequence": self.sequence,
            "request": self.request,
            "mobile": self.mobile,
            "operator": self.operator,
            "text": self.text,
            "parts": self.parts,
            "cost": str(self.cost),
            "when": self.when.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Billing:
    """One request that was billed. `mobiles` is the list joined by commas, to take little room."""

    first: int
    request: int
    when: float
    text: str
    parts: int
    rates: Rates
    mobiles: str

    def entries(self) -> Iterator[Entry]:
        when = datetime.fromtimestamp(self.when, UTC)
        for sequence, mobile in enumerate(self.mobiles.split(","), self.first):
            operator = operator_of(mobile)
            cost = self.parts * self.rates.of(operator)
            yield Entry(sequence, self.request, mobile, operator, self.text, self.parts, cost, when)

    def count(self) -> int:
        return self.mobiles.count(",") + 1

    def cost(self) -> Decimal:
        return self.parts * self.rates.total(count_by_operator(self.mobiles.split(",")))


class Ledger:
    """The records, oldest first. It has no lock: its account has."""

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[Billing] = []
        self._rates: dict[Rates, Rates] = {}
        self._path = path
        self._file: BinaryIO | None = path.open("ab", buffering=0) if path else None

    def replay(self) -> Iterator[Billing | Decimal]:
        """What the file holds, in order: billings, and balances that were set by hand."""
        if self._path is None or self._file is None:
            return
        whole = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break  # killed while writing: never answered, so never billed
                whole += len(line)
                yield self._read(line, number)
        self._file.truncate(whole)

    def _read(self, line: bytes, number: int) -> Billing | Decimal:
        try:
            record: dict[str, Any] = json.loads(line)
            if "balance" in record:
                return Decimal(record["balance"])
            rates = Rates(**{name: Decimal(rate) for name, rate in record.pop("rates").items()})
            billing = Billing(rates=self._rates.setdefault(rates, rates), **record)
            billing.cost()
        except (ValueError, ArithmeticError, TypeError, KeyError, AttributeError) as error:
            self.close()
            raise DamagedLedger(
                f"Line {number} of the ledger {self._path} cannot be read. "
                "Repair it, or start with another file."
            ) from error
        self.records.append(billing)
        return billing

    def add(self, billing: Billing) -> None:
        """Keep a billing: in the file first, so that what was answered is never missing there."""
        record = {name: getattr(billing, name) for name in Billing.__slots__}
        self._write(record | {"rates": billing.rates.as_strings()})
        self.records.append(billing)

    def add_balance(self, balance: Decimal) -> None:
        self._write({"balance": str(balance)})

    def empty(self) -> None:
        # A new list, because someone may be reading the old one.
        self.records = []
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, record: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(record).encode() + b"\n")


def entries_of(records: list[Billing]) -> Iterator[Entry]:
    """The entries of records, in their order."""
    for billing in records:
        yield from billing.entries()
