"""The day of a contact or of a filter: picked in the calendar of whoever looks, or typed."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import FieldKind, FieldValue, InvalidValue, compared, parse_value, show_value
from contacts.names import clean_name
from sociair_portal.common import shown_days
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.day_readings import Reading, readings_of
from sociair_portal.common.typed_days import by_numbers

_CHOSEN = "_day"  # what follows the name of a field for the days that were picked or ticked


class TypedDay(NamedTuple):
    """A text, and days in ISO that were picked or ticked for it."""

    text: str
    chosen: tuple[str, ...] = ()

    @property
    def readings(self) -> list[Reading]:
        return readings_of(self.text, self.chosen)


def typed_day(data: Any, name: str) -> TypedDay:
    """What was posted for a field; of a plain mapping no day was picked."""
    chosen = data.getlist(f"{name}{_CHOSEN}") if hasattr(data, "getlist") else ()
    return TypedDay(clean_name(str(data.get(name) or "")), tuple(chosen))


class OwnDayInput(forms.TextInput):
    """A browser's own field for days, or a text with a calendar of Bikram Sambat beside it, and
    below it which day that is by both.
    """

    template_name = "contacts/days/_typed.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> TypedDay:
        return typed_day(data, name)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        typed = value if isinstance(value, TypedDay) else TypedDay(_shown(value))
        context: dict[str, Any] = super().get_context(name, typed.text, attrs)
        widget = context["widget"]
        widget["type"] = "text" if _is_text(typed.text) else "date"
        widget["attrs"] |= {"autocomplete": "off", "hx-post": reverse("contacts:day", args=[name])}
        if _is_text(typed.text):
            widget["attrs"] |= {"placeholder": by_numbers(timezone.localdate())}
        if shown_days.chosen() is Calendar.BIKRAM_SAMBAT:
            widget["attrs"]["data-picks"] = "day"
        readings = typed.readings if isinstance(value, TypedDay) else _stored(value)
        known = next((one.iso for one in readings if one.is_chosen), "")
        if known:
            widget["attrs"]["data-iso"] = known
        return {**context, "readings": readings, "chosen": f"{name}{_CHOSEN}"}


def _shown(value: FieldValue | None) -> str:
    """A value that is stored, as its field shows it."""
    if value is None or value == "":
        return ""
    iso = str(compared(value))
    is_native = iso and shown_days.chosen() is Calendar.GREGORIAN
    return iso if is_native else show_value(FieldKind.DATE, value)


def _stored(value: FieldValue | None) -> list[Reading]:
    iso = str(compared(value)) if value else ""
    return [Reading(shown_days.chosen(), date.fromisoformat(iso), is_chosen=True)] if iso else []


def _is_text(text: str) -> bool:
    """Whether a browser's own field could not show it, or is not wanted."""
    if shown_days.chosen() is Calendar.BIKRAM_SAMBAT:
        return True
    try:
        return bool(text) and date.fromisoformat(text).isoformat() != text
    except ValueError:
        return True


class OwnDayField(forms.Field):
    """A day of one of the office's own fields. One that is left as it was `stored` stays so, with
    the words in which it was written.
    """

    widget = OwnDayInput

    def __init__(self, *, label: Any, stored: FieldValue | None = None) -> None:
        super().__init__(label=label, required=False)
        self._stored = stored

    def to_python(self, value: Any) -> FieldValue | None:
        typed = value if isinstance(value, TypedDay) else TypedDay(_shown(value))
        if not typed.text:
            return None
        readings = typed.readings
        meant = next((one for one in readings if one.is_chosen), None)
        if self._is_left(typed.text, meant if len(readings) > 1 else None):
            return self._stored
        if readings and meant is None:
            said = _("Both calendars have this year. Choose which day it is.")
            raise ValidationError(said, code="ambiguous")
        calendar = meant.calendar if meant else Calendar.GREGORIAN
        try:
            return parse_value(FieldKind.DATE, typed.text, calendar=calendar)
        except InvalidValue as invalid:
            raise ValidationError(invalid.reason, code="invalid") from invalid

    def _is_left(self, text: str, ticked: Reading | None) -> bool:
        if self._stored is None or text != _shown(self._stored):
            return False
        return ticked is None or ticked.iso == compared(self._stored)
