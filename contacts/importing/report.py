"""The report of rows that were left out: in the shape of their file, with the reasons."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import xlsxwriter

from contacts.importing.columns import REASON
from contacts.models import ContactImport
from sociair_portal.common.csv_lines import csv_line
from sociair_portal.common.shown_digits import seen_with
from sociair_portal.common.temporary import temporary_folder


@dataclass(frozen=True, slots=True)
class Accounts:
    """How every line of a file was counted; they add up to `lines`."""

    lines: int
    above: int  # the headings
    headings: int
    empty: int
    hidden: int
    continued: int  # lines within a row
    rows: int


def accounts(source: ContactImport) -> Accounts | None:
    """None for a file that was taken in before lines were counted."""
    if not source.lines:
        return None
    headings = int(source.heading > 0)
    hidden = 0 if source.options.get("take_hidden") else source.hidden_rows
    return Accounts(
        lines=source.lines,
        above=source.kept_rows - headings - hidden - source.rows,
        headings=headings,
        empty=source.lines - source.kept_rows - source.continued,
        hidden=hidden,
        continued=source.continued,
        rows=source.rows,
    )


def _table(source: ContactImport) -> Iterator[list[str]]:
    yield [*source.names, REASON]
    width = len(source.names)
    rows = source.left_out.filter(column="").order_by("id")
    for row in rows.iterator(chunk_size=1000):
        cells = [*row.cells, *[""] * width][:width]
        yield [*cells, row.reason]


def csv_lines(source: ContactImport) -> Iterator[str]:
    """The report as CSV; the mark in front tells Excel that it is UTF-8."""
    yield "\ufeff"
    for row in _table(source):
        yield csv_line(row)


def xlsx(source: ContactImport) -> io.BytesIO:
    """The report as a spreadsheet, every cell of it text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": temporary_folder()})
    sheet = book.add_worksheet()
    with seen_with(lambda: False):
        for line, cells in enumerate(_table(source)):
            for place, cell in enumerate(cells):
                sheet.write_string(line, place, cell)
    book.close()
    file.seek(0)
    return file
