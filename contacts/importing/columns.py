"""Guessing what the columns of a table mean, from headings and from what is in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from contacts.fields import FieldKind, InvalidValue, key_of, parse_value
from contacts.importing.cells import looks_like_number
from contacts.names import clean_name

# The heading that a report of rejected rows adds; left out when the report is imported.
REASON: Final = "Why it was left out"

_NUMBER: Final = re.compile(
    r"mobile|phone|cell|contact (?:no|num)|number|^contact$|मोबाइल|फोन|सम्पर्क|नम्बर", re.IGNORECASE
)
_NAME: Final = re.compile(r"name|student|member|customer|patient|person|नाम|नाउ", re.IGNORECASE)
_NOT_HIS_NAME: Final = re.compile(r"user|file|father|mother|guardian|parent|बुबा|आमा", re.IGNORECASE)
_GROUPS: Final = re.compile(r"^groups?\b|समूह", re.IGNORECASE)
_IGNORED: Final = re.compile(
    r"^(?:operator|opted out|s\.?\s?no\.?|sn|#|क्र\.?\s?सं\.?)$", re.IGNORECASE
)


@dataclass(slots=True)
class Columns:
    """Places of columns from 0; `fields` are the places and names of the office's own fields."""

    number: int | None = None
    name: int | None = None
    groups: int | None = None
    fields: dict[int, str] = field(default_factory=dict)


def headings(first: Sequence[str], width: int) -> tuple[list[str], bool]:
    """Names for so many columns, and whether the first row is where they come from.

    Every name is there once: "Name", "Name (2)", "Column 3".
    """
    is_header = not any(looks_like_number(cell) for cell in first)
    names: list[str] = []
    for place in range(width):
        cell = clean_name(first[place])[:60] if is_header and place < len(first) else ""
        name = cell or f"Column {place + 1}"
        times = 1
        while name in names:
            times += 1
            name = f"{cell or f'Column {place + 1}'} ({times})"
        names.append(name)
    return names, is_header


def guess(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """What the columns of a table mean, by their names and by a sample of its rows."""
    columns = Columns()
    columns.number = _number_column(names, rows)
    for place, name in enumerate(names):
        if place == columns.number or name == REASON or _IGNORED.search(name):
            continue
        if columns.groups is None and _GROUPS.search(name):
            columns.groups = place
        elif columns.name is None and _NAME.search(name) and not _NOT_HIS_NAME.search(name):
            columns.name = place
        elif any(_cell(row, place) for row in rows) and key_of(name):
            columns.fields[place] = name
    if columns.name is None:
        columns.name = next((place for place in columns.fields if _is_words(rows, place)), None)
        columns.fields.pop(-1 if columns.name is None else columns.name, None)
    return columns


def _number_column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column with most numbers; among equals one whose heading says so."""
    counts = {
        place: (sum(looks_like_number(_cell(row, place)) for row in rows), _is_called(name))
        for place, name in enumerate(names)
    }
    best = max(counts, key=lambda place: counts[place], default=None)
    return best if best is not None and counts[best] > (0, False) else None


def _is_called(name: str) -> bool:
    return bool(_NUMBER.search(name))


def _is_words(rows: Sequence[Sequence[str]], place: int) -> bool:
    cells = list(filter(None, (_cell(row, place) for row in rows)))
    return bool(cells) and all(any(letter.isalpha() for letter in cell) for cell in cells)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def guess_kind(rows: Sequence[Sequence[str]], place: int) -> FieldKind:
    """Number or date if every value in a sample is one, else text."""
    cells = list(filter(None, (_cell(row, place) for row in rows)))
    for kind in (FieldKind.NUMBER, FieldKind.DATE):
        if cells and all(_fits(kind, cell) for cell in cells):
            return kind
    return FieldKind.TEXT


def _fits(kind: FieldKind, cell: str) -> bool:
    try:
        parse_value(kind, cell)
    except InvalidValue:
        return False
    return True
