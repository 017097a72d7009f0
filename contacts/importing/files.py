"""Any table that an office has, as rows of text: CSV of every kind, XLSX, XLS and ODS.

It runs in a process of its own (converter.py) with bounds on memory and time, because a file may be
anything. So it knows nothing of Django; what is wrong with a file is said by tables.py.
"""

import csv
import datetime
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from contacts.importing.rows import (
    MOST_CHARACTERS,
    MOST_COLUMNS,
    FileTrouble,
    Row,
    Table,
    Unreadable,
)
from sociair_portal.common.formulas import MARK, undefused

_SAMPLE: Final = 64 * 1024  # bytes
_MOST_INFLATED: Final = 1024**3  # bytes

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_UNWRITTEN: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # by any program that writes text
_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def open_table(path: Path, *, sheet: str = "") -> Table:
    """The table in a file, told by its content and not by its name. Raises `Unreadable`.

    Rows come as they are read, empty ones left out; reading on may raise `Unreadable` too.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Unreadable(FileTrouble.EMPTY)
    if head.startswith((_ZIP, _OLE)):
        table = _spreadsheet(path, head, sheet)
    else:
        table = Table("csv", [], "", _delimited(path, _encoding(path, head)))
    return Table(table.kind, table.sheets, table.sheet, _checked(table.rows))


def _checked(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        cells, everything = row.cells, "".join(row.cells)
        if "\x00" in everything:  # the one character that PostgreSQL does not store
            cells[:] = [cell.replace("\x00", "") for cell in cells]
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(FileTrouble.TOO_WIDE, row.line)
        if len(everything) > MOST_CHARACTERS:
            raise Unreadable(FileTrouble.LONG_ROW, row.line)
        if cells:
            yield row


# -- Text ------------------------------------------------------------------------------------


def _encoding(path: Path, head: bytes) -> str:
    """UTF-8 where that is what it is, UTF-16, or else what old Windows programs write."""
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return encoding
    if wide := _utf_16(head):
        return wide
    if _UNWRITTEN.search(head):
        raise Unreadable(FileTrouble.NO_TABLE)
    line = _first_line_that_is_no_utf_8(path)
    if line is None:
        return "utf-8"
    if line < 0:  # letters of UTF-8 before, bytes of something else after
        raise Unreadable(FileTrouble.MIXED, -line)
    return "cp1252"


def _utf_16(head: bytes) -> str:
    """UTF-16 without its mark: every other byte of what is written in Latin letters is zero."""
    pairs = head[: len(head) // 2 * 2]
    even, odd = pairs[0::2].count(0), pairs[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if len(pairs) < 4 or most * 10 < len(pairs) // 2 or least * 50 > most:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_line_that_is_no_utf_8(path: Path) -> int | None:
    """Its number; negative if lines before it have letters of UTF-8; None if there is none."""
    seen_letters = False
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return -number if seen_letters else number
            seen_letters = True
    return None


def _delimited(path: Path, encoding: str) -> Iterator[Row]:
    csv.field_size_limit(MOST_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        line = 0
        try:
            delimiter = _delimiter(file.read(_SAMPLE))
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                is_marked = MARK in "".join(cells)
                yield Row(line + 1, [undefused(cell) for cell in cells] if is_marked else cells)
                line = reader.line_num
        except UnicodeError as error:
            raise Unreadable(FileTrouble.MIXED, line + 1) from error
        except csv.Error as error:
            raise Unreadable(FileTrouble.LONG_ROW, line + 1) from error


def _delimiter(sample: str) -> str:
    """What parts the sample's first rows most often into the same number of columns."""
    return max(",;\t|", key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: str, delimiter: str) -> tuple[int, int]:
    lines = sample.splitlines()
    rows = csv.reader(lines[:-1] or lines, delimiter=delimiter)
    try:
        widths = Counter(len(cells) for cells in islice(rows, 50) if cells)
    except csv.Error:
        return (0, 0)
    width, times = max(widths.items(), key=lambda found: (found[0] > 1, found[1]), default=(1, 0))
    return (times, width) if width > 1 else (0, 0)


# -- Spreadsheets ----------------------------------------------------------------------------


def _spreadsheet(path: Path, head: bytes, sheet: str) -> Table:
    kind = _zip_kind(path) if head.startswith(_ZIP) else _ole_kind(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        if not names:
            raise Unreadable(FileTrouble.EMPTY)
        if sheet and sheet not in names:
            raise Unreadable(FileTrouble.NO_SHEET)
        name = sheet or names[0]
        found = book.get_sheet_by_name(name)
    except PasswordError as error:
        raise Unreadable(FileTrouble.PASSWORD) from error
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    return Table(kind, names, name, _sheet_rows(found))


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable(FileTrouble.PASSWORD)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    if sum(part.file_size for part in parts) > _MOST_INFLATED:
        raise Unreadable(FileTrouble.TOO_LARGE)
    if "content.xml" in names:
        return "ods"
    if any(name.startswith("xl/workbook.") for name in names):
        return "xlsx"
    raise Unreadable(FileTrouble.NO_TABLE)


def _ole_kind(path: Path) -> str:
    if _ENCRYPTED in path.read_bytes():
        raise Unreadable(FileTrouble.PASSWORD)
    return "xls"


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    first = sheet.start[0] if sheet.start else 0
    for line, cells in enumerate(sheet.to_python(skip_empty_area=True), start=first + 1):
        yield Row(line, [_text(cell) for cell in cells])


def _text(cell: object) -> str:
    """A cell as its reader sees it; a number without the places that only the program has."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return str(cell)
