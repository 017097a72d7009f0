"""Validating, writing and costing 100,000 rows, beside a loop of phonenumbers and str.format."""

import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import phonenumbers
from django.utils import timezone
from phonenumbers import carrier

from benchmarks.portal import portal
from contacts.phone import Operator, find_mobile, operator_of
from messaging.services.audience.letters import Writer
from messaging.services.money import prices
from messaging.text import length
from messaging.text.placeholders import parse

_ROWS: Final = 100_000
_AT_LEAST: Final = 10.0  # times as fast
_PEAK: Final = 5.0  # MB more for all rows than for a tenth of them
_TEXTS: Final = {
    "static": "The school is closed tomorrow because of the election. Classes begin on Sunday.",
    "personal": "Dear {name}, the fee of class {class} is due: Rs {fee_due}. Pay it by Friday.",
}
_RATE: Final = Decimal("0.80")
_TIMES: Final = 3  # the quickest counts
_RATES: Final = dict.fromkeys(Operator, _RATE)

_Row = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Speed:
    kind: str
    times: float
    a_second: float
    share: float
    growth: float

    @property
    def is_met(self) -> bool:
        return self.times >= _AT_LEAST and self.growth <= _PEAK

    def __str__(self) -> str:
        return (
            f"{self.kind:<10} {self.a_second:,.0f} rows/s: {self.times:.1f} times as fast (at "
            f"least {_AT_LEAST:.0f}), {self.share:.0%} of it measuring, {self.growth:.1f} MB more "
            f"for ten times the rows (at most {_PEAK:.0f})"
        )


def measure(rows: int = _ROWS) -> Iterator[Speed]:
    with portal("sqlite") as empty:
        for kind in ("static", "personal"):
            found = empty.run(costs, kind, rows)
            yield Speed(
                kind,
                found["theirs"] / found["ours"],
                rows / found["ours"],
                found["measuring"] / found["ours"],
                found["growth"],
            )


def costs(kind: str, count: int) -> dict[str, float]:
    """Seconds, and MB that all rows take more than a tenth of them."""
    text = _TEXTS[kind]
    took = took_theirs = float("inf")
    for _time in range(_TIMES):  # in turns, because machines are not always equally fast
        started = time.perf_counter()
        cost = _ours(text, count)
        took = min(took, time.perf_counter() - started)
        started = time.perf_counter()
        expected = _theirs(text, count)
        took_theirs = min(took_theirs, time.perf_counter() - started)
        if cost != expected:
            raise ValueError(f"Rs {cost} are not Rs {expected}")
    return {
        "ours": took,
        "theirs": took_theirs,
        "measuring": _measuring(kind, text, count),
        "growth": (_peak(text, count) - _peak(text, count // 10)) / 1e6,
    }


def _rows(count: int) -> Iterator[_Row]:
    for n in range(count):
        mobile = f"{('984', '980', '961')[n % 3]}{n:07d}"
        yield mobile, f"Person {n}", {"class": str(n % 10), "fee_due": str(n % 5000)}


def _ours(text: str, count: int) -> Decimal:
    write = Writer(parse(text), day=timezone.now()).write
    counts = Counter(
        (operator_of(mobile), write(mobile, name, fields).parts)
        for raw, name, fields in _rows(count)
        if (mobile := find_mobile(raw))
    )
    return prices.cost_of_counts(counts, _RATES)


def _theirs(text: str, count: int) -> Decimal:
    """Without counting parts: that has no counterpart in a plain loop."""
    cost = Decimal(0)
    for raw, name, fields in _rows(count):
        number = phonenumbers.parse(raw, "NP")
        if phonenumbers.is_valid_number(number) and carrier.name_for_number(number, "en"):
            text.format(name=name, **fields)
            cost += _RATE
    return cost


def _measuring(kind: str, text: str, count: int) -> float:
    """Seconds that are spent on counting parts: what writing takes, less the bare writing.

    A text that everybody gets is counted once.
    """
    some = list(_rows(count))
    writer = Writer(parse(text), day=timezone.now())
    started = time.perf_counter()
    for row in some:
        writer.write(*row)
    took = time.perf_counter() - started
    if kind == "static":
        started = time.perf_counter()
        length.measure(text)
        return time.perf_counter() - started
    pattern = text.format(name="%s", **{"class": "%s"}, fee_due="%s")
    letters = []
    started = time.perf_counter()
    for _mobile, name, fields in some:
        letters.append((pattern % (name, fields["class"], fields["fee_due"])).strip())
        letters.pop()
    return took - (time.perf_counter() - started)


def _peak(text: str, count: int) -> int:
    tracemalloc.start()
    _ours(text, count)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
