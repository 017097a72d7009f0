"""Files as offices have them, made for the tests."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl

from contacts.importing import jobs, load
from contacts.importing.chosen import options_of
from contacts.importing.meanings import GROUPS, LABELS, guess_choice
from contacts.importing.options import Numbers, Options
from contacts.models import ContactImport
from messaging.models import RecipientTable
from messaging.services.audience import tables
from sociair_portal.common.actors import Actor

Cells = Sequence[object]


def csv_file(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(
    path: Path,
    rows: Sequence[Cells],
    *,
    sheet: str = "Sheet1",
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[str] = (),
) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for number in hidden_rows:
        page.row_dimensions[number].hidden = True
    for letter in hidden_columns:
        page.column_dimensions[letter].hidden = True
    book.save(path)
    return path


def guessed(source: ContactImport, **changed: object) -> Options:
    """The options that the preview would offer, with labels as groups."""
    choice = guess_choice(source)
    if LABELS in choice.meanings:
        choice.give(choice.meanings.index(LABELS), GROUPS)
    return replace(options_of(source, choice), **changed)  # type: ignore[arg-type]


def imported(path: Path, **changed: object) -> ContactImport:
    """A file, taken in and loaded to its end."""
    source = jobs.take_in(path, name=path.name, by=None)
    assert jobs.start(source, guessed(source, **changed))
    source.refresh_from_db()
    assert load.load(source)
    return source


def read_table(path: Path, *, name: str, by: Actor = None) -> RecipientTable:
    """A file as a table of recipients, by what is guessed of its columns: of several numbers the
    first, and no hidden rows.
    """
    source = tables.take_in(path, name=name, by=by)
    options = options_of(source, replace(guess_choice(source), several=Numbers.FIRST))
    return tables.made_of(source, options, by=by)


def counts(source: ContactImport) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, left out."""
    return source.created, source.updated, source.unchanged, source.rejected
