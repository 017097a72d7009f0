"""The calendars that offices count days by, and days of Bikram Sambat as they are written."""

from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_bikram_sambat import BikramError, ad_to_bs, bs_to_ad, days_in_month

# Of Bikram Sambat. How long the months of a later year will be, nobody knows for certain: published
# lists disagree about 2084.
FIRST_YEAR: Final = 1975
LAST_YEAR: Final = 2083


class UnknownDay(ValueError):
    """Bikram Sambat has no such day, or nobody knows for certain when it is."""


class UnknownYear(UnknownDay):
    """The lengths of the months of a year of Bikram Sambat are not known."""


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
MONTHS: Final = (
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


def parts_of_bikram_sambat(on: date) -> tuple[int, int, int] | None:
    """Year, month and day; None for a day of which nobody knows them for certain."""
    try:
        year, month, day = ad_to_bs(date(on.year, on.month, on.day))
    except BikramError:
        return None
    return (year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None


def bikram_sambat(on: date) -> str | None:
    """12 Bhadra 2083; None for a day of which nobody knows it for certain."""
    parts = parts_of_bikram_sambat(on)
    if parts is None:
        return None
    year, month, day = parts
    return f"{day} {MONTHS[month - 1]} {year}"


def from_bikram_sambat(year: int, month: int, day: int) -> date:
    """The Gregorian day of one of Bikram Sambat. Raises `UnknownDay` or `UnknownYear`."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnknownYear(year)
    try:
        return bs_to_ad(year, month, day)
    except BikramError as error:
        raise UnknownDay(year, month, day) from error


@cache
def lengths_of_months() -> str:
    """Of every month that is known, in turn: days above 29, so that each is one digit."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return "".join(str(days_in_month(year, month) - 29) for year in years for month in range(1, 13))
