"""Values in the office's own fields: who has any, and deleting a field with its values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _

from contacts.fields import FieldKind, FieldValue, NumberStyle, show_value
from contacts.models import Contact, ContactField
from contacts.shown_numbers import shown_text
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import shown_days, written_days
from sociair_portal.common.actors import Actor

_AT_ONCE: Final = 5000  # people in one transaction
_EXAMPLES: Final = 5
_LOOKED_AT: Final = 10_000  # people, so that the page of a field is as quick among a million


def filled(field: ContactField) -> QuerySet[Contact]:
    """Contacts with a value in a field."""
    return Contact.objects.filter(fields__has_key=field.key)


def shown_in(contact: Contact, field: ContactField) -> str:
    """What a contact has in a field, as staff read it: a day whose year both calendars have, such
    as 2045-05-12, by a calendar that no reader can mistake as well.
    """
    value = contact.fields.get(field.key)
    if value is None:
        return ""
    shown = shown_text(field.shape.show(value))
    other = _other_day(value) if field.kind == FieldKind.DATE else ""
    return _("%(day)s (%(other)s)") % {"day": shown, "other": other} if other else shown


def _other_day(value: FieldValue) -> str:
    """A day that may be one of either calendar: by the other one, or in words where nobody knows
    that; empty for what is clear, or was never computed.
    """
    if not isinstance(value, list) or not value[0]:
        return ""
    written = written_days.read_day(str(value[1]))
    if written is None or written.calendar is not None:
        return ""
    on = date.fromisoformat(value[0])
    is_gregorian = (on.year, on.month, on.day) == (written.year, written.month, written.day)
    return (is_gregorian and shown_days.bikram_sambat(on)) or shown_days.gregorian(on)


@dataclass(frozen=True, slots=True)
class StylesTried:
    """How values that exist look in every style, and what stays as it was typed in all of them.

    `newest` is of how many people, if there are more.
    """

    examples: list[list[str]]
    others: int
    first_others: list[str]
    newest: int


def try_styles(field: ContactField) -> StylesTried:
    """Look at the values of the newest people; the most frequent are the examples."""
    shape = field.shape._replace(style=NumberStyle.COMMAS)
    newest = Contact.objects.order_by("-pk").values_list(KeyTransform(field.key, "fields"))
    found = [value for (value,) in newest[: _LOOKED_AT + 1]]
    values = [value for value in found[:_LOOKED_AT] if value is not None]
    by_text = {show_value(shape.kind, value): value for value in values}
    examples: list[list[str]] = []
    others: Counter[str] = Counter()
    for text, people in Counter(show_value(shape.kind, value) for value in values).most_common():
        if shape.styled(by_text[text]) is None:
            others[text] = people
        elif len(examples) < _EXAMPLES:
            shown = (shape._replace(style=style).show(by_text[text]) for style in NumberStyle)
            examples.append([*shown])
    first = [text for text, _people in others.most_common(_EXAMPLES)]
    return StylesTried(
        examples, others.total(), first, newest=_LOOKED_AT if len(found) > _LOOKED_AT else 0
    )


def keep(keys: Iterable[str]) -> None:
    """Keep fields when the import that made them is undone: something has been made of them."""
    ContactField.objects.filter(key__in=list(keys)).exclude(source=None).update(source=None)


def forget(field: ContactField, *, by: Actor = None) -> None:
    """Delete a field and everyone's value of it, in short transactions.

    The field goes last, so that an interrupted deletion can be repeated.
    """
    last = 0
    while True:
        with transaction.atomic():
            some = filled(field).filter(pk__gt=last).order_by("pk")
            pks = list(some.values_list("pk", flat=True)[:_AT_ONCE])
            if not pks:
                for found in ContactField.objects.select_for_update().filter(pk=field.pk):
                    found.delete()
                return
            last = pks[-1]
            _take_out(field.key, pks[0], last)
            record(Deed.CHANGED_MANY, by=by, about=field, people=len(pks))


def _take_out(key: str, first: int, last: int) -> None:
    table = connection.ops.quote_name(Contact._meta.db_table)
    without, name = "fields - %s", key
    if connection.vendor != "postgresql":
        without, name = "json_remove(fields, %s)", f'$."{key}"'
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET fields = {without} WHERE id BETWEEN %s AND %s",  # noqa: S608  # ours
            [name, first, last],
        )
