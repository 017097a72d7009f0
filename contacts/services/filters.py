"""Filters and orders of the list of contacts."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.fields import FieldKind, FieldValue, compared, show_value
from contacts.models import OPERATOR_CHOICES, Contact, ContactField, Group, OptOut
from contacts.services.search import find_contacts
from sociair_portal.common import formats
from sociair_portal.common.digits import in_every_script
from sociair_portal.common.sentences import noted, noted_label, together


class Comparison(StrEnum):
    """How a field's value is compared with a given one."""

    IS = "is"
    HAS = "has"
    LEAST = "least"
    MOST = "most"
    MORE = "more"
    LESS = "less"
    FILLED = "filled"
    EMPTY = "empty"

    @property
    def label(self) -> str | Promise:
        return _COMPARISONS[self]

    @property
    def needs_value(self) -> bool:
        return self not in (Comparison.FILLED, Comparison.EMPTY)


_COMPARISONS: Final[dict[Comparison, Promise]] = {
    Comparison.IS: _("is"),
    Comparison.HAS: _("contains"),
    Comparison.LEAST: _("is at least, or on or after"),
    Comparison.MOST: _("is at most, or on or before"),
    Comparison.MORE: _("is more than, or after"),
    Comparison.LESS: _("is less than, or before"),
    Comparison.FILLED: _("is filled in"),
    Comparison.EMPTY: _("is empty"),
}

# By what a list is sorted: each order ends in something that no two contacts share.
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "": ("name", "id"),
    "-name": ("-name", "-id"),
    "number": ("mobile", "name_key"),
    "-number": ("-mobile", "-name_key"),
    "-added": ("-id",),
    "added": ("id",),
}
BY_NAME: Final = ORDERS[""]


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A condition on a value of one of the office's own fields."""

    field: ContactField
    comparison: Comparison
    value: FieldValue = ""

    @property
    def words(self) -> str:
        """Class is 8."""
        comparison = noted_label(self.comparison.label)
        if self.value == "":
            return together(self.field.name, comparison)
        return noted(
            "%(field)s %(comparison)s %(value)s",
            field=self.field.name,
            comparison=comparison,
            value=self._shown,
        )

    @property
    def _shown(self) -> str:
        """2045-01-13 (25 Apr 1988): a day also by the calendar that no reader can mistake."""
        if self.comparison is Comparison.HAS:
            return str(self.value)
        shown = show_value(FieldKind(self.field.kind), self.value)
        if self.field.kind != FieldKind.DATE:
            return shown
        day = formats.day(date.fromisoformat(str(compared(self.value))))
        return shown if shown == day else f"{shown} ({day})"


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts a list shows.

    `opted_out`: True for those who opted out, False for the others, None for both.
    """

    words: str = ""
    group: Group | None = None
    operator: str = ""
    opted_out: bool | None = None
    condition: FieldCondition | None = None

    def found(self) -> QuerySet[Contact]:
        contacts = Contact.objects.all()
        if self.group is not None:
            contacts = contacts.filter(groups=self.group)
        if self.operator:
            contacts = contacts.filter(operator=self.operator)
        if self.opted_out is not None:
            must_not = Q(mobile__in=OptOut.objects.values("mobile"))
            contacts = contacts.filter(must_not if self.opted_out else ~must_not)
        if self.condition is not None:
            contacts = _fulfilling(contacts, self.condition)
        return find_contacts(contacts, self.words) if self.words else contacts

    @property
    def sentence(self) -> str:
        """What it shows, as it is read in the record."""
        parts: list[str] = []
        if self.words:
            parts.append(noted("Name or number: %(words)s", words=self.words))
        if self.group is not None:
            parts.append(noted("Group: %(group)s", group=self.group.name))
        if self.operator:
            operators = dict(OPERATOR_CHOICES)
            name = noted_label(operators[self.operator])
            parts.append(noted("Operator: %(name)s", name=name))
        if self.opted_out is not None:
            parts.append(noted("Opted out") if self.opted_out else noted("Not opted out"))
        if self.condition is not None:
            parts.append(self.condition.words)
        return together(*parts, between="·") or noted("Everyone")


def _fulfilling(contacts: QuerySet[Contact], condition: FieldCondition) -> QuerySet[Contact]:
    key, value = condition.field.key, condition.value
    if condition.comparison is Comparison.FILLED:
        return contacts.filter(fields__has_key=key)
    if condition.comparison is Comparison.EMPTY:
        return contacts.exclude(fields__has_key=key)
    if condition.comparison is Comparison.HAS:
        return _having(contacts, key, str(value))
    own = KeyTransform(key, "fields")
    if condition.field.kind == FieldKind.TEXT and condition.comparison is Comparison.IS:
        return contacts.annotate(own=own).filter(own__iexact=value)
    # What was written otherwise than its value is a list that begins with the value.
    lookup, meant = _LOOKUPS[condition.comparison], compared(value)
    found = contacts.annotate(own=own, first=KeyTransform("0", own)).filter(
        Q(**{f"first__{lookup}": meant}) | Q(first__isnull=True, **{f"own__{lookup}": meant})
    )
    # A day that no one can compute yet is not before any other.
    is_day = condition.field.kind == FieldKind.DATE
    return found.filter(Q(first__isnull=True) | ~Q(first="")) if is_day else found


def _having(contacts: QuerySet[Contact], key: str, text: str) -> QuerySet[Contact]:
    """Contacts with a text in what the list shows of a field: of a list only what was written."""
    found = Q()
    for spelt in in_every_script(text):
        found |= Q(written__icontains=spelt) | Q(written__isnull=True, own__icontains=spelt)
    own, written = KeyTextTransform(key, "fields"), KeyTransform(key, "fields")
    return contacts.annotate(own=own, written=KeyTextTransform("1", written)).filter(found)


_LOOKUPS: Final = {
    Comparison.IS: "exact",
    Comparison.LEAST: "gte",
    Comparison.MOST: "lte",
    Comparison.MORE: "gt",
    Comparison.LESS: "lt",
}
