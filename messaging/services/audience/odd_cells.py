"""Cells of a table that are unlike the others of their column, for whoever sends to its rows."""

from collections.abc import Sequence
from typing import Final

from contacts.fields import DecimalMark, FieldKind, InvalidValue, is_error
from contacts.importing import jobs
from contacts.importing.meanings import kind_of_column
from contacts.importing.options import FieldColumn, Options
from contacts.importing.rows import Row
from contacts.models import ContactImport
from messaging.models import RecipientTable
from messaging.services.audience.choice import Audience
from messaging.text.placeholders import parse
from sociair_portal.common.calendars import Calendar

_MOST: Final = 20
_LONGEST: Final = 60  # letters


def odd_cells(audience: Audience, text: str) -> list[tuple[str, int, str]]:
    """The heading, the line and the cell of those that stand in a message to a table's rows."""
    table = RecipientTable.objects.filter(pk=audience.table).first() if audience.table else None
    return table.odd_cells_of(parse(text).keys) if table is not None else []


class OddCells:
    """Cells that are no number, or no day, in a column in which nearly all are: a "-" among fees.
    They stand in a message as they are, so that someone should know of them.
    """

    def __init__(self, source: ContactImport, keys: Sequence[str], options: Options) -> None:
        self.cells: list[tuple[str, int, str]] = []
        self._columns = [
            FieldColumn(
                place,
                keys[place],
                "",
                found.kind,
                found.mark or DecimalMark.POINT,
                found.calendar or Calendar.GREGORIAN,
            )
            for place, found in enumerate(map(kind_of_column, jobs.facts_of_columns(source)))
            if place in options.kept
            and place not in (*options.numbers, *options.names)
            and found.kind is not FieldKind.TEXT
        ]

    def seen(self, row: Row) -> Row:
        """The row, whose odd cells are noted, up to so many."""
        for column in self._columns:
            if len(self.cells) >= _MOST:
                break
            cell = row.cells[column.place].strip() if column.place < len(row.cells) else ""
            if not cell or is_error(cell):  # has no value
                continue
            try:
                column.value(cell)
            except InvalidValue:
                self.cells.append((column.key, row.line, cell[:_LONGEST]))
        return row
