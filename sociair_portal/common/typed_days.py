"""Fields for a day or a time that is typed by Bikram Sambat or by the Gregorian calendar.

A browser's own field for days knows the Gregorian calendar alone. Whoever counts by Bikram Sambat
gets a field for a text; both fields accept both calendars, in any digits.
"""

import re
from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sociair_portal.common import shown_days, written_days
from sociair_portal.common.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    Calendar,
    parts_of_bikram_sambat,
)
from sociair_portal.common.visible import visible

_WITH_TIME: Final = re.compile(r"(.*?)[T,\s]\s*([0-9]{1,2}):([0-9]{2})(?::00)?", re.DOTALL)
_YEARS_AHEAD: Final = 57  # Bikram Sambat is, of the Gregorian calendar
_NATIVE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


def read(text: str) -> date | None:
    """The day that a text says; None if it says none.

    A year that both calendars have is of the one whose such year is nearer to today: 2026 is
    Gregorian, 2083 of Bikram Sambat. Raises `ValidationError` for a day of Bikram Sambat whose
    Gregorian day is not known.
    """
    written = written_days.read_day(text)
    if written is None:
        return None
    calendar = written.calendar or _nearer(written.year)
    if not written.can_be(calendar):
        return None
    found = written_days.gregorian(written, calendar)
    if found is None:
        said = _(
            "The portal knows Bikram Sambat from %(first)s to %(last)s. Enter the day by the "
            "Gregorian calendar, such as %(day)s."
        )
        named = {"first": FIRST_YEAR, "last": LAST_YEAR, "day": f"{timezone.localdate():%Y-%m-%d}"}
        raise ValidationError(said % named)
    return found


def _nearer(year: int) -> Calendar:
    away = year - timezone.localdate().year
    return Calendar.GREGORIAN if abs(away) <= abs(away - _YEARS_AHEAD) else Calendar.BIKRAM_SAMBAT


def by_numbers(on: date) -> str:
    """2083-08-13, or 2026-11-29: by the calendar of whoever looks, as `read` reads it."""
    if shown_days.chosen() is Calendar.BIKRAM_SAMBAT:
        parts = parts_of_bikram_sambat(on)
        if parts is not None:
            year, month, day = parts
            return f"{year}-{month:02}-{day:02}"
    return f"{on:%Y-%m-%d}"


def time_by_numbers(at: datetime) -> str:
    """2083-08-13 07:00, or 2026-11-29T07:00, as a browser's own field wants it; of this place."""
    local = timezone.localtime(at)
    return f"{by_numbers(local)}{' ' if _in_text() else 'T'}{local:%H:%M}"


def _in_text() -> bool:
    return shown_days.chosen() is Calendar.BIKRAM_SAMBAT


def time_example() -> str:
    """A time as it may be typed, this morning's; nothing where the browser's own field asks."""
    morning = timezone.localtime().replace(hour=7, minute=0)
    return time_by_numbers(morning) if _in_text() else ""


def is_typed_as_text(typed: str) -> bool:
    """Whether a browser's own field for times could not show what was typed, or is not wanted."""
    return _in_text() or bool(typed and not _NATIVE.fullmatch(typed))


class DayInput(forms.DateInput):
    """What is typed comes back in the calendar of whoever looks; what is no day, as it was."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        day = _day_in(value)
        is_text = _in_text() or (bool(value) and day is None)
        context["widget"]["type"] = "text" if is_text else "date"
        if is_text:
            context["widget"]["attrs"] |= {
                "placeholder": by_numbers(timezone.localdate()),
                "autocomplete": "off",
                "data-picks": "day",
            }
        return context

    def format_value(self, value: Any) -> str | None:
        day = _day_in(value)
        return by_numbers(day) if day else value or None


def _day_in(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return read(str(value)) if value else None
    except ValidationError:
        return None


class DayField(forms.DateField):
    """A day by either calendar."""

    widget = DayInput

    def to_python(self, value: Any) -> date | None:
        if not isinstance(value, str) or not value.strip():
            day: date | None = super().to_python(value)
            return day
        found = read(value)
        if found is None and written_days.as_written(value):
            said = _("There is no such day. Enter one such as %(bs)s (BS) or %(ad)s (AD).")
            raise ValidationError(said % _both())
        if found is None:
            said = _("Enter a day, such as %(bs)s (BS) or %(ad)s (AD).")
            raise ValidationError(said % _both())
        return found


def _both() -> dict[str, str]:
    today = timezone.localdate()
    parts = parts_of_bikram_sambat(today) or (LAST_YEAR, 1, 1)
    return {"bs": "{}-{:02}-{:02}".format(*parts), "ad": f"{today:%Y-%m-%d}"}


class MomentField(forms.DateTimeField):
    """A day by either calendar, and a time of the portal's time zone."""

    default_error_messages = {"invalid": gettext_lazy("Enter the date and time to send it.")}

    def prepare_value(self, value: Any) -> Any:
        return time_by_numbers(value) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if not isinstance(value, str) or not value.strip():
            at: datetime | None = super().to_python(value)
            return at
        is_short = len(value) <= written_days.LONGEST
        found = _WITH_TIME.fullmatch(visible(value)) if is_short else None
        day = read(found[1]) if found else None
        if found is None and read(value):
            said = _("Enter the time as well, such as %(example)s.")
            raise ValidationError(said % {"example": f"{visible(value)} 07:00"}, code="invalid")
        if found is None or day is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            typed = time(int(found[2]), int(found[3]))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        return timezone.make_aware(datetime.combine(day, typed))


def shown_again(typed: str) -> str:
    """A time that was typed, by the calendar of whoever looks; what is none, as it was."""
    try:
        at = MomentField(required=False).clean(typed)
    except ValidationError:
        return typed
    return time_by_numbers(at) if at else typed
