"""An entry of the record in words: what changed, how many it was about, how it was chosen."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DateField, Field, JSONField, Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sociair_portal.audit.models import Entry
from sociair_portal.common import formats, shown_days
from sociair_portal.common.numbers import with_masked_numbers
from sociair_portal.common.shown_digits import in_digits
from sociair_portal.roles import role_in_words, written_permission_in_words

# The facts of deeds, in the order in which they are read. Of others their name is read.
FACTS: Final[dict[str, Promise]] = {
    "change": _("What was done"),
    "verdict": _("Decision"),
    "ended": _("Ended"),
    "is_test": _("A test message to their own number"),
    "people": _("People"),
    "numbers": _("Numbers"),
    "entries": _("Entries"),
    "rows": _("Rows"),
    "created": _("Created"),
    "updated": _("Changed"),
    "unchanged": _("Unchanged"),
    "left_out": _("Left out"),
    "kept": _("Kept, because they were changed or sent messages since"),
    "opt_outs": _("Opt-outs"),
    "with_opt_outs": _("With its opt-outs"),
    "groups": _("New groups"),
    "fields": _("New fields"),
    "joined": _("Added to the group"),
    "left": _("Removed from the group"),
    "joined_groups": _("Added to"),
    "left_groups": _("Removed from"),
    "went_out": _("May have gone out"),
    "looked_up": _("Requests checked at Sociair"),
    "parts": _("Parts"),
    "rupees": _("Cost"),
    "waiting": _("Still waiting"),
    "before": _("Before"),
    "after": _("Now"),
    "at": _("Time"),
    "follows": _("Follows campaign number"),
    "file": _("File"),
    "texts": _("Messages whose text was removed"),
    "own_texts": _("Of these, sent by the person who did this"),
    "texts_of": _("Campaign numbers (at most 100)"),
    "day": _("Day"),
    "sessions": _("Devices"),
    "idle": _("Automatically, after a while in which nothing was done"),
    # Of a person who is anonymised, and of what is old: what was removed, and from where.
    "mark": _("Reference"),
    "number_too": _("The number as well"),
    "lost_with_the_key": _("No longer recognised, because their key is lost"),
    "contacts": _("Contacts"),
    "messages": _("Messages"),
    "letters": _("Personal texts"),
    "taken_out": _("Taken out of waiting messages"),
    "own_opt_out": _("Their own opt-out"),
    "choices": _("Messages and drafts that named them"),
    "calls": _("Requests to Sociair"),
    "answers": _("Answers from Sociair"),
    "drafts": _("Drafts"),
    "tables": _("Spreadsheets"),
    "table_rows": _("Rows of spreadsheets"),
    "rejected": _("Rows that an import left out"),
    "imports": _("Notes about imports"),
    "undo": _("Contacts as they were before an import"),
    "values": _("Fields of other contacts"),
    "events": _("Reasons in the history of messages"),
    "reasons": _("Reasons of decisions"),
    "pauses": _("Reasons of pauses"),
    "titles": _("Titles of messages"),
    "gateways": _("What Sociair said when sending stopped"),
    "codes": _("Codes for own numbers"),
    "links": _("Links for colleagues by SMS"),
    "record": _("Entries of this record"),
    "admin": _("Entries of the admin's own list"),
    "templates": _("Templates"),
    "visits": _("Entries about signing in and viewing"),
}
_VALUES: Final[dict[str, dict[str, Promise]]] = {
    "change": {
        "paused": _("paused"),
        "resumed": _("resumed"),
        "cancelled": _("cancelled"),
        "moved": _("rescheduled"),
        "titled": _("given a title"),
        "untitled": _("title removed"),
    },
    "verdict": {"accepted": _("it went out"), "not_sent": _("it did not go out")},
    "ended": {
        "done": _("done"),
        "cancelled": _("cancelled"),
        "failed": _("failed"),
        "undone": _("undone"),
    },
}
# Where a field's own name is Django's word.
_FIELDS: Final[dict[str, Promise]] = {
    "groups": _("Roles"),
    "user_permissions": _("Permissions"),
    "permissions": _("Permissions"),
    "is_active": _("Can sign in"),
    "is_staff": _("Can use the admin"),
    "is_superuser": _("Can do everything"),
}
# Of what is many: how one of it is called.
_OF_MANY: Final[dict[str, Callable[[str], str]]] = {
    "groups": role_in_words,
    "permissions": written_permission_in_words,
    "user_permissions": written_permission_in_words,
}
_DAY_AFTER_A_NAME: Final = re.compile(r" \([^()]*\)$")
_NOTHING: Final = ("None", "", "•••")  # as the library writes what is empty, also if masked


def about(entry: Entry) -> str:
    """What an entry is about, by name."""
    kind = entry.kind.natural_key()
    if kind == ("messaging", "quietday"):  # the details say its day as whoever looks reads days
        return _DAY_AFTER_A_NAME.sub("", entry.object_repr)
    return role_in_words(entry.object_repr) if kind == ("auth", "group") else entry.object_repr


def details(entry: Entry) -> list[str]:
    """Short sentences, each about one thing; numbers are masked, whoever looks."""
    said = [*_facts(entry), *_changes(entry), *filter(None, [entry.changes_text])]
    return [with_masked_numbers(sentence) for sentence in said]


def _facts(entry: Entry) -> Iterator[str]:
    facts: dict[str, Any] = entry.additional_data or {}
    for name in sorted(facts.keys() - {"command"}, key=_place):  # it is who did it
        label = FACTS.get(name) or name.replace("_", " ").capitalize()
        value = _fact(name, facts[name])
        if facts[name] is True:
            yield str(label)
        elif value:
            yield f"{label}: {value}"


def _place(name: str) -> int:
    names = list(FACTS)
    return names.index(name) if name in names else len(names)


def _fact(name: str, value: Any) -> str:
    """Nothing for what is not so, and for nobody or nothing that was counted beside others."""
    if value is None or value is False or (value == 0 and name not in ("people", "went_out")):
        return ""
    if isinstance(value, int):
        return str(value) if name == "follows" else in_digits(formats.count(value))
    if isinstance(value, list):
        named = role_in_words if name in ("before", "after") else str
        return ", ".join(map(named, value))
    if name in ("at", "before"):
        return _moment(str(value))
    if name == "rupees":
        return _rupees(str(value))
    return str(_VALUES.get(name, {}).get(value, value))


def _moment(written: str) -> str:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    return shown_days.moment(timezone.localtime(at) if timezone.is_aware(at) else at)


def _day(written: str) -> str:
    try:
        return shown_days.day(date.fromisoformat(written))
    except ValueError:
        return written


def _rupees(written: str) -> str:
    try:
        return in_digits(formats.rupees(Decimal(written)))
    except InvalidOperation:
        return written


def _changes(entry: Entry) -> Iterator[str]:
    """Name: Sita → Sita Thapa."""
    model = entry.kind.model_class()
    changes: dict[str, Any] = entry.changes or {}
    for name in sorted(changes):
        change, field = changes[name], _field(model, name)
        if isinstance(change, dict):
            yield f"{_label(field, name)}: {_added(name, change)}"
        elif isinstance(field, JSONField):
            yield from _inner_changes(*change)
        else:
            before, after = (_value(field, value) for value in change)
            if said := _said(entry, before, after):
                yield f"{_label(field, name)}: {said}"


def _field(model: type[Model] | None, name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _label(field: "Field[Any, Any] | None", name: str) -> str:
    if words := _FIELDS.get(name):
        return str(words)
    label = str(field.verbose_name) if field else name.replace("_", " ")
    return label[:1].upper() + label[1:]


def _value(field: "Field[Any, Any] | None", value: Any) -> str:
    if value is None or value in _NOTHING:
        return ""
    if str(field) == "auth.Group.name":
        return role_in_words(str(value))
    if isinstance(field, BooleanField):
        return gettext("yes") if value == "True" else gettext("no")
    if isinstance(field, DateField):
        return _day(str(value))
    labels = {str(key): str(label) for key, label in field.flatchoices} if field else {}
    return labels.get(str(value), str(value))


def _said(entry: Entry, before: str, after: str) -> str:
    """Of a record that is new or gone, what it has or had."""
    if entry.action == Entry.Action.CREATE:
        return "" if after == gettext("no") else after
    if entry.action == Entry.Action.DELETE:
        return "" if before == gettext("no") else before
    return _from_to(before, after)


def _from_to(before: str, after: str) -> str:
    if not before:
        return after or gettext("empty")
    return f"{before} → {after or gettext('empty')}"


def _added(name: str, change: dict[str, Any]) -> str:
    """Of what is many: who or what was added or taken away."""
    named = _OF_MANY.get(name, str)
    objects = ", ".join(map(named, change.get("objects", [])))
    if change.get("operation") == "add":
        return gettext("added %(what)s") % {"what": objects}
    return gettext("no longer %(what)s") % {"what": objects}


def _inner_changes(before: str, after: str) -> Iterator[str]:
    """Of the office's own fields, those that changed."""
    was, now = _read(before), _read(after)
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            change = _from_to(_inner(was.get(key)), _inner(now.get(key)))
            yield f"{_label(None, key)}: {change}"


def _read(written: str) -> dict[str, Any]:
    try:
        found = json.loads(written)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _inner(value: Any) -> str:
    """Of a list, which has a value and how it was written, that."""
    if isinstance(value, list) and len(value) > 1:
        value = value[1]
    return "" if value is None else str(value)
