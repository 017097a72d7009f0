"""XML that names other files, or grows without end, brings nothing in and takes nothing down."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from contacts.importing.files import open_table
from contacts.importing.rows import Unreadable
from tests.importing import xlsx_file

_HERE = "HERE"  # stands where the entity goes
_SECRET = "marigold"
_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def _ods(path: Path) -> Path:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Sheet1")
    for text in ("Name", _HERE):
        row, cell = TableRow(), TableCell(valuetype="string")
        cell.addElement(P(text=text))
        row.addElement(cell)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))
    return path


def _xlsx(path: Path) -> Path:
    return xlsx_file(path, [["Name"], [_HERE]])


def _with_entities(path: Path, entities: str, use: str) -> Path:
    """The same file, with a document type of its own in each part that holds text."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    hostile = {
        name: re.sub(
            rb"^(<\?xml[^>]*\?>)?",
            rb"\g<0><!DOCTYPE x [" + entities.encode() + rb"]>",
            content,
            count=1,
        ).replace(_HERE.encode(), use.encode())
        for name, content in parts.items()
        if _HERE.encode() in content
    }
    assert hostile
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **hostile}.items():
            archive.writestr(name, content)
    return path


def _read(path: Path) -> str:
    """All that is in the file; nothing if it is refused."""
    try:
        return "\n".join(cell for row in open_table(path).rows for cell in row.cells)
    except Unreadable:
        return ""


@pytest.mark.parametrize("make", [_ods, _xlsx])
def test_the_file_that_is_made_hostile_is_read(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    assert _read(make(tmp_path / "people")) == f"Name\n{_HERE}"


@pytest.mark.parametrize("make", [_ods, _xlsx])
def test_no_other_file_is_read(make: Callable[[Path], Path], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(_SECRET)
    entities = f'<!ENTITY e SYSTEM "{secret.as_uri()}">'
    assert _SECRET not in _read(_with_entities(make(tmp_path / "people"), entities, "&e;"))


@pytest.mark.parametrize("make", [_ods, _xlsx])
def test_entities_do_not_grow_without_end(make: Callable[[Path], Path], tmp_path: Path) -> None:
    entities = f'<!ENTITY a0 "{_SECRET}">{_LAUGHS}'
    path = _with_entities(make(tmp_path / "people"), entities, "&a9;")
    assert len(_read(path)) < 1_000_000
