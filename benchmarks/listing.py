"""The list of contacts with a million people, beside Django's own Paginator on the same rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.portal import databases, portal

_PEOPLE: Final = 1_000_000
_NOWHERE: Final = "http://127.0.0.1:9/api"
# What a page may take in the database (ms) and how many queries it may make.
_MOST_MS: Final = 2000.0
_MOST_QUERIES: Final = 20


@dataclass(frozen=True)
class Page:
    database: str
    name: str
    found: dict[str, Any]

    @property
    def is_met(self) -> bool:
        return bool(self.found["ms"] <= _MOST_MS and self.found["queries"] <= _MOST_QUERIES)

    def __str__(self) -> str:
        paginator = self.found["paginator_ms"]
        beside = f"Paginator {paginator:8.1f} ms" if paginator is not None else ""
        return (
            f"{self.database:<10} {self.name:<34} {self.found['ms']:8.1f} ms in the database, "
            f"{self.found['queries']:2} queries; {beside}"
        )


def measure(people: int = _PEOPLE) -> Iterator[Page]:
    for database in databases():
        with portal(database, _NOWHERE) as empty:
            for name, found in empty.run("listing_inside", str(people)).items():
                yield Page(database, name, found)
