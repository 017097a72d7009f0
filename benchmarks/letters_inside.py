"""Letters for so many rows, ours and theirs: `static|personal ROWS`."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import phonenumbers
from django.utils import timezone
from phonenumbers import carrier

from contacts.phone import Operator, find_mobile, operator_of
from messaging.services.audience.letters import Writer
from messaging.services.money import prices
from messaging.text.length import measure
from messaging.text.placeholders import parse

_TEXTS: Final = {
    "static": "The school is closed tomorrow because of the election. Classes begin on Sunday.",
    "personal": "Dear {name}, the fee of class {class} is due: Rs {fee_due}. Pay it by Friday.",
}
_RATE: Final = Decimal("0.80")
_TIMES: Final = 3  # the quickest counts
_RATES: Final = dict.fromkeys(Operator, _RATE)

Row = tuple[str, str, dict[str, Any]]


def rows(count: int) -> Iterator[Row]:
    for n in range(count):
        mobile = f"{('984', '980', '961')[n % 3]}{n:07d}"
        yield mobile, f"Person {n}", {"class": str(n % 10), "fee_due": str(n % 5000)}


def ours(text: str, count: int) -> Decimal:
    write = Writer(parse(text), day=timezone.now()).write
    counts = Counter(
        (operator_of(mobile), write(mobile, name, fields).parts)
        for raw, name, fields in rows(count)
        if (mobile := find_mobile(raw))
    )
    return prices.cost_of_counts(counts, _RATES)


def theirs(text: str, count: int) -> Decimal:
    """Without counting parts: that has no counterpart in a plain loop."""
    cost = Decimal(0)
    for raw, name, fields in rows(count):
        number = phonenumbers.parse(raw, "NP")
        if phonenumbers.is_valid_number(number) and carrier.name_for_number(number, "en"):
            text.format(name=name, **fields)
            cost += _RATE
    return cost


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    text = _TEXTS[kind]
    took = took_theirs = float("inf")
    for _time in range(_TIMES):  # in turns, because machines are not always equally fast
        started = time.perf_counter()
        cost = ours(text, count)
        took = min(took, time.perf_counter() - started)
        started = time.perf_counter()
        expected = theirs(text, count)
        took_theirs = min(took_theirs, time.perf_counter() - started)
        if cost != expected:
            raise ValueError(f"Rs {cost} are not Rs {expected}")
    print(
        json.dumps(
            {
                "ours": took,
                "theirs": took_theirs,
                "measuring": _measuring(kind, text, count),
                "growth": (_peak(text, count) - _peak(text, count // 10)) / 1e6,
            }
        )
    )


def _measuring(kind: str, text: str, count: int) -> float:
    """Seconds that are spent on counting parts: what writing takes, less the bare writing.

    A text that everybody gets is counted once.
    """
    some = list(rows(count))
    writer = Writer(parse(text), day=timezone.now())
    started = time.perf_counter()
    for row in some:
        writer.write(*row)
    took = time.perf_counter() - started
    if kind == "static":
        started = time.perf_counter()
        measure(text)
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
    ours(text, count)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    main()
