"""Exporting people as CSV, while they are read, or as a spreadsheet; both can be imported again."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Final

import xlsxwriter
from django.db.models import QuerySet
from django.utils import translation

from contacts.fields import FieldKind, FieldValue, show_value
from contacts.models import OPERATOR_CHOICES, Contact, ContactField
from contacts.names import listed
from contacts.services.search import with_opt_outs
from sociair_portal.common import formats
from sociair_portal.common.csv_lines import csv_line
from sociair_portal.common.temporary import temporary_folder

MOST_IN_XLSX: Final = 200_000  # people; a spreadsheet comes only when all of it is made
Cell = str | int | float | date
_FIRST_DAY: Final = "1900-03-01"  # Excel counts a day before it that never was
_HEADINGS: Final = ("Name", "Number", "Operator", "Groups", "Opted out")
_AT_ONCE: Final = 2000
_LINES_AT_ONCE: Final = 200


class People:
    """Contacts and the office's own fields as rows of a spreadsheet."""

    def __init__(self, contacts: QuerySet[Contact], fields: Iterable[ContactField]) -> None:
        self._contacts = contacts
        self._fields = list(fields)

    def are_more_than(self, most: int) -> bool:
        """Whether there are more than so many people."""
        return self._contacts.order_by()[most : most + 1].exists()

    def csv_lines(self) -> Iterator[str]:
        """Lines of CSV; the mark in front tells Excel that it is UTF-8."""
        yield "\ufeff"
        yield csv_line(self._headings())
        rows = self._rows()
        while some := list(islice(rows, _LINES_AT_ONCE)):
            yield "".join(csv_line(map(_written, self._cells(contact))) for contact in some)

    def xlsx(self) -> IO[bytes]:
        """A spreadsheet with texts, numbers and dates as such, and no formulas."""
        file = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115  # closed when sent
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": temporary_folder()})
        sheet = book.add_worksheet()
        forms = _Forms(book)
        for place, heading in enumerate(self._headings()):
            sheet.write_string(0, place, heading)
        for line, contact in enumerate(self._rows(), start=1):
            for place, cell in enumerate(self._cells(contact)):
                if isinstance(cell, date):
                    sheet.write_datetime(line, place, cell, forms.day)
                elif isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                else:
                    sheet.write_number(line, place, cell, forms.number(cell))
        book.close()
        file.seek(0)
        return file

    def _headings(self) -> list[str]:
        return [*_HEADINGS, *(field.name for field in self._fields)]

    def _rows(self) -> Iterator[Contact]:
        """By key and not by name: a cursor over a million sorted names would keep them all."""
        people = with_opt_outs(self._contacts).order_by("pk").prefetch_related("groups")
        return people.iterator(chunk_size=_AT_ONCE)

    def _cells(self, contact: Any) -> Iterator[Cell]:
        yield contact.name
        yield contact.mobile
        yield _OPERATORS[contact.operator]
        yield listed(group.name for group in contact.groups.all())
        yield "yes" if contact.opted_out else ""
        for field in self._fields:
            yield _cell(FieldKind(field.kind), contact.fields.get(field.key, ""))


with translation.override("en"):  # a file is the same, whoever asks for it
    _OPERATORS: Final = {value: str(label) for value, label in OPERATOR_CHOICES}


def _cell(kind: FieldKind, value: FieldValue) -> Cell:
    """A number; a date, unless it is before those that spreadsheets know; else what is shown. What
    was written otherwise than its value is exported as it was written.
    """
    if isinstance(value, int | float):
        return value
    if kind is FieldKind.DATE and isinstance(value, str) and value >= _FIRST_DAY:
        return date.fromisoformat(value)
    return show_value(kind, value) if value else ""


def _written(cell: Cell) -> str | float:
    """A cell of CSV: a day as it is shown."""
    return formats.day(cell) if isinstance(cell, date) else cell


class _Forms:
    """How a spreadsheet shows days and numbers: as the portal does."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._numbers: dict[int, Any] = {}
        self.day = book.add_format({"num_format": "[$-409]d mmm yyyy"})

    def number(self, value: float) -> Any:
        """With as many decimals as the number has; None for a whole one."""
        decimals = -int(Decimal(repr(value)).as_tuple().exponent)
        if isinstance(value, int) or decimals <= 0:
            return None
        if decimals not in self._numbers:
            self._numbers[decimals] = self._book.add_format({"num_format": f"0.{'0' * decimals}"})
        return self._numbers[decimals]
