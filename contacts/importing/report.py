"""The report of rows that were left out: in the shape of their file, with the reasons."""

import csv
import io
from collections.abc import Iterator

import xlsxwriter

from contacts.importing.columns import REASON
from contacts.models import ContactImport
from sociair_portal.common.formulas import defused


def _table(source: ContactImport) -> Iterator[list[str]]:
    yield [*source.names, REASON]
    width = len(source.names)
    for row in source.left_out.order_by("id").iterator(chunk_size=1000):
        cells = [*row.cells, *[""] * width][:width]
        yield [*cells, row.reason]


def csv_lines(source: ContactImport) -> Iterator[str]:
    """The report as CSV; the mark in front tells Excel that it is UTF-8."""
    yield "\ufeff"
    for row in _table(source):
        line = io.StringIO(newline="")
        csv.writer(line).writerow(map(defused, row))
        yield line.getvalue()


def xlsx(source: ContactImport) -> io.BytesIO:
    """The report as a spreadsheet, every cell of it text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for line, cells in enumerate(_table(source)):
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, cell)
    book.close()
    file.seek(0)
    return file
