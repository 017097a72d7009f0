"""Files as offices have them, made for the tests."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl

from contacts.fields import FieldKind
from contacts.importing import jobs, load
from contacts.importing.columns import guess, guess_kind
from contacts.importing.options import Existing, Options
from contacts.models import ContactImport

Cells = Sequence[object]


def csv_file(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(path: Path, rows: Sequence[Cells], *, sheet: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    book.save(path)
    return path


def guessed(source: ContactImport, **changed: object) -> Options:
    """The options that the preview would offer."""
    rows = [row.cells for row in jobs.sample_of(source)]
    columns = guess(source.names, rows)
    assert columns.number is not None
    fields = tuple(
        jobs.new_field(place, name, FieldKind(guess_kind(rows, place)))
        for place, name in columns.fields.items()
    )
    values = {
        "number": columns.number,
        "name": columns.name,
        "groups": columns.groups,
        "fields": fields,
        "existing": Existing.UPDATE,
    }
    return Options(**{**values, **changed})  # type: ignore[arg-type]


def imported(path: Path, **changed: object) -> ContactImport:
    """A file, taken in and loaded to its end."""
    source = jobs.take_in(path, name=path.name, by=None)
    assert jobs.start(source, guessed(source, **changed))
    source.refresh_from_db()
    assert load.load(source)
    return source


def counts(source: ContactImport) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, left out."""
    return source.created, source.updated, source.unchanged, source.rejected
