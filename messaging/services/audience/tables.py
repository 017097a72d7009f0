"""Taking in tables whose rows are recipients: read by the importer of contacts, never changed.

Whoever means other columns gets another table, so that a draft's fingerprint always tells what is
in it.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import key_of
from contacts.importing.cells import BadNumber, read_number
from contacts.importing.columns import guess, headings
from contacts.importing.reader import Packed, read_table
from contacts.importing.rows import MOST_COLUMNS, FileTrouble, Row, Unreadable
from contacts.names import clean_name
from messaging.models import RecipientTable, TableRow
from messaging.text.validity import tidy
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.bulk_rows import insert_rows, take_stock

MOST_ROWS: Final = 100_000
_PIECE: Final = 5000  # rows
_SAMPLE: Final = 200  # rows by which columns are guessed
_FORGOTTEN: Final = timedelta(days=1)  # after the upload
_LONGEST_KEY: Final = 60
_LONGEST_NAME: Final = 200

Cells = dict[str, str]


class TableRefused(Exception):
    """A table that nobody can be written to from; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Keys by place, and which of them hold the numbers and the names."""

    headings: dict[str, str]
    number: str
    name: str


def find(pk: str) -> RecipientTable | None:
    """A complete table by its id; None if there is none."""
    try:
        return RecipientTable.objects.filter(pk=pk, is_complete=True).first() if pk else None
    except ValidationError:  # no id at all
        return None


def take_in(path: Path, *, name: str, by: Actor, sheet: str = "") -> RecipientTable:
    """A file's table. Raises `Unreadable` and `TableRefused`; then nothing is kept."""
    with read_table(path, sheet=sheet, rows_a_piece=_PIECE) as file:
        first = next(file.pieces, Packed(0, "[]")).rows()
        if not first:
            raise Unreadable(FileTrouble.EMPTY)
        width = min(max(len(row.cells) for row in first), MOST_COLUMNS)
        names, is_header = headings(first[0].cells, width)
        sample = [row.cells for row in first[is_header : _SAMPLE + is_header]]
        if not sample:
            raise Unreadable(FileTrouble.ONLY_HEADINGS)
        columns = _guessed(names, sample)
        keys = list(columns.headings)
        read = chain([first[is_header:]], (piece.rows() for piece in file.pieces))
        pieces = ([(row.line, _cells(keys, row)) for row in rows] for rows in read)
        table = RecipientTable(file_name=name[-200:], sheet=file.sheet[:200], sheets=file.sheets)
        return _keep(table, columns, pieces, by)


def _guessed(names: list[str], sample: list[list[str]]) -> _Columns:
    keys: list[str] = []
    for place, heading in enumerate(names):
        key = first = key_of(heading)[:_LONGEST_KEY] or f"column_{place + 1}"
        times = 1
        while key in keys:
            times += 1
            key = f"{first}_{times}"
        keys.append(key)
    found = guess(names, sample)
    if found.number is None:
        raise TableRefused(
            _("There are no mobile numbers in this table. Give them a column of their own.")
        )
    return _Columns(
        headings=dict(zip(keys, names, strict=True)),
        number=keys[found.number],
        name="" if found.name is None else keys[found.name],
    )


def _cells(keys: list[str], row: Row) -> Cells:
    cleaned = ((key, _clean(cell)) for key, cell in zip(keys, row.cells, strict=False))
    return {key: cell for key, cell in cleaned if cell}


def _clean(cell: str) -> str:
    """Line by line without the spaces at its ends and in a row, which make a message dear."""
    if cell.isascii() and cell.isprintable() and "  " not in cell:  # as most are
        return cell.strip()
    lines = (" ".join(line.split()) for line in tidy(cell).split("\n"))
    return "\n".join(lines).strip()


def _keep(
    table: RecipientTable, columns: _Columns, pieces: Iterable[list[tuple[int, Cells]]], by: Actor
) -> RecipientTable:
    """Save a new table with these rows.

    Each piece is a transaction of its own: answers of Sociair must not wait until a file is read.
    """
    table.columns = list(columns.headings.items())
    table.number_key, table.name_key = columns.number, columns.name
    table.created_by = user_of(by)
    table.save(force_insert=True)
    try:
        for piece in pieces:
            names = ["table", "line", "mobile", "name", "fields", "reason"]
            with transaction.atomic():
                insert_rows(TableRow, names, _stored(table, columns, piece))
        if table.unreadable == table.size:
            said = _("No row has a mobile number in the column “%(column)s”.")
            raise TableRefused(said % {"column": table.number_heading})
        table.is_complete = True
        table.save()
    except BaseException:
        table.delete()
        raise
    if table.size > _PIECE:
        take_stock(TableRow)
    return table


def _stored(
    table: RecipientTable, columns: _Columns, rows: list[tuple[int, Cells]]
) -> list[tuple[Any, ...]]:
    """The values to insert for each row, which are counted in the table."""
    pk = RecipientTable._meta.get_field("id").get_db_prep_value(table.pk, connection)
    stored = []
    for line, cells in rows:
        mobile, reason = _number(cells.get(columns.number, ""))
        table.unreadable += not mobile
        name = clean_name(cells.get(columns.name, ""))[:_LONGEST_NAME] if columns.name else ""
        stored.append((pk, line, mobile, name, json.dumps(cells), reason))
    table.size += len(stored)
    if table.size > MOST_ROWS:
        said = _("This table has more than %(most)s rows. Give it in several files.")
        raise TableRefused(said % {"most": f"{MOST_ROWS:,}"})
    return stored


def _number(cell: str) -> tuple[str, str]:
    if not cell:
        return "", _("There is no number in this row.")
    try:
        return read_number(cell), ""
    except BadNumber as bad:
        return "", bad.reason[:300]


def read_again(table: RecipientTable, *, number: str, name: str, by: Actor) -> RecipientTable:
    """The same rows with other columns for the numbers and the names. Raises `TableRefused`."""
    found = table.headings
    columns = _Columns(found, number, name)
    if number not in found or (name and name not in found) or number == name:
        raise TableRefused(_("Choose two different columns for the numbers and the names."))
    return _keep(_like(table), columns, _pieces_of(table), by)


def _like(table: RecipientTable) -> RecipientTable:
    return RecipientTable(file_name=table.file_name, sheet=table.sheet, sheets=table.sheets)


def _pieces_of(table: RecipientTable) -> Iterator[list[tuple[int, Cells]]]:
    rows = TableRow.objects.filter(table=table).order_by("id").values_list("pk", "line", "fields")
    last = 0
    while some := list(rows.filter(pk__gt=last)[:_PIECE]):
        last = some[-1][0]
        yield [(line, fields) for _pk, line, fields in some]


def only(table: RecipientTable, rows: Collection[int], by: Actor) -> RecipientTable:
    """A table of some rows (ids) of another."""
    wanted = set(rows)
    kept = TableRow.objects.filter(table=table).order_by("id").values_list("pk", "line", "fields")
    columns = _Columns(table.headings, table.number_key, table.name_key)
    some = [(line, fields) for pk, line, fields in kept if pk in wanted]
    return _keep(_like(table), columns, [some], by)


def forget_unused() -> None:
    """Delete tables that no campaign uses after a day: they hold names and numbers."""
    old = timezone.now() - _FORGOTTEN
    RecipientTable.objects.filter(created_at__lt=old, campaigns=None).delete()
