"""Planning rows: what will happen to each, the same for the preview and for the import itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, Final

from contacts.fields import FieldValue, InvalidValue
from contacts.importing.cells import BadNumber, mobile_in, read_number
from contacts.importing.known_people import People, PlannedPerson, Spoken, opted_out_at, people_at
from contacts.importing.names_and_groups import (
    LONGEST_GROUP,
    LONGEST_NAME,
    full_names,
    group_names,
    says_yes,
)
from contacts.importing.options import Existing, Numbers, Options
from contacts.importing.rows import Row
from contacts.models import Group
from contacts.names import name_key, name_keys
from contacts.phone import format_mobile
from contacts.services import forgotten
from sociair_portal.common.numbers import masked
from sociair_portal.common.sentences import noted

_MOST_OF_NAMES: Final = 200  # characters of them in a reason
_MOST_AT_A_NUMBER: Final = 100  # people; a whole class on the school's own phone


class RowOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(slots=True)
class Planned:
    """One row and what becomes of it. `entry` is the number that was read; `shares` names others
    who have the same number; `left_out` are values that do not fit their field, so that the person
    comes without them.
    """

    row: Row
    outcome: RowOutcome
    person: PlannedPerson | None = None
    entry: str = ""
    reason: str = ""
    suggestion: str = ""
    shares: str = ""
    left_out: Sequence["LeftOutValue"] = ()


@dataclass(frozen=True, slots=True)
class LeftOutValue:
    """A cell that does not fit the field of its column, and why."""

    column: str
    cell: str
    reason: str


class _Rejected(Exception):
    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


@dataclass(slots=True)
class _Read:
    """What a row says, before anyone is looked up."""

    mobile: str
    name: str
    key: str
    fields: dict[str, FieldValue]
    groups: frozenset[str]
    left_out: Sequence[LeftOutValue] = ()
    opts_out: bool = False


def groups_by_key() -> dict[str, str]:
    """The names of groups by their keys, as imports compare them."""
    return {name_key(name): name for name in Group.objects.values_list("name", flat=True)}


def plan(
    rows: Iterable[Row],
    options: Options,
    *,
    groups: dict[str, str] | None = None,
    spoken: Spoken = frozenset(),
    lock: bool = False,
) -> list[Planned]:
    """What becomes of each row, in their order; a later row sees what the earlier ones do.

    If a person is in a file twice, the first row wins: later rows add what is missing, so that the
    same file changes nothing the next time. Reads the database and changes nothing; `lock` keeps
    others from changing those people within the same transaction.
    """
    groups = groups_by_key() if groups is None else groups
    read = list(_read_rows(list(rows), options, groups))
    mobiles = {found.mobile for _row, _number, found in read if isinstance(found, _Read)}
    known = opted_out_at(mobiles) if options.opt_out else people_at(mobiles, options, spoken, lock)
    gone = set() if options.opt_out else forgotten.among(mobiles)
    planned = []
    for row, number, found in read:
        if isinstance(found, _Read) and found.mobile in gone:
            planned.append(_nameless(row, found.mobile))
            continue
        if isinstance(found, _Rejected):
            one = _rejection(row, found)
        else:
            one = _planned(row, found, known, options)
        one.entry = number
        planned.append(one)
    return planned


def _rejection(row: Row, rejected: _Rejected) -> Planned:
    return Planned(row, RowOutcome.REJECTED, reason=rejected.reason, suggestion=rejected.suggestion)


def _nameless(row: Row, mobile: str) -> Planned:
    """The row of someone who was anonymised: nothing of it is kept."""
    emptied = row._replace(cells=[""] * len(row.cells))
    reason = forgotten.sentence()
    return Planned(emptied, RowOutcome.REJECTED, entry=masked(mobile), reason=reason)


def numbers_of(row: Row, options: Options) -> Sequence[str]:
    """The cells of a row that are to be read as numbers, at least one."""
    if len(options.numbers) == 1:
        return (_cell(row, options.numbers[0]),)
    cells = [cell for place in options.numbers if (cell := _cell(row, place))]
    if len(cells) < 2:
        return cells or ("",)
    found: dict[str, str] = {}
    for cell in cells:
        mobile = mobile_in(cell)
        if mobile or options.several is Numbers.BOTH:  # what is none is refused with its reason
            found.setdefault(mobile or cell, cell)
    most = None if options.several is Numbers.BOTH else 1
    return list(found.values())[:most] or cells[:1]


def _read_rows(
    rows: Sequence[Row], options: Options, known: dict[str, str]
) -> Iterator[tuple[Row, str, _Read | _Rejected]]:
    """Each row with each of its numbers, and what it says; `known` are groups by their keys."""
    groups_in = lru_cache(maxsize=1000)(partial(_groups, options=options, known=known))
    seen = list(map(options.shown, rows)) if options.typed else rows
    names = full_names([[_cell(row, place) for row in seen] for place in options.names])
    names = names or [""] * len(rows)
    for row, shown, *named in zip(rows, seen, names, name_keys(names), strict=True):
        for number in numbers_of(shown, options):
            yield row, number, _read(shown, number, named, options, groups_in)


def _read(
    row: Row,
    number: str,
    named: Sequence[str],
    options: Options,
    groups_in: Callable[[str], frozenset[str]],
) -> _Read | _Rejected:
    name, key = named
    try:
        mobile = read_number(number)
        if options.opt_out:
            return _Read(mobile, "", "", {}, frozenset())
        _check_length(name)
        fields, left_out = _fields(row, options)
        groups = groups_in(_cell(row, options.groups))
        opts_out = says_yes(_cell(row, options.opted_out))
        return _Read(mobile, name, key, fields, groups, left_out, opts_out)
    except BadNumber as bad:
        return _Rejected(bad.reason, bad.suggestion)
    except _Rejected as rejected:
        return rejected


def _cell(row: Row, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""


def _check_length(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise _Rejected(
            noted(
                "This name is too long. It has %(count)d characters and the limit is %(most)d.",
                count=len(name),
                most=LONGEST_NAME,
            )
        )


def _fields(row: Row, options: Options) -> tuple[dict[str, FieldValue], list[LeftOutValue]]:
    """Values by key, and those that do not fit; an empty cell leaves what was there."""
    values, left_out = {}, []
    for column in options.fields:
        if not (cell := _cell(row, column.place)):
            continue
        try:
            values[column.key] = column.value(cell)
        except InvalidValue as invalid:
            left_out.append(LeftOutValue(column.name, cell, invalid.reason))
    return values, left_out


def _groups(cell: str, options: Options, known: dict[str, str]) -> frozenset[str]:
    """Names of groups, spelt as existing groups are, whatever case and spaces the file has."""
    groups = group_names(cell).union(options.to_groups)
    if any(len(group) > LONGEST_GROUP for group in groups):
        raise _Rejected(
            noted("A group name is too long. The limit is %(most)d characters.", most=LONGEST_GROUP)
        )
    return frozenset([known.setdefault(name_key(group), group) for group in groups])


def _planned(row: Row, read: _Read, known: People, options: Options) -> Planned:
    at_number = known.setdefault(read.mobile, {})
    if not read.name and len(at_number) > 1:
        names = ", ".join(person.name for person in at_number.values())
        said = noted(
            "Several contacts have this number (%(names)s). Add the name to this row.",
            names=names[:_MOST_OF_NAMES],
        )
        return _rejection(row, _Rejected(said))
    person = at_number.get(read.key)
    if person is None and not read.name:
        person = next(iter(at_number.values()), None)
    if person is None:
        if len(at_number) >= _MOST_AT_A_NUMBER:
            said = noted(
                "More than %(most)d contacts have this number. Check that it is a real one.",
                most=_MOST_AT_A_NUMBER,
            )
            return _rejection(row, _Rejected(said))
        return _new(row, read, at_number, options)
    outcome = _change(person, read, options)
    person.is_spoken_of = True
    person.opts_out |= read.opts_out
    return Planned(row, outcome, person, left_out=read.left_out)


def _new(row: Row, read: _Read, at_number: dict[str, PlannedPerson], options: Options) -> Planned:
    """A person who was not there; perhaps with a number that others share."""
    name = read.name or ("" if options.opt_out else format_mobile(read.mobile))
    shares = ", ".join(other.name for other in at_number.values()) if at_number else ""
    person = PlannedPerson(read.mobile, name, read.key or name_key(name), read.fields)
    person.joins, person.is_spoken_of, person.opts_out = read.groups, True, read.opts_out
    at_number[person.key] = person
    return Planned(row, RowOutcome.CREATED, person, shares=shares, left_out=read.left_out)


def _change(person: PlannedPerson, read: _Read, options: Options) -> RowOutcome:
    if options.opt_out or options.existing is Existing.LEAVE:
        return RowOutcome.UNCHANGED
    joins = read.groups - person.groups - person.joins
    person.joins |= joins
    changed = bool(joins)
    if options.existing is Existing.UPDATE:
        fields, name = {**person.fields, **read.fields}, read.name or person.name
        if person.is_spoken_of:
            fields, name = {**read.fields, **person.fields}, person.name
        if fields != person.fields or name != person.name:
            person.was = person.was or (person.name, person.stored, person.written_at)
            person.fields, person.name = fields, name
            person.is_changed = changed = True
    return RowOutcome.UPDATED if changed else RowOutcome.UNCHANGED


def rejected_rows(planned: Sequence[Planned], options: Options) -> Iterator[dict[str, Any]]:
    """What is kept of rows that are left out, and of values that are."""
    for one in planned:
        if one.outcome is RowOutcome.REJECTED:
            yield _left_out(one, "", one.entry, one.reason)
        for value in one.left_out:
            yield _left_out(one, value.column, value.cell, value.reason)


def _left_out(one: Planned, column: str, entry: str, reason: str) -> dict[str, Any]:
    return {
        "line": one.row.line,
        "column": column[:60],
        "entry": entry[:200],
        "reason": reason,
        "suggestion": one.suggestion,
        "cells": one.row.cells,
    }
