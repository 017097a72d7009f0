"""Days by the calendar of whoever looks: the Gregorian one, or Bikram Sambat.

Who looks is said once for each request, by a middleware. Without a request (the worker, a command)
days are Gregorian. What is stored, and what stands in a message, never asks here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from django.utils.dates import MONTHS_3
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_bikram_sambat import BikramError, ad_to_bs

# Of Bikram Sambat. How long the months of a later year will be, nobody knows for certain.
FIRST_YEAR: Final = 1975
LAST_YEAR: Final = 2083


class Calendar(StrEnum):
    """By what a day is counted."""

    GREGORIAN = "ad"
    BIKRAM_SAMBAT = "bs"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]


_LABELS: Final[dict[Calendar, Promise]] = {
    Calendar.GREGORIAN: gettext_lazy("Gregorian (AD)"),
    Calendar.BIKRAM_SAMBAT: gettext_lazy("Bikram Sambat (BS)"),
}
_MONTHS: Final = (
    pgettext_lazy("month", "Baisakh"),
    pgettext_lazy("month", "Jestha"),
    pgettext_lazy("month", "Asar"),
    pgettext_lazy("month", "Shrawan"),
    pgettext_lazy("month", "Bhadra"),
    pgettext_lazy("month", "Ashwin"),
    pgettext_lazy("month", "Kartik"),
    pgettext_lazy("month", "Mangsir"),
    pgettext_lazy("month", "Poush"),
    pgettext_lazy("month", "Magh"),
    pgettext_lazy("month", "Falgun"),
    pgettext_lazy("month", "Chaitra"),
)
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


def bikram_sambat(on: date) -> str | None:
    """12 Bhadra 2083; None for a day of which nobody knows it for certain."""
    try:
        year, month, day = ad_to_bs(date(on.year, on.month, on.day))
    except BikramError:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return f"{day} {_MONTHS[month - 1]} {year}"


def gregorian(on: date) -> str:
    """28 Aug 2026, in the language of whoever looks."""
    return f"{on.day} {MONTHS_3[on.month].capitalize()} {on.year:04}"


def day(on: date) -> str:
    """28 Aug 2026, or 12 Bhadra 2083."""
    sambat = bikram_sambat(on) if chosen() is Calendar.BIKRAM_SAMBAT else None
    return sambat or gregorian(on)


def moment(local: datetime) -> str:
    """28 Aug 2026, 14:05, or 12 Bhadra 2083, 14:05: a moment that is local already."""
    return f"{day(local)}, {local:%H:%M}"


def in_both(on: date) -> str:
    """12 Bhadra 2083 (28 Aug 2026): where the day decides something; the chosen calendar first."""
    sambat = bikram_sambat(on)
    if sambat is None:
        return gregorian(on)
    days = (gregorian(on), sambat) if chosen() is Calendar.GREGORIAN else (sambat, gregorian(on))
    return _("%(day)s (%(other)s)") % {"day": days[0], "other": days[1]}
