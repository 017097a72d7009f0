"""Opening spreadsheets of the kinds that Excel writes and has written: XLSX and XLS."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import xlrd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from contacts.importing.damage import DAMAGED, safely
from contacts.importing.looks import (
    Book,
    Range,
    SheetPart,
    SheetReader,
    book_of,
    scan,
    shared_strings,
)
from contacts.importing.merged import MergedCells
from contacts.importing.number_formats import GENERAL, shown, unformatted
from contacts.importing.rows import FileTrouble, Row, Table, Unreadable

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORD: Final = "WordDocument".encode("utf-16-le")


def open_xlsx(path: Path, archive: zipfile.ZipFile, sheet: str) -> Table:
    """The table in a sheet as it looks; empty: in the one that was open. Raises `Unreadable`."""
    try:
        book = book_of(archive)
        part = _chosen(book, sheet)
        seen = scan(archive, part, book)
        reader = None
        if seen.has_looks:
            reader = SheetReader(archive, part, book, shared_strings(archive))
            rows = reader.rows()
        else:
            found = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(part.name)
            rows = _plain_rows(found)
    except PasswordError as error:
        raise Unreadable(FileTrouble.PASSWORD) from error
    except _BROKEN as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    return Table(
        "xlsx",
        safely(_with_merged(rows, seen.merged), CalamineError),
        sheets=[one.name for one in book.sheets if not one.is_hidden],
        sheet=part.name,
        hidden_columns=frozenset(reader.hidden_columns if reader else ()),
        hidden_sheets=sum(one.is_hidden for one in book.sheets),
    )


_BROKEN: Final = (CalamineError, *DAMAGED)


def _chosen(book: Book, sheet: str) -> SheetPart:
    """The sheet of a name, or the one that was open when the file was saved."""
    if sheet:
        found = next((one for one in book.sheets if one.name == sheet), None)
        if found is None:
            raise Unreadable(FileTrouble.NO_SHEET)
        return found
    seen = [one for one in book.sheets if not one.is_hidden]
    if not seen:
        raise Unreadable(FileTrouble.EMPTY)
    is_there = book.active < len(book.sheets) and not book.sheets[book.active].is_hidden
    return book.sheets[book.active] if is_there else seen[0]


def _plain_rows(sheet: CalamineSheet) -> Iterator[Row]:
    """The rows of a sheet without anything hidden or formatted, fast.

    They come from the first row of the sheet on, but from the first column that is used.
    """
    _first_row, first_column = sheet.start or (0, 0)
    margin = [""] * first_column
    for number, values in enumerate(sheet.iter_rows(), start=1):
        yield Row(number, margin + [_text(value) for value in values])


def _with_merged(rows: Iterable[Row], ranges: Iterable[Range]) -> Iterator[Row]:
    """Rows with every merged cell filled."""
    waiting = sorted(ranges, reverse=True)  # the next one is the last
    merged = MergedCells()
    for row in rows:
        number = row.line - 1
        while waiting and waiting[-1].top <= number:
            one = waiting.pop()
            if one.top == number and one.left < len(row.cells):
                text = row.cells[one.left]
                merged.begin(bottom=one.bottom, left=one.left, right=one.right, text=text)
        merged.fill(number, row.cells)
        yield row


def _text(value: object) -> str:
    """A cell without a format, as it is shown."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return unformatted(float(value))
    return str(value)


def open_xls(path: Path, sheet: str) -> Table:
    """As `open_xlsx`, for files of Excel 97 to 2003."""
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise Unreadable(FileTrouble.PASSWORD)
    if _WORD in content:
        raise Unreadable(FileTrouble.DOCUMENT)
    try:
        # The package writes what it thinks of a file to standard output, unless told otherwise.
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, on_demand=True, logfile=io.StringIO()
        )
        names, seen = book.sheet_names(), []
        sheets = [book.sheet_by_index(place) for place in range(book.nsheets)]
        seen = [one for one in sheets if not one.visibility]
        if not seen:
            raise Unreadable(FileTrouble.EMPTY)
        if sheet and sheet not in names:
            raise Unreadable(FileTrouble.NO_SHEET)
        found = (
            sheets[names.index(sheet)]
            if sheet
            else next((one for one in seen if one.sheet_visible), seen[0])
        )
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        is_locked = isinstance(error, xlrd.XLRDError) and "encrypted" in str(error)
        trouble = FileTrouble.PASSWORD if is_locked else FileTrouble.DAMAGED
        raise Unreadable(trouble) from error
    merged = [Range(top, left, end - 1, right - 1) for top, end, left, right in found.merged_cells]
    return Table(
        "xls",
        safely(_with_merged(_xls_rows(book, found), merged), xlrd.XLRDError),
        sheets=[one.name for one in seen],
        sheet=found.name,
        hidden_columns=frozenset(
            place
            for place, column in found.colinfo_map.items()
            if column.hidden or not column.width
        ),
        hidden_sheets=len(sheets) - len(seen),
    )


def _xls_rows(book: Any, sheet: Any) -> Iterator[Row]:
    formats = [book.format_map[style.format_key].format_str for style in book.xf_list]
    for number in range(sheet.nrows):
        look = sheet.rowinfo_map.get(number)
        is_hidden = look is not None and bool(look.hidden or look.height == 0)
        cells = [_old_text(book, cell, formats) for cell in sheet.row(number)]
        yield Row(number + 1, cells, is_hidden)


def _old_text(book: Any, cell: Any, formats: list[str]) -> str:
    if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        form = formats[cell.xf_index] if cell.xf_index is not None else GENERAL
        return shown(float(cell.value), form, is_1904=bool(book.datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, ""))
    return ""
