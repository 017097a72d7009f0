"""Which days a typed one may be, where it is not near today: a birthday, the end of a loan.

2045-01-13 is a day in 1988 by Bikram Sambat, and one that is to come by the Gregorian calendar. Who
counts by the Gregorian calendar has a browser's own field, which knows no other. Who counts by
Bikram Sambat types both, so that it is asked which one is meant.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _

from sociair_portal.common import shown_days, written_days
from sociair_portal.common.calendars import Calendar


class Reading(NamedTuple):
    """A day that a text may say; `day` is None where no one knows it yet."""

    calendar: Calendar
    day: date | None
    is_chosen: bool = False

    @property
    def iso(self) -> str:
        return "" if self.day is None else self.day.isoformat()

    @property
    def words(self) -> str:
        """12 Bhadra 2083 (28 Aug 2026)."""
        if self.day is None:
            return _("Which Gregorian day this is, is not known yet.")
        return shown_days.in_both(self.day)


def readings_of(text: str, chosen: Iterable[str] = ()) -> list[Reading]:
    """The days that a text may say, that of the calendar of whoever looks first; none if it says
    none. `chosen` are days in ISO that were picked or ticked: the last that is among them counts.
    """
    written = written_days.read_day(text)
    if written is None:
        return []
    own = shown_days.chosen()
    found = [one for one in Calendar if written.calendar in (None, one) and written.can_be(one)]
    readings = [Reading(one, written_days.gregorian(written, one)) for one in found]
    readings.sort(key=lambda reading: reading.calendar is not own)
    isos = [reading.iso for reading in readings]
    meant = next((iso for iso in reversed(list(chosen)) if iso and iso in isos), None)
    if meant is None and own is Calendar.GREGORIAN and own in found:
        readings = readings[:1]
    is_one = len(readings) == 1
    return [one._replace(is_chosen=is_one or one.iso == meant) for one in readings]
