"""Audiences: who was chosen, as groups, contacts and pasted numbers, or as the rows of a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, Group
from contacts.phone import (
    InvalidMobile,
    format_mobile,
    parse_mobile,
    split_numbers,
)
from messaging.models import LeftOutReason, RecipientTable, TableRow
from sociair_portal.common.sentences import noted, noted_count, noted_list, together

_LONGEST_NAME: Final = 150  # characters, of an entry of 200


@dataclass(frozen=True, slots=True)
class Audience:
    """What someone chose, before anything is looked up. `numbers` is as it was pasted.

    Of the groups: whoever is in any of them, or only who is in all; and nobody who is in a group
    of `without`. Chosen contacts and pasted numbers are added, whatever groups they are in.

    Where several share a number and their texts differ, the number gets the text of the one who is
    `preferred` (ids of contacts), else of the `first` one if that was said, else none at all.
    """

    groups: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    numbers: str = ""
    of_all: bool = False
    without: tuple[int, ...] = ()
    preferred: tuple[int, ...] = ()
    first: bool = False
    # Also to those who got the same text a short while ago.
    again: bool = False
    # The rows of a table (its id), and nobody else.
    table: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "groups": sorted(set(self.groups)),
            "contacts": sorted(set(self.contacts)),
            "numbers": self.numbers,
            "of_all": self.of_all,
            "without": sorted(set(self.without)),
            "preferred": sorted(set(self.preferred)),
            "first": self.first,
            "again": self.again,
            "table": self.table,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Audience":
        lists = ("groups", "contacts", "without", "preferred")
        return cls(**{**data, **{name: tuple(data[name]) for name in lists}})


@dataclass(frozen=True, slots=True)
class Omission:
    """One entry that gets no message of its own, as it was typed, and why; `mobile` is its number,
    if it has one.
    """

    entry: str
    reason: LeftOutReason
    words: str
    mobile: str = ""


class GroupGone(Exception):
    """A chosen group, or table, was deleted meanwhile; the message is a sentence for the user."""


@dataclass(slots=True)
class Pasted:
    """Pasted numbers: what could be read, in order, and what could not."""

    mobiles: list[str]
    omissions: list[Omission]


def read_pasted(text: str) -> Pasted:
    """Read pasted text into different numbers, sorted, and the entries that get no message."""
    seen: set[str] = set()
    omissions = []
    for entry in split_numbers(text):
        try:
            mobile = parse_mobile(entry)
        except InvalidMobile as invalid:
            omissions.append(Omission(entry[:200], LeftOutReason.INVALID, invalid.reason))
            continue
        if mobile in seen:
            words = noted(
                "Same number as %(mobile)s. Each number gets one message.",
                mobile=format_mobile(mobile),
            )
            omissions.append(merged(entry, words))
        seen.add(mobile)
    return Pasted(sorted(seen), omissions)


def merged(entry: str, words: str, mobile: str = "") -> Omission:
    """An entry whose number gets a message already."""
    return Omission(entry[:200], LeftOutReason.DUPLICATE, words, mobile)


def chosen_rows(audience: Audience) -> QuerySet[Any]:
    """The contacts that groups and choices stand for, or a table's rows, to be counted all at once.

    Raises `GroupGone`.
    """
    check(audience)
    return _rows_of(audience, _are_among)


def rows_of(audience: Audience) -> QuerySet[Any]:
    """The rows of `chosen_rows`, to be read in order of the numbers; nothing is checked."""
    return _rows_of(audience, _is_in)


_Members = Callable[[set[int]], Q]


def _rows_of(audience: Audience, members: _Members) -> QuerySet[Any]:
    if audience.table:
        return TableRow.objects.filter(table_id=UUID(audience.table)).exclude(mobile="")
    return _combined(audience, members)


def unreadable_rows(audience: Audience) -> QuerySet[TableRow]:
    """Rows of its table that have no number."""
    if not audience.table:
        return TableRow.objects.none()
    return TableRow.objects.filter(table_id=UUID(audience.table), mobile="")


def omitted_rows(audience: Audience, most: int | None = None) -> list[Omission]:
    """The rows of its table that have no number, as omissions; the first ones, of `most`."""
    rows = unreadable_rows(audience).order_by("id").values_list("line", "name", "reason")[:most]
    omissions = []
    for line, name, reason in rows:
        entry = noted("Line %(line)d", line=line)
        if name:
            entry = noted("Line %(line)d: %(name)s", line=line, name=name[:_LONGEST_NAME])
        omissions.append(Omission(entry, LeftOutReason.INVALID, reason))
    return omissions


def check(audience: Audience) -> None:
    """Raises `GroupGone` if what was chosen is gone."""
    if audience.table:
        if not RecipientTable.objects.filter(pk=audience.table).exists():
            raise GroupGone(noted("That spreadsheet was deleted. Upload it again."))
        return
    named = {*audience.groups, *audience.without}
    if named - set(Group.objects.filter(pk__in=named).values_list("pk", flat=True)):
        raise GroupGone(noted("A group that you chose was deleted. Choose the recipients again."))


def _combined(audience: Audience, members: _Members) -> QuerySet[Contact]:
    wanted, without = set(audience.groups), set(audience.without)
    chosen = Q(pk__in=audience.contacts)
    if not wanted:
        return Contact.objects.filter(chosen)
    needed = [{group} for group in sorted(wanted)] if audience.of_all else [wanted]
    in_groups = Q()
    for groups in needed:
        in_groups &= members(groups)
    if without:
        in_groups &= ~_is_in(without)
    return Contact.objects.filter(chosen | in_groups)


def _is_in(groups: set[int]) -> Q:
    """Asked of each contact in turn, so that reading in order of the numbers can stop early."""
    return Q(Exists(memberships(groups).filter(contact_id=OuterRef("pk"))))


def _are_among(groups: set[int]) -> Q:
    """Begins with the members: where all are counted, SQLite is twice as fast with it."""
    return Q(pk__in=memberships(groups).values("contact_id"))


def memberships(groups: set[int]) -> QuerySet[Any]:
    through: QuerySet[Any] = Group.members.through.objects.all()
    return through.filter(group_id__in=groups)


def describe(audience: Audience) -> str:
    """What was chosen in words: "in Class 9 or Class 10, but not in Staff · 2 entered numbers"."""
    if audience.table:
        return _described_rows(RecipientTable.objects.get(pk=audience.table))
    said = [_described_groups(audience)]
    if count := len(audience.contacts):
        said.append(
            noted_count("%(count)d chosen contact", "%(count)d chosen contacts", count, count=count)
        )
    if count := len(split_numbers(audience.numbers)):
        said.append(
            noted_count("%(count)d entered number", "%(count)d entered numbers", count, count=count)
        )
    return together(*said, between="·")


def _described_rows(table: RecipientTable) -> str:
    figures = {
        "file": f"{table.file_name} ({table.sheet})" if table.other_sheets else table.file_name,
        "column": table.number_heading,
    }
    if not table.hidden_rows:
        return noted("the rows of %(file)s, with the numbers in the column “%(column)s”", **figures)
    return noted_count(
        "the rows of %(file)s, with the numbers in the column “%(column)s”, "
        "without %(hidden)d hidden row",
        "the rows of %(file)s, with the numbers in the column “%(column)s”, "
        "without %(hidden)d hidden rows",
        table.hidden_rows,
        hidden=table.hidden_rows,
        **figures,
    )


def _described_groups(audience: Audience) -> str:
    named = Group.objects.filter(pk__in={*audience.groups, *audience.without}).order_by("name")
    names = dict(named.values_list("pk", "name"))
    chosen = [name for pk, name in names.items() if pk in audience.groups]
    without = [name for pk, name in names.items() if pk in audience.without]
    if not chosen:
        return ""
    are_all = audience.of_all
    groups = noted_list(" and ", chosen) if are_all else noted_list(" or ", chosen)
    if not without:
        return noted("in %(groups)s", groups=groups)
    others = noted_list(" or ", without)
    return noted("in %(groups)s, but not in %(without)s", groups=groups, without=others)
