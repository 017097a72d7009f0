"""Exporting people as CSV, while they are read, or as a spreadsheet; both can be imported again."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO, Any, Final

import xlsxwriter
from django.db.models import QuerySet

from contacts.fields import FieldKind, FieldValue
from contacts.models import OPERATOR_CHOICES, Contact, ContactField
from contacts.names import listed
from contacts.services.search import with_opt_outs
from sociair_portal.common.formulas import defused

MOST_IN_XLSX: Final = 200_000  # people; a spreadsheet comes only when all of it is made
_FIRST_DAY: Final = "1900-03-01"  # Excel counts a day before it that never was
_HEADINGS: Final = ("Name", "Number", "Operator", "Groups", "Opted out")
_AT_ONCE: Final = 2000
_LINES_AT_ONCE: Final = 200


class People:
    """Contacts and the office's own fields as rows of a table."""

    def __init__(self, contacts: QuerySet[Contact], fields: Iterable[ContactField]) -> None:
        self._contacts = contacts
        self._fields = list(fields)

    def are_more_than(self, most: int) -> bool:
        """Whether there are more than so many people."""
        return self._contacts.order_by()[most : most + 1].exists()

    def csv_lines(self) -> Iterator[str]:
        """Lines of CSV; the mark in front tells Excel that it is UTF-8."""
        yield "\ufeff"
        lines = io.StringIO(newline="")
        writer = csv.writer(lines)
        writer.writerow(map(defused, self._headings()))
        for number, contact in enumerate(self._rows()):
            writer.writerow(map(_safe, self._cells(contact)))
            if number % _LINES_AT_ONCE == 0:
                yield _taken(lines)
        yield _taken(lines)

    def xlsx(self) -> IO[bytes]:
        """A spreadsheet with texts, numbers and dates as such, and no formulas."""
        file = tempfile.TemporaryFile(prefix="sociair-export-")  # noqa: SIM115  # closed when sent
        book = xlsxwriter.Workbook(file, {"constant_memory": True})
        sheet = book.add_worksheet()
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, heading in enumerate(self._headings()):
            sheet.write_string(0, place, heading)
        for line, contact in enumerate(self._rows(), start=1):
            for place, cell in enumerate(self._cells(contact)):
                if isinstance(cell, date):
                    sheet.write_datetime(line, place, cell, days)
                elif isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                else:
                    sheet.write_number(line, place, cell)
        book.close()
        file.seek(0)
        return file

    def _headings(self) -> list[str]:
        return [*_HEADINGS, *(field.name for field in self._fields)]

    def _rows(self) -> Iterator[Contact]:
        """By key and not by name: a cursor over a million sorted names would keep them all."""
        people = with_opt_outs(self._contacts).order_by("pk").prefetch_related("groups")
        return people.iterator(chunk_size=_AT_ONCE)

    def _cells(self, contact: Any) -> Iterator[FieldValue | date]:
        yield contact.name
        yield contact.mobile
        yield _OPERATORS[contact.operator]
        yield listed(group.name for group in contact.groups.all())
        yield "yes" if contact.opted_out else ""
        for field in self._fields:
            yield _cell(FieldKind(field.kind), contact.fields.get(field.key, ""))


_OPERATORS: Final = {value: str(label) for value, label in OPERATOR_CHOICES}


def _cell(kind: FieldKind, value: FieldValue) -> FieldValue | date:
    """A value; a date as a date, unless it is before those that spreadsheets know."""
    if kind is FieldKind.DATE and str(value) >= _FIRST_DAY:
        return date.fromisoformat(str(value))
    return value


def _safe(cell: FieldValue | date) -> FieldValue | date:
    """A text that no program takes for a formula; numbers and dates as they are."""
    return defused(cell) if isinstance(cell, str) else cell


def _taken(lines: io.StringIO) -> str:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text
