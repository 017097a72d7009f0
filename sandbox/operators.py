"""Operators of the sandbox: which numbers it knows, and what a part costs to each."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple


class SandboxOperator(StrEnum):
    """The names under which the API counts messages."""

    NTC = "ntc"
    NCELL = "ncell"
    SMARTCELL = "smartcell"
    OTHER = "other"


# Not the portal's table: a gateway that judges the portal must not share its mistakes. A test
# compares the two tables.
_RANGES: Final = {
    SandboxOperator.NTC: ("974", "975", "976", "984", "985", "986"),
    SandboxOperator.NCELL: ("900", "970", "971", "980", "981", "982"),
    SandboxOperator.SMARTCELL: ("961", "962", "988"),
    SandboxOperator.OTHER: ("960", "963", "972"),
}
_OPERATORS: Final = {prefix: operator for operator in _RANGES for prefix in _RANGES[operator]}
_KNOWN: Final = re.compile(f"(?:{'|'.join(_OPERATORS)})[0-9]{{7}}")


def is_known(mobile: str) -> bool:
    """Whether it is a bare ten-digit number of a range in use; the gateway takes no other form."""
    return _KNOWN.fullmatch(mobile) is not None


def operator_of(mobile: str) -> SandboxOperator:
    """The operator of a known number."""
    return _OPERATORS[mobile[:3]]


def count_by_operator(mobiles: Iterable[str]) -> Counter[SandboxOperator]:
    """How many of these known numbers each operator has."""
    counts: Counter[SandboxOperator] = Counter()
    for prefix, count in Counter(mobile[:3] for mobile in mobiles).items():
        counts[_OPERATORS[prefix]] += count
    return counts


class Rates(NamedTuple):
    """Rupees a part, by operator."""

    ntc: Decimal
    ncell: Decimal
    smartcell: Decimal
    other: Decimal

    def of(self, operator: SandboxOperator) -> Decimal:
        rate: Decimal = getattr(self, operator.value)
        return rate

    def total(self, counts: Counter[SandboxOperator]) -> Decimal:
        """What one part to each of so many numbers costs."""
        return sum((self.of(operator) * counts[operator] for operator in counts), Decimal(0))

    def as_strings(self) -> dict[str, str]:
        return {operator: str(rate) for operator, rate in self._asdict().items()}


def same_rate(rate: Decimal) -> Rates:
    return Rates(rate, rate, rate, rate)
