"""Planning rows: what will happen to each, the same for the preview and for the import itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from contacts.fields import FieldValue, InvalidValue, parse_value
from contacts.importing.cells import BadNumber, read_number
from contacts.importing.known_people import People, PlannedPerson, Spoken, opted_out_at, people_at
from contacts.importing.options import Existing, Options
from contacts.importing.rows import Row
from contacts.models import Contact, Group
from contacts.names import clean_name, from_list, name_key
from contacts.phone import format_mobile

LONGEST_NAME: Final = Contact._meta.get_field("name").max_length or 0
_MOST_AT_A_NUMBER: Final = 100  # people; a whole class on the school's own telephone
LONGEST_GROUP: Final = Group._meta.get_field("name").max_length or 0


class RowOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(slots=True)
class Planned:
    """One row and what becomes of it. `shares` names others who have the same number."""

    row: Row
    outcome: RowOutcome
    person: PlannedPerson | None = None
    reason: str = ""
    suggestion: str = ""
    shares: str = ""


class _Rejected(Exception):
    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


@dataclass(slots=True)
class _Read:
    """What a row says, before anybody is looked up."""

    mobile: str
    name: str
    key: str
    fields: dict[str, FieldValue]
    groups: frozenset[str]


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
    read = [(row, _read(row, options, groups)) for row in rows]
    mobiles = {found.mobile for _row, found in read if isinstance(found, _Read)}
    known = opted_out_at(mobiles) if options.opt_out else people_at(mobiles, options, spoken, lock)
    return [
        _rejection(row, found)
        if isinstance(found, _Rejected)
        else _planned(row, found, known, options)
        for row, found in read
    ]


def _rejection(row: Row, rejected: _Rejected) -> Planned:
    return Planned(row, RowOutcome.REJECTED, reason=rejected.reason, suggestion=rejected.suggestion)


def _read(row: Row, options: Options, known: dict[str, str]) -> _Read | _Rejected:
    try:
        mobile = read_number(_cell(row, options.number))
        if options.opt_out:
            return _Read(mobile, "", "", {}, frozenset())
        name = _name(row, options)
        fields, groups = _fields(row, options), _groups(row, options, known)
        return _Read(mobile, name, name_key(name), fields, groups)
    except BadNumber as bad:
        return _Rejected(bad.reason, bad.suggestion)
    except _Rejected as rejected:
        return rejected


def _cell(row: Row, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""


def _name(row: Row, options: Options) -> str:
    name = clean_name(_cell(row, options.name))
    if len(name) > LONGEST_NAME:
        said = _("This name is too long: it has %(count)d characters, %(most)d fit.")
        raise _Rejected(said % {"count": len(name), "most": LONGEST_NAME})
    return name


def _fields(row: Row, options: Options) -> dict[str, FieldValue]:
    """Values by key; an empty cell leaves what was there."""
    values = {}
    for column in options.fields:
        if not (cell := _cell(row, column.place)):
            continue
        try:
            values[column.key] = _value(column.kind, cell)
        except InvalidValue as invalid:
            raise _Rejected(f"{column.name}: {invalid.reason}"[:300]) from invalid
    return values


# The same classes, villages and fees come again and again.
_value = lru_cache(maxsize=5000)(parse_value)


def _groups(row: Row, options: Options, known: dict[str, str]) -> frozenset[str]:
    """Names of groups, spelt as existing groups are, whatever case and spaces the file has."""
    groups = group_names(_cell(row, options.groups)).union(options.to_groups)
    if any(len(group) > LONGEST_GROUP for group in groups):
        said = _("The name of a group is too long: %(most)d characters fit.")
        raise _Rejected(said % {"most": LONGEST_GROUP})
    return frozenset([known.setdefault(name_key(group), group) for group in groups])


@lru_cache(maxsize=1000)
def group_names(cell: str) -> frozenset[str]:
    """The groups that a cell names, between commas or semicolons; many rows have the same ones."""
    return frozenset(from_list(cell))


def _planned(row: Row, read: _Read, known: People, options: Options) -> Planned:
    at_number = known.setdefault(read.mobile, {})
    if not read.name and len(at_number) > 1:
        names = ", ".join(person.name for person in at_number.values())
        said = _("Several people have this number (%(names)s): give the name.")
        return _rejection(row, _Rejected((said % {"names": names})[:300]))
    person = at_number.get(read.key)
    if person is None and not read.name:
        person = next(iter(at_number.values()), None)
    if person is None:
        if len(at_number) >= _MOST_AT_A_NUMBER:
            said = _("More than %(most)d people have this number: is it a real one?")
            return _rejection(row, _Rejected(said % {"most": _MOST_AT_A_NUMBER}))
        return _new(row, read, at_number, options)
    outcome = _change(person, read, options)
    person.is_spoken_of = True
    return Planned(row, outcome, person)


def _new(row: Row, read: _Read, at_number: dict[str, PlannedPerson], options: Options) -> Planned:
    """A person who was not there; perhaps with a number that others share."""
    name = read.name or ("" if options.opt_out else format_mobile(read.mobile))
    shares = ", ".join(other.name for other in at_number.values()) if at_number else ""
    person = PlannedPerson(read.mobile, name, read.key or name_key(name), read.fields)
    person.joins, person.is_spoken_of = read.groups, True
    at_number[person.key] = person
    return Planned(row, RowOutcome.CREATED, person, shares=shares)


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
            person.fields, person.name = fields, name
            person.is_changed = changed = True
    return RowOutcome.UPDATED if changed else RowOutcome.UNCHANGED


def rejected_rows(planned: Sequence[Planned], options: Options) -> list[dict[str, Any]]:
    """The values to save of rows that are left out."""
    return [
        {
            "line": one.row.line,
            "entry": _cell(one.row, options.number)[:200],
            "reason": one.reason[:300],
            "suggestion": one.suggestion,
            "cells": one.row.cells,
        }
        for one in planned
        if one.outcome is RowOutcome.REJECTED
    ]
