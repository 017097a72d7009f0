"""Days as people in Nepal write them: by Bikram Sambat or by the Gregorian calendar, in any digits.

How long a month of Bikram Sambat is, is looked up in `django-bikram-sambat`. What the months after
2083 will be, no one knows for sure: such a day is never computed.
"""

import re
from datetime import date
from typing import Final, NamedTuple

from django_bikram_sambat import days_in_month

from sociair_portal.common.calendars import (
    FIRST_YEAR,
    LAST_YEAR,
    Calendar,
    UnknownYear,
    from_bikram_sambat,
)
from sociair_portal.common.visible import visible

LONGEST: Final = 60  # characters of a day with its time; patterns take long over a long text
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 32
# Without a time of day, such a year is one of Bikram Sambat: the other calendar's is far away.
_SURELY: Final = range(2070, 2091)
_POSSIBLY: Final = range(2000, 2091)

_YEAR_FIRST: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_NAMED: Final = re.compile(
    r"(?:[^\s0-9,./-]+,?\s+)?([0-9]{1,2})(?:st|nd|rd|th)?[\s-]+([^\s0-9,./-]+)\.?,?[\s-]+"
    r"([0-9]{4})"
)
_NAMED_FIRST: Final = re.compile(
    r"([^\s0-9,./-]+)\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})"
)
_YEAR_AND_NAME: Final = re.compile(r"([0-9]{4})\s+([^\s0-9,./-]+)\s+([0-9]{1,2})")
_TIME: Final = re.compile(r"[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")

_GREGORIAN_MONTHS: Final = (  # by their first three letters
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
# Every spelling that offices use, month by month.
_NEPALI_MONTHS: Final = (
    ("baisakh", "baishakh", "vaishakh", "बैशाख", "वैशाख"),
    ("jestha", "jeth", "jyeshtha", "जेठ", "जेष्ठ", "ज्येष्ठ"),
    ("asar", "asadh", "ashad", "ashadh", "असार", "आषाढ"),
    ("shrawan", "saun", "sawan", "shravan", "साउन", "श्रावण", "सावन"),
    ("bhadra", "bhadau", "भदौ", "भाद्र"),
    ("ashwin", "asoj", "aswin", "ashoj", "असोज", "आश्विन"),
    ("kartik", "kattik", "कात्तिक", "कार्तिक"),
    ("mangsir", "marga", "margashirsha", "मंसिर", "मङ्सिर", "मार्ग"),
    ("poush", "push", "paush", "पुस", "पुष", "पौष"),
    ("magh", "माघ"),
    ("falgun", "fagun", "phalgun", "फागुन", "फाल्गुन"),
    ("chaitra", "chait", "chaita", "चैत", "चैत्र"),
)
_NEPALI_MONTH: Final = {
    name: number for number, names in enumerate(_NEPALI_MONTHS, start=1) for name in names
}
# As the portal writes them, and otherwise.
_GREGORIAN_IN_NEPALI: Final = (
    ("जनवरी", "जनवरि"),
    ("फेब्रुअरी", "फेब्रुवरी", "फेब्रुअरि"),
    ("मार्च",),
    ("अप्रिल", "एप्रिल"),
    ("मे",),
    ("जुन",),
    ("जुलाई", "जुलाइ"),
    ("अगस्ट", "अगस्त"),
    ("सेप्टेम्बर", "सेप्टेम्वर"),
    ("अक्टोबर", "अक्टोवर"),
    ("नोभेम्बर", "नोभेम्वर"),
    ("डिसेम्बर", "डिसेम्वर"),
)
_GREGORIAN_MONTH: Final = {
    name: number for number, names in enumerate(_GREGORIAN_IN_NEPALI, start=1) for name in names
}


class WrittenDay(NamedTuple):
    """A day as it was written. `calendar` is the one that it surely belongs to."""

    year: int
    month: int
    day: int
    calendar: Calendar | None

    def can_be(self, calendar: Calendar) -> bool:
        """Whether the calendar has such a day."""
        if calendar is Calendar.GREGORIAN:
            try:
                date(self.year, self.month, self.day)
            except ValueError:
                return False
            return True
        if not (1 <= self.month <= _MONTHS and 1 <= self.day <= _LONGEST_MONTH):
            return False
        return self.year > LAST_YEAR or (
            self.year >= FIRST_YEAR and self.day <= days_in_month(self.year, self.month)
        )


def read_day(text: str) -> WrittenDay | None:
    """The day that a text says, the day before the month where both are numbers; None for none, and
    for one that is in no calendar.
    """
    written = as_written(text)
    if written is None:
        return None
    calendars = [written.calendar] if written.calendar else Calendar
    return written if any(map(written.can_be, calendars)) else None


def as_written(text: str) -> WrittenDay | None:
    """What a text says in the form of a day, whether there is such a day or not."""
    if len(text) > LONGEST:
        return None
    plain = visible(text)
    untimed = _TIME.sub("", plain)
    has_time = untimed != plain
    named: Calendar | None = None
    if found := _YEAR_FIRST.fullmatch(untimed):
        year, month, day = map(int, found.groups())
    elif found := _YEAR_LAST.fullmatch(untimed):
        day, month, year = map(int, found.groups())
    else:
        parts = _with_name(untimed)
        if parts is None:
            return None
        year, month, day, named = parts
    calendar = named or _calendar_of(year, day, has_time=has_time)
    return WrittenDay(year, month, day, calendar)


def _with_name(text: str) -> tuple[int, int, int, Calendar] | None:
    """The parts of a day whose month has its name."""
    if found := _NAMED.fullmatch(text):
        day, name, year = found.groups()
    elif found := _NAMED_FIRST.fullmatch(text):
        name, day, year = found.groups()
    elif found := _YEAR_AND_NAME.fullmatch(text):
        year, name, day = found.groups()
    else:
        return None
    spelt = name.casefold()
    if spelt in _NEPALI_MONTH:
        return int(year), _NEPALI_MONTH[spelt], int(day), Calendar.BIKRAM_SAMBAT
    if spelt in _GREGORIAN_MONTH:
        return int(year), _GREGORIAN_MONTH[spelt], int(day), Calendar.GREGORIAN
    if spelt[:3] in _GREGORIAN_MONTHS:
        return int(year), _GREGORIAN_MONTHS.index(spelt[:3]) + 1, int(day), Calendar.GREGORIAN
    return None


def _calendar_of(year: int, day: int, *, has_time: bool) -> Calendar | None:
    """The calendar that a day surely belongs to. Only Bikram Sambat has a day 32."""
    if has_time or year not in _POSSIBLY:
        return Calendar.GREGORIAN
    return Calendar.BIKRAM_SAMBAT if year in _SURELY or day == _LONGEST_MONTH else None


def gregorian(written: WrittenDay, calendar: Calendar) -> date | None:
    """The same day by the Gregorian calendar; None where no one knows it for sure.

    Raises `ValueError` for a day that the calendar does not have.
    """
    if not written.can_be(calendar):
        raise ValueError("no such day")
    if calendar is Calendar.GREGORIAN:
        return date(written.year, written.month, written.day)
    try:
        return from_bikram_sambat(written.year, written.month, written.day)
    except UnknownYear:
        return None
