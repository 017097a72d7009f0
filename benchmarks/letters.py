"""Validating, writing and costing 100,000 rows, beside a loop of phonenumbers and str.format."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.portal import portal

_ROWS: Final = 100_000
_TIMES: Final = 10.0
_PEAK: Final = 5.0  # MB more for all rows than for a tenth of them
_NOWHERE: Final = "http://127.0.0.1:9/api"


@dataclass(frozen=True)
class Row:
    kind: str
    times: float
    a_second: float
    share: float
    growth: float

    @property
    def is_met(self) -> bool:
        return self.times >= _TIMES and self.growth <= _PEAK

    def __str__(self) -> str:
        return (
            f"{self.kind:<10} {self.a_second:,.0f} rows/s: {self.times:.1f} times as fast (at "
            f"least {_TIMES:.0f}), {self.share:.0%} of it measuring, {self.growth:.1f} MB more for "
            f"ten times the rows (at most {_PEAK:.0f})"
        )


def measure() -> Iterator[Row]:
    with portal("sqlite", _NOWHERE) as empty:
        for kind in ("static", "personal"):
            found = empty.run("letters_inside", kind, str(_ROWS))
            yield Row(
                kind,
                found["theirs"] / found["ours"],
                _ROWS / found["ours"],
                found["measuring"] / found["ours"],
                found["growth"],
            )
