"""Who gets a campaign: groups, contacts and pasted numbers, merged to one entry a number.

It is read in order of the numbers, in pieces, so that a million recipients take no more memory
than five thousand and a prepared campaign can go on where it stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, Group, OptOut
from contacts.phone import (
    InvalidMobile,
    Operator,
    format_mobile,
    operator_of,
    parse_mobile,
    split_numbers,
)
from messaging.models import LeftOutReason


@dataclass(frozen=True, slots=True)
class Audience:
    """What somebody chose, before anything is looked up. `numbers` is as it was pasted."""

    groups: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    numbers: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "groups": sorted(set(self.groups)),
            "contacts": sorted(set(self.contacts)),
            "numbers": self.numbers,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Audience":
        return cls(tuple(data["groups"]), tuple(data["contacts"]), data["numbers"])


@dataclass(frozen=True, slots=True)
class Person:
    """One number that will be texted, and whom it stands for."""

    mobile: str
    operator: Operator
    name: str = ""
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Omission:
    """One entry that gets no message of its own, as it was typed, and why."""

    entry: str
    reason: LeftOutReason
    words: str


@dataclass(slots=True)
class Piece:
    """The next people in order of their numbers; `up_to` is the last number looked at."""

    people: list[Person] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)
    up_to: str = ""
    is_last: bool = True


class GroupGone(Exception):
    """A chosen group was deleted meanwhile; the message is a sentence for the user."""


@dataclass(slots=True)
class Pasted:
    """Pasted numbers: what could be read, in order, and what could not."""

    mobiles: list[str]
    omissions: list[Omission]


def read_pasted(text: str) -> Pasted:
    seen: set[str] = set()
    omissions = []
    for entry in split_numbers(text):
        try:
            mobile = parse_mobile(entry)
        except InvalidMobile as invalid:
            omissions.append(Omission(entry[:200], LeftOutReason.INVALID, invalid.reason))
            continue
        if mobile in seen:
            omissions.append(_merged(entry, mobile))
        seen.add(mobile)
    return Pasted(sorted(seen), omissions)


def _merged(entry: str, mobile: str) -> Omission:
    return Omission(
        entry[:200],
        LeftOutReason.DUPLICATE,
        _("The same number as %(mobile)s: it gets one message.")
        % {"mobile": format_mobile(mobile)},
    )


class Reader:
    """Reads an audience piece by piece. Raises `GroupGone` at once if a group is missing."""

    def __init__(self, audience: Audience, rates: dict[Operator, Decimal]) -> None:
        self._pasted = read_pasted(audience.numbers)
        self._rates = rates
        self._chosen = chosen_contacts(audience)

    def pieces(self, *, after: str = "", size: int = 5000) -> Iterator[Piece]:
        while True:
            piece = self.piece(after=after, size=size)
            yield piece
            if piece.is_last:
                return
            after = piece.up_to

    def piece(self, *, after: str = "", size: int = 5000) -> Piece:
        """The next `size` different numbers after a number; the first holds what is unreadable."""
        entries = self._entries(after, size)
        mobiles = sorted(entries)[:size]
        piece = Piece(is_last=len(entries) <= size, up_to=mobiles[-1] if mobiles else after)
        if not after:
            piece.omissions += self._pasted.omissions
        opted_out = set(OptOut.objects.filter(mobile__in=mobiles).values_list("mobile", flat=True))
        for mobile in mobiles:
            self._sort(piece, mobile, entries[mobile], mobile in opted_out)
        return piece

    def _entries(self, after: str, size: int) -> dict[str, list[tuple[int, str]]]:
        """Contacts by number for at least `size + 1` numbers after one, if there are so many.

        A family of many on one number must not be cut, so the last number is read to its end.
        """
        found: dict[str, list[tuple[int, str]]] = {}
        for mobile, contact_id, name in self._rows(after, size):
            if len(found) > size and mobile not in found:
                break
            found.setdefault(mobile, []).append((contact_id, name))
        for mobile in self._pasted.mobiles:
            if mobile > after:
                found.setdefault(mobile, [])
        return found

    def _rows(self, after: str, size: int) -> Iterator[tuple[str, int, str]]:
        """Contacts in order of their numbers, some at a time.

        Without a limit PostgreSQL would sort everybody who is left, for every piece.
        """
        rows = self._chosen.order_by("mobile", "id").values_list("mobile", "id", "name")
        beyond = Q(mobile__gt=after)
        while some := list(rows.filter(beyond)[: size + 100]):
            yield from some
            mobile, contact_id, _name = some[-1]
            beyond = Q(mobile__gte=mobile) & (Q(mobile__gt=mobile) | Q(id__gt=contact_id))

    def _sort(
        self, piece: Piece, mobile: str, contacts: list[tuple[int, str]], is_opted_out: bool
    ) -> None:
        contact_id, name = contacts[0] if contacts else (None, "")
        entry = f"{name} {format_mobile(mobile)}".strip()
        operator = operator_of(mobile)
        if is_opted_out:
            words = _("This number has opted out of messages.")
            piece.omissions.append(Omission(entry, LeftOutReason.OPTED_OUT, words))
        elif operator not in self._rates:
            words = _("Sociair states no price for this operator.")
            piece.omissions.append(Omission(entry, LeftOutReason.NO_RATE, words))
        else:
            piece.people.append(Person(mobile, operator, name, contact_id))
            piece.omissions += [
                _merged(f"{other} {format_mobile(mobile)}", mobile) for _id, other in contacts[1:]
            ]


def chosen_contacts(audience: Audience) -> QuerySet[Contact]:
    """The contacts that groups and choices stand for. Raises `GroupGone` if a group is missing."""
    wanted = set(audience.groups)
    missing = wanted - set(Group.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if missing:
        raise GroupGone(
            _("A group that you chose has been deleted meanwhile. Choose the recipients again.")
        )
    through = Group.members.through
    in_groups = Exists(through.objects.filter(contact_id=OuterRef("pk"), group_id__in=wanted))
    chosen = Q(pk__in=audience.contacts)
    return Contact.objects.filter(chosen | Q(in_groups) if wanted else chosen)
