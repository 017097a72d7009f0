"""For any table, written by any program: what is read is what was shown, or the file is refused."""

import csv
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableColumn, TableRow
from odf.text import P

from contacts.importing.files import open_table
from contacts.importing.headings import find_heading, heading_names
from contacts.names import clean_name

# A value, its format, and what a spreadsheet shows.
SHOWN: list[tuple[float, str, str]] = [
    (7, "000", "007"),
    (12500, "#,##0.00", "12,500.00"),
    (0.85, "0%", "85%"),
    (0.423611, "h:mm AM/PM", "10:10 AM"),
    (46348, "dd/mm/yyyy", "22/11/2026"),
    (46348, "d mmm yyyy", "22 Nov 2026"),
    (1500, '"Rs "#,##0', "Rs 1,500"),
    (642.8571428571429, "0.00", "642.86"),
    (0.30000000000000004, "General", "0.3"),
    (3.6, "General", "3.6"),
    (1234567890123456, "0", "1234567890123456"),
    (-5, "0;(0)", "(5)"),
    (123456, r"##\,##\,##0", "1,23,456"),
]

_WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)
    .map(clean_name)
    .filter(lambda text: not any(map(str.isdigit, text)) and not text.startswith(("=", "'")))
)


@dataclass
class Sheet:
    """A table as someone sees it: titles, headings, rows; and what is hidden in it."""

    titles: list[str]
    rows: list[tuple[str, str, int]]  # name, number, place in SHOWN
    hidden: set[int] = field(default_factory=set)  # places of rows
    hides_column: bool = False

    @property
    def seen(self) -> list[list[str]]:
        return [
            [name, mobile, SHOWN[value][2]]
            for place, (name, mobile, value) in enumerate(self.rows)
            if place not in self.hidden
        ]


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    mobiles = st.integers(9_840_000_000, 9_869_999_999).map(str)
    row = st.tuples(_WORDS.filter(bool), mobiles, st.integers(0, len(SHOWN) - 1))
    rows = draw(st.lists(row, min_size=2, max_size=6))
    hidden = draw(st.sets(st.integers(0, len(rows) - 1), max_size=len(rows) - 1))
    return Sheet(draw(st.lists(_WORDS, max_size=2)), rows, hidden, draw(st.booleans()))


HEADINGS = ["Name", "Mobile", "Value"]


def _xlsxwriter(path: Path, sheet: Sheet) -> None:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    for line, title in enumerate(sheet.titles):
        page.merge_range(line, 0, line, 2, title)
    line = len(sheet.titles)
    page.write_row(line, 0, [*HEADINGS, "Hidden"])
    for place, (name, mobile, value) in enumerate(sheet.rows, start=1):
        page.write_string(line + place, 0, name)
        page.write_number(line + place, 1, int(mobile))
        number, form, _shown = SHOWN[value]
        page.write_number(line + place, 2, number, book.add_format({"num_format": form}))
        page.write_string(line + place, 3, "secret")
        if place - 1 in sheet.hidden:
            page.set_row(line + place, None, None, {"hidden": True})
    if sheet.hides_column:
        page.set_column(3, 3, None, None, {"hidden": True})
    book.close()


def _openpyxl(path: Path, sheet: Sheet) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for title in sheet.titles:
        page.append([title])
    page.append([*HEADINGS, "Hidden"])
    for place, (name, mobile, value) in enumerate(sheet.rows):
        number, form, _shown = SHOWN[value]
        page.append([name, int(mobile), number, "secret"])
        line = page.max_row
        page.cell(line, 3).number_format = form
        page.row_dimensions[line].hidden = place in sheet.hidden
    page.column_dimensions["D"].hidden = sheet.hides_column
    book.save(path)


def _ods(path: Path, sheet: Sheet) -> None:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Sheet1")
    for _column in HEADINGS:
        table.addElement(TableColumn())
    table.addElement(TableColumn(visibility="collapse" if sheet.hides_column else "visible"))
    rows = [[title] for title in sheet.titles] + [[*HEADINGS, "Hidden"]]
    rows += [[name, mobile, SHOWN[value][2], "secret"] for name, mobile, value in sheet.rows]
    for place, texts in enumerate(rows, start=-len(sheet.titles) - 1):
        row = TableRow(visibility="filter" if place in sheet.hidden else "visible")
        for text in texts:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=text))
            row.addElement(cell)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))


def _csv(path: Path, sheet: Sheet) -> None:
    """CSV hides nothing, so what is hidden is not written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, csv.unix_dialect if sheet.hides_column else csv.excel)
        writer.writerows([title] for title in sheet.titles)
        writer.writerow([*HEADINGS, "Hidden"])
        writer.writerows([*cells, "secret"] for cells in sheet.seen)


@pytest.mark.parametrize("write", [_xlsxwriter, _openpyxl, _ods, _csv])
@settings(max_examples=60, deadline=None)
@given(sheet=sheets())
def test_what_is_read_is_what_was_shown(write: object, sheet: Sheet) -> None:
    assert callable(write)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        write(path, sheet)
        table = open_table(path)
        rows = list(table.rows)
    heading = find_heading(rows)
    names = heading_names(rows, heading, 4)
    shown = [row.cells[:3] for row in rows[heading + 1 :] if not row.is_hidden]
    assert names == [*HEADINGS, "Hidden"]
    assert [[clean_name(cell) for cell in cells] for cells in shown] == sheet.seen
    is_told = write is not _csv and sheet.hides_column
    assert table.hidden_columns == (frozenset({3}) if is_told else frozenset())
