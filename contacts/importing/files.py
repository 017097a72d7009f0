"""Opening any table that an office has, as rows of text: CSV of every kind, XLSX, XLS and ODS.

It runs in a process of its own (converter.py) with bounds on memory and time, because a file may be
anything. So it knows nothing of Django; reader.py says what is wrong with a file.
"""

from collections.abc import Iterator
from pathlib import Path

from contacts.importing.rows import (
    MOST_CHARACTERS,
    MOST_COLUMNS,
    FileTrouble,
    Row,
    Table,
    Unreadable,
)
from contacts.importing.text_files import SAMPLE, delimited, encoding_of
from contacts.importing.workbooks import OLE, ZIP, open_workbook


def open_table(path: Path, *, sheet: str = "") -> Table:
    """The table in a file, told by its content and not by its name. Raises `Unreadable`.

    Rows come as they are read, empty ones left out; reading on may raise `Unreadable` too.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Unreadable(FileTrouble.EMPTY)
    if head.startswith((ZIP, OLE)):
        table = open_workbook(path, head, sheet)
    else:
        table = Table("csv", [], "", delimited(path, encoding_of(path, head)))
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
