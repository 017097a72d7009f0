"""Importing people: beside django-import-export in its bulk mode, and in how much memory."""

import csv
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tablib
import xlsxwriter
from import_export import fields, resources, widgets

from benchmarks.imports_ours import ours
from benchmarks.portal import Result, databases, portal
from contacts.models import Contact
from contacts.names import clean_name, name_key
from contacts.phone import operator_of, parse_mobile

_PEOPLE: Final = 100_000
_MANY: Final = 1_000_000
# Theirs is told what the columns are and runs with Python's own collector of garbage; ours looks at
# every cell of every column first, which is a fifth of its time.
_LIMITS: Final = {
    ("sqlite", "csv"): 4.5,
    ("sqlite", "xlsx"): 5.0,
    ("postgresql", "csv"): 3.0,
    ("postgresql", "xlsx"): 3.0,
}
_PEAK, _PEAK_OF_MANY, _LONGEST = 150, 250, 0.5  # MB, MB, seconds in one transaction


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


@dataclass(frozen=True)
class Many:
    """A million rows, for their memory."""

    took: float
    peak: float

    @property
    def is_met(self) -> bool:
        return self.peak <= _PEAK_OF_MANY

    def __str__(self) -> str:
        return (
            f"{_MANY:,} rows in {self.took:.0f} s, peak {self.peak:.0f} MB "
            f"(at most {_PEAK_OF_MANY})"
        )


def measure() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="sociair-portal-bench-") as folder:
        files = {"csv": Path(folder) / "people.csv", "xlsx": Path(folder) / "people.xlsx"}
        _write_csv(files["csv"], _PEOPLE)
        _write_xlsx(files["xlsx"], _PEOPLE)
        for database in databases():
            for kind, path in files.items():
                yield _beside(database, kind, str(path))
        _write_csv(files["csv"], _MANY)
        with portal("sqlite") as empty:
            found = empty.run(ours, str(files["csv"]))
        yield Many(found["took"], found["peak"])


def _beside(database: str, kind: str, path: str) -> Row:
    with portal(database) as empty:
        found = empty.run(ours, path)
    with portal(database) as empty:
        other = empty.run(theirs, path)
    if found["created"] != other["created"]:
        raise ValueError(f"{found['created']} people are not {other['created']}")
    return Row(
        f"{database} {kind}",
        other["took"] / found["took"],
        _LIMITS[database, kind],
        found["took"],
        found["peak"],
        found["longest"],
    )


class People(resources.ModelResource):
    """Names and numbers; the rest of a row goes into the office's own fields."""

    name = fields.Field(attribute="name", column_name="Name")
    mobile = fields.Field(attribute="mobile", column_name="Mobile")
    values = fields.Field(attribute="fields", column_name="values", widget=widgets.JSONWidget())

    class Meta:
        model = Contact
        import_id_fields: list[str] = []
        fields = ("name", "mobile", "values")
        use_bulk = True
        batch_size = 1000
        force_init_instance = True
        skip_diff = True
        report_skipped = False

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row["Mobile"] = parse_mobile(row["Mobile"])
        row["values"] = json.dumps({"fee_due": int(row["Fee due"])})

    def before_save_instance(self, instance: Contact, row: Any, **kwargs: Any) -> None:
        instance.name = clean_name(instance.name)
        instance.name_key = name_key(instance.name)
        instance.operator = operator_of(instance.mobile).value


def theirs(path: str) -> dict[str, float]:
    """The same file by django-import-export, with the same checks: seconds and people."""
    started = time.perf_counter()
    content = Path(path).read_bytes()
    if path.endswith(".csv"):
        table = tablib.Dataset().load(content.decode(), format="csv")
    else:
        table = tablib.Dataset().load(content, format="xlsx")
    People().import_data(table, raise_errors=False, use_transactions=False)
    took = time.perf_counter() - started
    return {"took": took, "created": Contact.objects.count()}


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
