"""Newcomers: rows about people who are certainly new, found quickly.

Most rows of a large file are: a number that nobody has and no other row of the piece, a name, and
values that fit. They need no plan, because nobody else is concerned. `plan` would say the same of
them; it takes several times as long.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from contacts.fields import InvalidValue
from contacts.importing.known_people import PlannedPerson, known_numbers
from contacts.importing.options import FieldColumn, Options
from contacts.importing.plan import LONGEST_GROUP, LONGEST_NAME, full_name, group_names, says_yes
from contacts.importing.rows import MOST_COLUMNS, Row
from contacts.names import clean_name, name_key
from contacts.phone import find_mobile, operator_of, plain_mobile
from contacts.services import forgotten

# A person as the database has it: name, its key, number, operator and the fields as JSON.
Newcomer = tuple[str, str, str, str, str]
# Names of groups that somebody joins, by number and key of the name.
Joins = dict[tuple[str, str], frozenset[str]]


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
    mobiles = [_mobile(row.cells, options.numbers[0]) for row in shown]
    times = Counter(mobiles)
    taken = known_numbers(times) | forgotten.among(times)
    taken.update([mobile for mobile, count in times.items() if count > 1 or not mobile])
    found, others = Newcomers([], {}), []
    read = _reader(options, groups, found.joins)
    for place, (row, mobile) in enumerate(zip(shown, mobiles, strict=True)):
        newcomer = None if mobile in taken else read(row.cells, mobile)
        if newcomer is None:
            others.append(rows[place])
        else:
            found.people.append(newcomer)
    return found, others


def _mobile(cells: list[str], place: int) -> str:
    """The ten digits in a cell; empty if they are no number."""
    cell = cells[place] if place < len(cells) else ""
    return cell if plain_mobile(cell) else find_mobile(cell)


def _reader(
    options: Options, known: dict[str, str], joins: Joins
) -> Callable[[list[str], str], Newcomer | None]:
    """A function that reads a row; None for one that must be planned, or refused with a reason."""
    columns = [(one.place, _parts_of(one)) for one in options.fields]
    name_at, parts_at = options.names[0], options.names[1:]
    groups_at, opted_out_at = options.groups, options.opted_out
    everybody = _groups("", options, known)
    groups_in = lru_cache(maxsize=1000)(partial(_groups, options=options, known=known))

    def read(cells: list[str], mobile: str) -> Newcomer | None:
        width, groups = len(cells), everybody
        name = clean_name(cells[name_at]) if name_at < width else ""
        if parts_at or name[:1] == "#":
            name = full_name([name, *(cells[at] for at in parts_at if at < width)])
        if opted_out_at is not None and opted_out_at < width and says_yes(cells[opted_out_at]):
            return None
        if not name or len(name) > LONGEST_NAME:
            return None
        try:
            parts = [part_of(cells[at]) for at, part_of in columns if at < width]
        except InvalidValue:
            return None
        if groups_at is not None and groups_at < width:
            groups = groups_in(cells[groups_at])
        if groups is None:
            return None
        key = name_key(name)
        if groups:
            joins[mobile, key] = groups
        fields = parts[0] if len(parts) == 1 else ", ".join(filter(None, parts))
        return name, key, mobile, _operator(mobile[:3]), f"{{{fields}}}"

    return read


def _groups(cell: str, options: Options, known: dict[str, str]) -> frozenset[str] | None:
    names = group_names(cell).union(options.to_groups)
    if any(len(name) > LONGEST_GROUP for name in names):
        return None
    return frozenset([known.setdefault(name_key(name), name) for name in names])


@lru_cache(maxsize=100)
def _operator(prefix: str) -> str:
    return operator_of(prefix).value


@lru_cache(maxsize=MOST_COLUMNS)
def _parts_of(column: FieldColumn) -> Callable[[str], str]:
    """As `_part`, of one column: its cells are remembered, as many people have the same."""
    return lru_cache(maxsize=5000)(partial(_part, column))


def _part(column: FieldColumn, cell: str) -> str:
    """A cell's value as a part of the JSON of fields; empty for an empty cell."""
    if not cell.strip():
        return ""
    return _json_part(column.key, column.value(cell))


def _json_part(key: str, value: object) -> str:
    """`"key": value`, as it stands in JSON between commas."""
    return json.dumps({key: value}, ensure_ascii=False)[1:-1]


def newcomer_of(person: PlannedPerson) -> Newcomer:
    """A new person who had to be planned, as a newcomer."""
    parts = ", ".join(_json_part(key, value) for key, value in person.fields.items())
    operator = _operator(person.mobile[:3])
    return person.name, person.key, person.mobile, operator, f"{{{parts}}}"
