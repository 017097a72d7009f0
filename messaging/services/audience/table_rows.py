"""Saving the rows of a table: each with a number to text or the reason why it has none."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.importing.cells import BadNumber, mobile_in, read_number
from contacts.services import forgotten
from messaging.models import RecipientTable, TableRow
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.bulk_rows import insert_rows, take_stock
from sociair_portal.common.sentences import noted, row_value

MOST_ROWS: Final = 100_000
PIECE: Final = 5000  # rows
_LONGEST_NAME: Final = 200

Cells = dict[str, str]


class TableRefused(Exception):
    """A table that nobody can be written to from; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Headings by their keys, and which of them hold the numbers and the names."""

    headings: dict[str, str]
    number: str
    name: str


class Given(NamedTuple):
    """A row as it is to be stored. `number` is read; a `reason` says why nobody gets a message, and
    `is_opted_out` that no other row with the number is either.
    """

    line: int
    number: str
    name: str
    cells: Cells
    reason: str = ""
    is_opted_out: bool = False


def check_size(rows: int) -> None:
    """Hidden rows, and rows with several numbers, count as well, once they are taken."""
    if rows > MOST_ROWS:
        said = _("This spreadsheet has more than %(most)s rows. Split it into several files.")
        raise TableRefused(said % {"most": f"{MOST_ROWS:,}"})


def opted_out_sentence() -> str:
    return noted("Opted out in the spreadsheet.")


def keep(
    table: RecipientTable, columns: Columns, pieces: Iterable[list[Given]], by: Actor
) -> RecipientTable:
    """Save a new table with these rows.

    Each piece is a transaction of its own: answers of Sociair must not wait until a file is read.
    """
    table.columns = list(columns.headings.items())
    table.number_key, table.name_key = columns.number, columns.name
    table.created_by = user_of(by)
    table.save(force_insert=True)
    opted_out: set[str] = set()
    try:
        for piece in pieces:
            names = ["table", "line", "mobile", "name", "fields", "reason", "is_opted_out"]
            with transaction.atomic():
                insert_rows(TableRow, names, _stored(table, piece, opted_out))
        if opted_out:  # whatever other rows say
            others = TableRow.objects.filter(AnyOf("mobile", opted_out), table=table)
            table.unreadable += others.update(
                mobile="", reason=opted_out_sentence(), is_opted_out=True
            )
        if table.unreadable == table.size:
            said = _("No row has a mobile number in the column “%(column)s”.")
            raise TableRefused(said % {"column": table.number_heading})
        table.is_complete = True
        table.save()
    except BaseException:
        table.delete()
        raise
    take_stock(TableRow, added=table.size)
    return table


def _stored(table: RecipientTable, rows: list[Given], opted_out: set[str]) -> list[tuple[Any, ...]]:
    """The values to insert for each row, which are counted in the table; numbers that a row opts
    out are added to `opted_out`.
    """
    pk = RecipientTable._meta.get_field("id").get_db_prep_value(table.pk, connection)
    stored = []
    gone = forgotten.among({mobile_in(number) for _line, number, *_rest in rows})
    for line, number, name, cells, why, is_opted_out in rows:
        if mobile_in(number) in gone:
            stored.append((pk, line, "", "", "{}", row_value(forgotten.sentence()), False))
            table.unreadable += 1
            continue
        mobile, reason = ("", why) if why else _number(number)
        table.unreadable += not mobile
        if is_opted_out and (marked := mobile_in(number)):
            opted_out.add(marked)
        said, kept = json.dumps(cells), row_value(reason)
        stored.append((pk, line, mobile, name[:_LONGEST_NAME], said, kept, is_opted_out))
    table.size += len(stored)
    check_size(table.size)
    return stored


def _number(cell: str) -> tuple[str, str]:
    if not cell:
        return "", noted("This row has no number.")
    try:
        return read_number(cell), ""
    except BadNumber as bad:
        return "", bad.reason
