"""When the portal asks before it sends: in quiet hours, on a Saturday, on a day off."""

from calendar import SATURDAY
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from messaging.models import QuietDay

_MORNING: Final = 7
_NOON: Final = 12
_EVENING: Final = 17
_SOON: Final = timedelta(minutes=15)
_HANDY: Final = 3
_WINDOW: Final = 64  # days that are read together: the longest holidays, and the days around them


@dataclass(frozen=True, slots=True)
class Why:
    """What speaks against a moment; false if nothing does."""

    is_saturday: bool = False
    day_off: str = ""  # its name
    is_quiet_hour: bool = False
    on: date = date.min

    def __bool__(self) -> bool:
        return self.is_full_day or self.is_quiet_hour

    @property
    def is_full_day(self) -> bool:
        return self.is_saturday or bool(self.day_off)

    @property
    def mark(self) -> str:
        """Changes when there is another reason to wait; empty for none."""
        reasons = {
            "saturday": self.is_saturday,
            "day-off": bool(self.day_off),
            "quiet-hours": self.is_quiet_hour,
        }
        days = [f"{self.on}"] if self.is_full_day else []
        return "-".join([name for name, holds in reasons.items() if holds] + days)


class QuietTimes:
    """Asked by one page: days off are read once for many days, and known from then on."""

    def __init__(self) -> None:
        self._names: dict[date, str] = {}
        self._read: list[tuple[date, date]] = []

    def why(self, at: datetime | None = None) -> Why:
        """What speaks against a moment (now, if none is given)."""
        local = timezone.localtime(at)
        return Why(
            is_saturday=settings.QUIET_SATURDAYS and local.weekday() == SATURDAY,
            day_off=self._day_off(local.date()),
            is_quiet_hour=_is_quiet_hour(local),
            on=local.date(),
        )

    def _day_off(self, on: date) -> str:
        if not any(first <= on < end for first, end in self._read):
            end = on + timedelta(days=_WINDOW)
            self._read.append((on, end))
            found = QuietDay.objects.filter(day__gte=on, day__lt=end)
            self._names |= dict(found.values_list("day", "name"))
        return self._names.get(on, "")

    def morning_after(self, at: datetime | None = None) -> datetime | None:
        """The next working morning after a moment (now, if none is given) at which the portal asks.

        None if it does not ask.
        """
        if not self.why(at):
            return None
        local = timezone.localtime(at)
        morning = local.replace(hour=_morning(), minute=0, second=0, microsecond=0)
        while morning <= local or self.why(morning).is_full_day:
            morning += timedelta(days=1)
        return morning

    def handy_times(self) -> list[datetime]:
        """Times that many choose, outside quiet hours and days off: the next few from now on."""
        now = timezone.localtime()
        found: list[datetime] = []
        for days in range(_WINDOW):
            on = now + timedelta(days=days)
            hours = dict.fromkeys((_morning(), _NOON, _EVENING))
            times = [on.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in hours]
            found += [at for at in times if at > now + _SOON and not self.why(at)]
            if len(found) >= _HANDY:
                break
        return found[:_HANDY]


def _is_quiet_hour(local: datetime) -> bool:
    if settings.QUIET_HOURS is None:
        return False
    begins, ends = settings.QUIET_HOURS
    return (local.hour - begins) % 24 < (ends - begins) % 24


def _morning() -> int:
    return settings.QUIET_HOURS[1] if settings.QUIET_HOURS else _MORNING
