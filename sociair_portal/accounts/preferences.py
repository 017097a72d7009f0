"""How somebody wants the portal to be: kept with the account, and at hand in each session."""

from typing import Final

from django.contrib.auth.models import User
from django.http import HttpRequest

from sociair_portal.accounts.models import Preferences
from sociair_portal.common.calendars import Calendar

_CALENDAR: Final = "calendar"


def calendar_of(request: HttpRequest) -> Calendar:
    """The calendar that whoever looks has chosen."""
    return Calendar(request.session.get(_CALENDAR, Calendar.GREGORIAN))


def choose_calendar(request: HttpRequest, user: User, calendar: Calendar) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"calendar": calendar})
    request.session[_CALENDAR] = calendar.value


def take_along(request: HttpRequest, user: User) -> None:
    """What was chosen anywhere holds in a new session too."""
    chosen = Preferences.objects.filter(user=user).values_list("calendar", flat=True).first()
    if chosen:
        request.session[_CALENDAR] = chosen
