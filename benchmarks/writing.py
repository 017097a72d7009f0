"""Writing to 100,000 people: the review's first byte, and the count while somebody types, alone and
with everything else that the page is answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.portal import databases, portal

_PEOPLE: Final = 100_000
_NOWHERE: Final = "http://127.0.0.1:9/api"
_COUNT: Final = "live count"
_MOST_SECONDS: Final = {_COUNT: 0.25, "live answer, all of it": 0.5}
_MOST_SECONDS_OF_REVIEW: Final = 2.0
_MOST_QUERIES: Final = 4


@dataclass(frozen=True)
class Wait:
    database: str
    name: str
    found: dict[str, Any]

    @property
    def most(self) -> float:
        return _MOST_SECONDS.get(self.name, _MOST_SECONDS_OF_REVIEW)

    @property
    def is_met(self) -> bool:
        queries = self.found.get("queries", 0)
        return bool(self.found["seconds"] <= self.most and queries <= _MOST_QUERIES)

    def __str__(self) -> str:
        queries = f", {self.found['queries']} queries" if "queries" in self.found else ""
        return (
            f"{self.database:<10} {self.name:<34} {self.found['seconds']:.2f} s of at most "
            f"{self.most:.2f} s{queries}"
        )


def measure(people: int = _PEOPLE) -> Iterator[Wait]:
    for database in databases():
        with portal(database, _NOWHERE) as empty:
            for name, found in empty.run("writing_inside", str(people)).items():
                yield Wait(database, name, found)
