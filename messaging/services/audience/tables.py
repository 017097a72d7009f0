"""Taking in tables whose rows are recipients: read by the importer of contacts, never changed.

Whoever means other columns gets another table, so that a draft's fingerprint always tells what is
in it.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import is_error, key_of
from contacts.importing import jobs, pieces
from contacts.importing.chosen import NotChosen, heading_of, options_of
from contacts.importing.columns import is_number_heading
from contacts.importing.meanings import choice_for
from contacts.importing.names_and_groups import full_name, says_yes
from contacts.importing.options import Options
from contacts.importing.plan import numbers_of
from contacts.importing.rows import Row
from contacts.models import ContactImport, FilePurpose, ImportedPiece
from contacts.names import clean_name
from messaging.models import RecipientTable, TableRow
from messaging.services.audience.odd_cells import OddCells
from messaging.services.audience.table_rows import (
    PIECE,
    Cells,
    Columns,
    Given,
    TableRefused,
    check_size,
    keep,
    opted_out_sentence,
)
from messaging.text.validity import tidy
from sociair_portal.common.actors import Actor

UNUSED_FOR: Final = timedelta(days=1)  # after the upload
_LONGEST_KEY: Final = 60


def find(pk: str) -> RecipientTable | None:
    """A complete table by its id; None if there is none."""
    try:
        return RecipientTable.objects.filter(pk=pk, is_complete=True).first() if pk else None
    except ValidationError:  # no id at all
        return None


def take_in(path: Path, *, name: str, by: Actor, sheet: str = "") -> ContactImport:
    """Keep a file's rows until its columns are clear. Raises `Unreadable` and `TableRefused`; then
    nothing is kept.
    """
    source = jobs.take_in(path, name=name, by=by, sheet=sheet, purpose=FilePurpose.RECIPIENTS)
    try:
        check_size(source.rows)
    except TableRefused:
        source.delete()
        raise
    return source


def as_guessed(source: ContactImport, *, by: Actor) -> RecipientTable | None:
    """The table of a file whose columns are clear, or as they were last time; None if someone must
    look first: no column has numbers, or several have, the headings are no certain ones, or rows
    are hidden. Raises `TableRefused`.
    """
    choice = choice_for(source)
    try:
        options = options_of(source, choice)
    except NotChosen:
        return None
    is_told = choice.remembered or is_number_heading(source.names[options.numbers[0]])
    if source.hidden_rows or (source.heading and not is_told):
        return None
    return made_of(source, options, by=by)


def made_of(source: ContactImport, options: Options, *, by: Actor) -> RecipientTable:
    """The table of a file by the columns that were chosen. Raises `TableRefused`."""
    fonts = options.fonts
    names = [heading_of(source, place, fonts) for place in range(len(source.names))]
    keys, kept = _keys(names), set(options.kept)
    columns = Columns(
        headings={
            key: name
            for place, (key, name) in enumerate(zip(keys, names, strict=True))
            if place in kept
        },
        number=keys[options.numbers[0]],
        name=keys[options.names[0]] if options.names else "",
    )
    rows = (
        pieces.rows_of(source, place, hidden=options.take_hidden) for place in range(source.pieces)
    )
    odd = OddCells(source, keys, options)
    given = (
        [one for row in map(odd.seen, some) for one in _given(row, keys, kept, options)]
        for some in (map(options.shown, some) for some in rows)
    )
    table = RecipientTable(
        odd_cells=odd.cells,
        source=source,
        file_name=source.file_name,
        sheet=source.sheet,
        sheets=source.sheets,
        hidden_rows=0 if options.take_hidden else source.hidden_rows,
    )
    table = keep(table, columns, given, by)
    if ImportedPiece.objects.filter(source=source).count() != source.pieces:
        table.delete()  # forgotten while it was read: some of its rows may be missing
        raise TableRefused(_("The file is no longer kept. Choose it again."))
    source.options = options.to_json()
    source.save(update_fields=["options"])
    return table


def _keys(names: Sequence[str]) -> list[str]:
    """A placeholder for every heading, each of them once."""
    keys: list[str] = []
    for place, heading in enumerate(names):
        key = first = key_of(heading)[:_LONGEST_KEY] or f"column_{place + 1}"
        times = 1
        while key in keys:
            times += 1
            key = f"{first}_{times}"
        keys.append(key)
    return keys


def _given(row: Row, keys: Sequence[str], kept: set[int], options: Options) -> Iterator[Given]:
    """A row, as often as it has numbers that count."""
    cells = {
        keys[place]: cleaned
        for place, cell in enumerate(row.cells)
        if place in kept and not is_error(cell) and (cleaned := _clean(cell))
    }
    name = full_name([row.cells[at] for at in options.names if at < len(row.cells)])
    marked = options.opted_out
    is_marked = marked is not None and marked < len(row.cells) and says_yes(row.cells[marked])
    why = opted_out_sentence() if is_marked else ""
    for number in numbers_of(row, options):
        yield Given(row.line, number, name, cells, why, is_marked)


def _clean(cell: str) -> str:
    """Line by line without the spaces at its ends and in a row, which make a message dear."""
    if cell.isascii() and cell.isprintable() and "  " not in cell:  # as most are
        return cell.strip()
    lines = (" ".join(line.split()) for line in tidy(cell).split("\n"))
    return "\n".join(lines).strip()


def read_again(table: RecipientTable, *, number: str, name: str, by: Actor) -> RecipientTable:
    """The same rows with other columns for the numbers and the names. Raises `TableRefused`."""
    found = table.headings
    columns = Columns(found, number, name)
    if number not in found or (name and name not in found) or number == name:
        raise TableRefused(_("Choose different columns for the numbers and the names."))
    return keep(_like(table), columns, _pieces_of(table, columns), by)


def _like(table: RecipientTable) -> RecipientTable:
    return RecipientTable(
        source=table.source,
        file_name=table.file_name,
        sheet=table.sheet,
        sheets=table.sheets,
        hidden_rows=table.hidden_rows,
        odd_cells=table.odd_cells,
    )


def _by_columns(columns: Columns, row: TableRow) -> Given:
    """A stored row by other columns; who is opted out stays so."""
    cells: Cells = row.fields
    name = clean_name(cells.get(columns.name, "")) if columns.name else ""
    why = row.reason if row.is_opted_out else ""
    return Given(row.line, cells.get(columns.number, ""), name, cells, why, row.is_opted_out)


def _pieces_of(table: RecipientTable, columns: Columns) -> Iterator[list[Given]]:
    rows = TableRow.objects.filter(table=table).order_by("id")
    last = 0
    while some := list(rows.filter(pk__gt=last)[:PIECE]):
        last = some[-1].pk
        yield [_by_columns(columns, row) for row in some]


def only(table: RecipientTable, rows: Collection[int], by: Actor) -> RecipientTable:
    """A table of some rows (ids) of another."""
    wanted = set(rows)
    kept = TableRow.objects.filter(table=table).order_by("id")
    some = [
        Given(row.line, row.mobile, row.name, row.fields, row.reason, row.is_opted_out)
        for row in kept.iterator()
        if row.pk in wanted
    ]
    columns = Columns(table.headings, table.number_key, table.name_key)
    of_some, lines = _like(table), {row.line for row in some}
    of_some.odd_cells = [odd for odd in table.odd_cells if odd[1] in lines]
    return keep(of_some, columns, [some], by)


def forget_unused() -> None:
    """Delete tables that no campaign uses after a day: they hold names and numbers."""
    old = timezone.now() - UNUSED_FOR
    RecipientTable.objects.filter(created_at__lt=old, campaigns=None).delete()
