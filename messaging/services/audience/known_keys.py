"""Which placeholders a message may have, what each gives, and how they are offered."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.fields import FieldKind
from contacts.models import ContactField
from messaging.models import RecipientTable
from messaging.text.placeholders import ALIASES, DATE, DATE_BS, IN_BS, NAME, NUMBER
from sociair_portal.common.calendars import Calendar


class Placeholder(NamedTuple):
    """`note` says in which calendar it gives a day; empty for what is no day. `other` is how it is
    written in Nepali, if that differs.
    """

    key: str
    label: str
    note: str | Promise = ""
    other: str = ""


def known_keys(table: RecipientTable | None = None) -> dict[str, str]:
    """Placeholders and what they are called, the office's own fields last, or a table's columns;
    after them other spellings, where no field or column is called so.
    """
    every = _placeholders(table)
    known = {one.key: one.label for one in every}
    labels = {ours: known[key] for ours, key in ALIASES.items() if key in known}
    in_nepali = {one.other: one.label for one in every if one.other}
    return known | {key: label for key, label in (labels | in_nepali).items() if key not in known}


def offered(table: RecipientTable | None = None) -> list[Placeholder]:
    """What the menu of a message offers, as it is written in the language of the page."""
    every = _placeholders(table)
    if get_language() != "ne":
        return every
    taken = {one.key for one in every}
    return [
        one._replace(key=one.other) if one.other and one.other not in taken else one
        for one in every
    ]


def _placeholders(table: RecipientTable | None) -> list[Placeholder]:
    """A field or a column stands in the place of a placeholder of ours that has its key."""
    has_names = table is None or bool(table.name_key)
    ours = {one.key: one for one in _ours() if one.key != NAME or has_names}
    own = _of_contacts() if table is None else _of_columns(table)
    return list((ours | {one.key: one for one in own}).values())


def _ours() -> Iterator[Placeholder]:
    in_nepali: dict[str, str] = {}
    for other, key in ALIASES.items():
        in_nepali.setdefault(key, other)
    yield Placeholder(NAME, _("Name"), other=in_nepali[NAME])
    yield Placeholder(NUMBER, _("Mobile number"), other=in_nepali[NUMBER])
    said, gregorian, sambat = _("Sending date"), Calendar.GREGORIAN, Calendar.BIKRAM_SAMBAT
    yield Placeholder(DATE, said, gregorian.label, in_nepali[DATE])
    yield Placeholder(DATE_BS, said, sambat.label, in_nepali[DATE_BS])


def _of_columns(table: RecipientTable) -> Iterator[Placeholder]:
    return (Placeholder(key, heading) for key, heading in table.headings.items())


def _of_contacts() -> Iterator[Placeholder]:
    fields = list(ContactField.objects.values_list("key", "name", "kind"))
    taken = {key for key, _name, _kind in fields}
    for key, name, kind in fields:
        is_day = kind == FieldKind.DATE
        yield Placeholder(key, name, _("as written") if is_day else "")
        if is_day and (in_bs := f"{key}{IN_BS[0]}") not in taken:
            yield Placeholder(in_bs, name, Calendar.BIKRAM_SAMBAT.label, f"{key}{IN_BS[1]}")
