"""Opening any table that an office has, as rows of text: CSV of every kind, XLSX, XLS, ODS, VCF.

It runs in a process of its own (converter.py) with bounds on memory and time, because a file may be
anything. So it reads no settings and no database; reader.py says what is wrong with a file.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

from contacts.importing.damage import DAMAGED
from contacts.importing.open_documents import open_ods
from contacts.importing.rows import (
    MOST_CHARACTERS,
    MOST_COLUMNS,
    FileTrouble,
    Row,
    Table,
    Tally,
    Unreadable,
    some_at_a_time,
)
from contacts.importing.text_files import SAMPLE, open_text
from contacts.importing.vcards import CARD, open_cards
from contacts.importing.workbooks import open_xls, open_xlsx

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_LINES: Final = 4 * 1024**2  # four times those of any spreadsheet
_HALVES: Final = re.compile("[\ud800-\udfff]")  # of signs, that no database stores
_MOST_INFLATED: Final = 1024**3  # bytes

# Files that people take for a table, by how they begin.
_NO_TABLES: Final[dict[bytes, FileTrouble]] = {
    rb"%PDF": FileTrouble.PDF,
    rb"\x89PNG|\xff\xd8\xff|GIF8|BM....\x00|II\*\x00|MM\x00\*": FileTrouble.PICTURE,
    rb"RIFF....WEBP|....ftyp(?:heic|heix|mif1|avif)": FileTrouble.PICTURE,
    rb"\{\\rtf": FileTrouble.DOCUMENT,
    rb"Rar!|7z\xbc\xaf|\x1f\x8b": FileTrouble.ARCHIVE,
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|html|head|body|table|style|meta|\?xml|\?mso)": (
        FileTrouble.WEB_PAGE
    ),
}
# And archives, by the names of what is in them.
_NO_WORKBOOKS: Final[dict[str, FileTrouble]] = {
    r"xl/workbook\.bin": FileTrouble.XLSB,
    r"Index/|Index\.zip": FileTrouble.NUMBERS,
    r"word/|ppt/": FileTrouble.DOCUMENT,
}


def open_table(path: Path, *, sheet: str = "") -> Table:
    """The table in a file, told by its content and not by its name. Raises `Unreadable`.

    Rows come as they are read, empty ones left out; reading on may raise `Unreadable` too.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Unreadable(FileTrouble.EMPTY)
    for begins, trouble in _NO_TABLES.items():
        if re.match(begins, head, re.IGNORECASE | re.DOTALL):
            raise Unreadable(trouble)
    if head.startswith(_ZIP):
        table = _in_archive(path, sheet)
    elif head.startswith(_OLE):
        table = open_xls(path, sheet)
    elif CARD.match(head):
        table = open_cards(path, head)
    else:
        table = open_text(path, head)
    return replace(table, rows=_checked(table.rows, table.tally))


def _in_archive(path: Path, sheet: str) -> Table:
    try:
        archive = zipfile.ZipFile(path)
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(FileTrouble.PASSWORD)
    except DAMAGED as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    if sum(part.file_size for part in parts) > _MOST_INFLATED:
        raise Unreadable(FileTrouble.TOO_LARGE)
    names = {part.filename for part in parts}
    if "xl/workbook.xml" in names:
        return open_xlsx(path, archive, sheet)
    if "content.xml" in names:
        return open_ods(archive, sheet)
    for begins, trouble in _NO_WORKBOOKS.items():
        if any(re.match(begins, name) for name in names):
            raise Unreadable(trouble)
    raise Unreadable(FileTrouble.ARCHIVE)


def _checked(rows: Iterator[Row], tally: Tally) -> Iterator[Row]:
    for some in some_at_a_time(rows):
        together = "".join(chain.from_iterable([row.cells for row in some]))
        is_long = len(together) > MOST_CHARACTERS
        is_odd = "\x00" in together or not (together.isascii() or _HALVES.search(together) is None)
        for row in some:
            line, cells, _is_hidden = row
            length = sum(map(len, cells)) if is_long else 0
            if is_odd:  # PostgreSQL does not store this one character
                cells[:] = [cell.replace("\x00", "") for cell in cells]
            while cells and not cells[-1].strip():
                cells.pop()
            if is_odd:
                cells[:] = [_HALVES.sub("", cell) for cell in cells]
            if line > _MOST_LINES:
                raise Unreadable(FileTrouble.TOO_LARGE)
            if len(cells) > MOST_COLUMNS:
                raise Unreadable(FileTrouble.TOO_WIDE, line)
            if length > MOST_CHARACTERS:
                raise Unreadable(FileTrouble.LONG_ROW, line)
            tally.lines = max(tally.lines, line)
            if cells:
                yield row
