"""Days by the calendar, and in the language, of whoever looks.

Who looks is said once for each request, by a middleware. Without a request (the worker, a command)
days are Gregorian. What is stored, and what stands in a message, never asks here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _

from sociair_portal.common import calendars
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.shown_digits import in_digits

_chosen: ContextVar[Callable[[], Calendar]] = ContextVar(
    "calendar", default=lambda: Calendar.GREGORIAN
)


@contextmanager
def seen_in(chosen: Callable[[], Calendar]) -> Iterator[None]:
    """While this lasts, days are shown to somebody who has chosen a calendar."""
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)


def chosen() -> Calendar:
    """The calendar of whoever looks."""
    return _chosen.get()()


def gregorian(on: date) -> str:
    """28 Aug 2026, in the language of whoever looks."""
    return in_digits(f"{on.day} {MONTHS_3[on.month].capitalize()} {on.year:04}")


def bikram_sambat(on: date) -> str | None:
    """12 Bhadra 2083; None for a day of which nobody knows it for certain."""
    written = calendars.bikram_sambat(on)
    return None if written is None else in_digits(written)


def day(on: date) -> str:
    """28 Aug 2026, or 12 Bhadra 2083."""
    sambat = bikram_sambat(on) if chosen() is Calendar.BIKRAM_SAMBAT else None
    return sambat or gregorian(on)


def year(on: date) -> str:
    """2026 (AD), or 2083 (BS): the year that a day is in."""
    parts = calendars.parts_of_bikram_sambat(on) if chosen() is Calendar.BIKRAM_SAMBAT else None
    said = _("%(year)s (BS)") if parts else _("%(year)s (AD)")
    return said % {"year": in_digits(f"{parts[0] if parts else on.year}")}


def moment(local: datetime) -> str:
    """28 Aug 2026, 14:05, or 12 Bhadra 2083, 14:05: a moment that is local already."""
    return f"{day(local)}, {clock(local)}"


def clock(local: datetime) -> str:
    """14:05: a moment that is local already."""
    return in_digits(f"{local:%H:%M}")


def in_both(on: date) -> str:
    """12 Bhadra 2083 (28 Aug 2026): where the day decides something; the chosen calendar first."""
    sambat = bikram_sambat(on)
    if sambat is None:
        return gregorian(on)
    days = (gregorian(on), sambat) if chosen() is Calendar.GREGORIAN else (sambat, gregorian(on))
    return _("%(day)s (%(other)s)") % {"day": days[0], "other": days[1]}
