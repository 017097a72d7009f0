"""Importing people: beside django-import-export in its bulk mode, and in how much memory."""

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import xlsxwriter

from benchmarks.portal import databases, portal

_PEOPLE: Final = 100_000
_MANY: Final = 1_000_000
_LIMITS: Final = {
    ("sqlite", "csv"): 6.0,
    ("sqlite", "xlsx"): 5.0,
    ("postgresql", "csv"): 3.0,
    ("postgresql", "xlsx"): 3.0,
}
_PEAK, _PEAK_OF_MANY, _LONGEST = 150, 250, 0.5  # MB, MB, seconds in one transaction
_NOWHERE: Final = "http://127.0.0.1:9/api"


@dataclass(frozen=True)
class Row:
    name: str
    times: float
    limit: float
    took: float
    peak: float
    longest: float

    @property
    def is_met(self) -> bool:
        return self.times >= self.limit and self.peak <= _PEAK and self.longest <= _LONGEST

    def __str__(self) -> str:
        return (
            f"{self.name:<16} {_PEOPLE:,} rows in {self.took:.1f} s: {self.times:.1f} times as "
            f"fast (at least {self.limit:.0f}), peak {self.peak:.0f} MB (at most {_PEAK}), "
            f"longest piece {self.longest:.2f} s (at most {_LONGEST})"
        )


def measure() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="sociair-portal-bench-") as folder:
        files = {"csv": Path(folder) / "people.csv", "xlsx": Path(folder) / "people.xlsx"}
        _write_csv(files["csv"], _PEOPLE)
        _write_xlsx(files["xlsx"], _PEOPLE)
        for database in databases():
            for kind, path in files.items():
                with portal(database, _NOWHERE) as empty:
                    ours = empty.run("imports_ours", str(path))
                with portal(database, _NOWHERE) as empty:
                    theirs = empty.run("imports_theirs", str(path))
                if ours["created"] != theirs["created"]:
                    raise ValueError(f"{ours['created']} people are not {theirs['created']}")
                yield Row(
                    f"{database} {kind}",
                    theirs["took"] / ours["took"],
                    _LIMITS[database, kind],
                    ours["took"],
                    ours["peak"],
                    ours["longest"],
                )


def many() -> tuple[bool, str]:
    """A million rows, for their memory."""
    with tempfile.TemporaryDirectory(prefix="sociair-portal-bench-") as folder:
        path = Path(folder) / "people.csv"
        _write_csv(path, _MANY)
        with portal("sqlite", _NOWHERE) as empty:
            ours = empty.run("imports_ours", str(path))
    said = f"{_MANY:,} rows in {ours['took']:.0f} s, peak {ours['peak']:.0f} MB"
    return ours["peak"] <= _PEAK_OF_MANY, f"{said} (at most {_PEAK_OF_MANY})"


def _rows(people: int) -> Iterator[list[str]]:
    """Two in a hundred have no number that can be used."""
    yield ["Name", "Mobile", "Fee due"]
    for n in range(people):
        mobile = f"{('984', '980', '961')[n % 3]}{n:07d}" if n % 50 else "01-4412345"
        yield [f"Person {n}", mobile, str(n % 1000)]


def _write_csv(path: Path, people: int) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(_rows(people))


def _write_xlsx(path: Path, people: int) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for line, cells in enumerate(_rows(people)):
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, cell)
    book.close()
