"""Opening spreadsheets: XLSX, XLS and ODS, as rows of text."""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from contacts.importing.rows import (
    FileTrouble,
    Row,
    Table,
    Unreadable,
)

_MOST_INFLATED: Final = 1024**3  # bytes


ZIP: Final = b"PK\x03\x04"


OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def open_workbook(path: Path, head: bytes, sheet: str) -> Table:
    """The table in a sheet (empty: the first). Raises `Unreadable`."""
    kind = _zip_kind(path) if head.startswith(ZIP) else _ole_kind(path)
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
    """A cell as it is shown; a number without digits that only the program adds."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return str(cell)
