"""Newcomers: rows about people who are certainly new, found quickly.

Most rows of a large file are: a number that nobody has and no other row of the piece, a name, and
values that fit. They need no plan, because nobody else is concerned. `plan` would say the same of
them; it takes several times as long.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import zip_longest
from typing import NamedTuple

from contacts.fields import FieldValue, InvalidValue
from contacts.importing.known_people import PlannedPerson, as_json, known_numbers
from contacts.importing.names_and_groups import (
    LONGEST_GROUP,
    LONGEST_NAME,
    full_names,
    group_names,
    says_yes,
)
from contacts.importing.options import FieldColumn, Options
from contacts.importing.rows import MOST_COLUMNS, Row
from contacts.names import name_key, name_keys
from contacts.phone import find_mobile, operator_of, plain_mobile
from contacts.services import forgotten

# A person as the database has it: name, its key, number, operator and the fields as JSON.
Newcomer = tuple[str, str, str, str, str]
# Names of groups that someone joins, by number and key of the name.
Joins = dict[tuple[str, str], frozenset[str]]
_Groups = frozenset[str] | None  # None: a name is too long


class Newcomers(NamedTuple):
    """People who are certainly new, and the groups that they join."""

    people: list[Newcomer]
    joins: Joins


def tell_apart(
    rows: Sequence[Row], options: Options, groups: dict[str, str]
) -> tuple[Newcomers, list[Row]]:
    """Who is certainly new, and the rows that must be planned, in their order.

    `groups` are the names of groups by their keys; those that are missing are added.
    """
    if options.opt_out or not options.names or len(options.numbers) > 1:
        return Newcomers([], {}), list(rows)
    shown = list(map(options.shown, rows)) if options.typed else rows
    mobiles = _mobiles(shown, options.numbers[0])
    times = Counter(mobiles)
    taken = known_numbers(times) | forgotten.among(times)
    taken.update([mobile for mobile, count in times.items() if count > 1 or not mobile])
    alone = [place for place, mobile in enumerate(mobiles) if mobile not in taken]
    cells = [shown[place].cells for place in alone]
    people = _People(cells, [mobiles[place] for place in alone], options)
    newcomers, told = people.told(groups)
    new = {alone[place] for place in told}
    return newcomers, [row for place, row in enumerate(rows) if place not in new]


def _mobiles(rows: Sequence[Row], place: int) -> list[str]:
    """The ten digits in a cell of each row; empty if they are no number."""
    cells = [row.cells[place] if place < len(row.cells) else "" for row in rows]
    return [cell if plain_mobile(cell) else find_mobile(cell) for cell in cells]


class _People:
    """People in rows, read column by column, which takes much less time than row by row."""

    def __init__(self, rows: Sequence[list[str]], mobiles: Sequence[str], options: Options) -> None:
        self._columns = list(zip_longest(*rows, fillvalue=""))
        self._empty = ("",) * len(rows)
        self._mobiles = mobiles
        self._options = options

    def _column(self, place: int) -> Sequence[str]:
        return self._columns[place] if place < len(self._columns) else self._empty

    def told(self, known: dict[str, str]) -> tuple[Newcomers, list[int]]:
        """Those who need no plan, and the places of their rows. The others must be planned, or are
        refused with a reason.
        """
        names, fields = self._names(), self._fields()
        told = [
            place
            for place, (name, values) in enumerate(zip(names, fields, strict=True))
            if name and len(name) <= LONGEST_NAME and values is not None
        ]
        if self._options.opted_out is not None:
            opted_out = self._column(self._options.opted_out)
            told = [place for place in told if not says_yes(opted_out[place])]
        joined = self._joined(told, known)
        told = [place for place in told if joined[place] is not None]
        keys = name_keys(names)
        people = [
            (names[at], keys[at], mobile := self._mobiles[at], _operator(mobile[:3]), values)
            for at in told
            if (values := fields[at]) is not None
        ]
        joins = {(self._mobiles[at], keys[at]): groups for at in told if (groups := joined[at])}
        return Newcomers(people, joins), told

    def _names(self) -> list[str]:
        return full_names(list(map(self._column, self._options.names)))

    def _fields(self) -> list[str | None]:
        """The fields of each person as JSON; None where a value does not fit."""
        columns = [
            list(map(_parts_of(one), self._column(one.place))) for one in self._options.fields
        ]
        if not columns:
            return ["{}"] * len(self._mobiles)
        if len(columns) == 1:
            return [None if part is None else f"{{{part}}}" for part in columns[0]]
        return [
            None if None in parts else f"{{{', '.join(filter(None, parts))}}}"
            for parts in zip(*columns, strict=True)
        ]

    def _joined(self, told: Sequence[int], known: dict[str, str]) -> Mapping[int, _Groups]:
        """The groups of each of some people by their places; None where a name is too long."""
        everybody = _groups("", self._options, known)
        if self._options.groups is None:
            return dict.fromkeys(told, everybody)
        groups_in = lru_cache(maxsize=1000)(partial(_groups, options=self._options, known=known))
        cells = self._column(self._options.groups)
        return {place: groups_in(cells[place]) for place in told}


def _groups(cell: str, options: Options, known: dict[str, str]) -> _Groups:
    names = group_names(cell).union(options.to_groups)
    if any(len(name) > LONGEST_GROUP for name in names):
        return None
    return frozenset([known.setdefault(name_key(name), name) for name in names])


@lru_cache(maxsize=100)
def _operator(prefix: str) -> str:
    return operator_of(prefix).value


@lru_cache(maxsize=MOST_COLUMNS)
def _parts_of(column: FieldColumn) -> Callable[[str], str | None]:
    """As `_part`, of one column: its cells are remembered, as many people have the same."""
    return lru_cache(maxsize=5000)(partial(_part, column))


def _part(column: FieldColumn, cell: str) -> str | None:
    """A cell's value as a part of the JSON of fields; empty for an empty cell, None for one that
    does not fit.
    """
    if not cell.strip():
        return ""
    try:
        return _json_part(column.key, column.value(cell))
    except InvalidValue:
        return None


def _json_part(key: str, value: FieldValue) -> str:
    """`"key": value`, as it stands in JSON between commas."""
    return f"{as_json(key)}: {as_json(value)}"


def newcomer_of(person: PlannedPerson) -> Newcomer:
    """A new person who had to be planned, as a newcomer."""
    parts = ", ".join(_json_part(key, value) for key, value in person.fields.items())
    operator = _operator(person.mobile[:3])
    return person.name, person.key, person.mobile, operator, f"{{{parts}}}"
