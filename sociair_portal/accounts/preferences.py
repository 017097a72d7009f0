"""How someone wants the portal to be: kept with the account, and at hand in each session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import translation

from sociair_portal.accounts.models import Preferences
from sociair_portal.common.calendars import Calendar

_CALENDAR: Final = "calendar"
_LANGUAGE: Final = "language"
_DIGITS: Final = "devanagari_digits"


def calendar_of(request: HttpRequest) -> Calendar:
    """The calendar that whoever looks has chosen."""
    return Calendar(request.session.get(_CALENDAR, Calendar.GREGORIAN))


def language_of(request: HttpRequest) -> str:
    """The language that whoever is signed in has chosen; empty for none."""
    return str(request.session.get(_LANGUAGE, ""))


@contextmanager
def in_language_of(user: User, *, otherwise: str | None = None) -> Iterator[None]:
    """For what someone is sent: in the language that they have chosen, whoever caused it. If they
    have chosen none, in `otherwise`, or else in the office's.
    """
    kept = Preferences.objects.filter(user=user).values_list("language", flat=True).first()
    with translation.override(kept or otherwise or settings.LANGUAGE_CODE):
        yield


def may_choose_digits() -> bool:
    """Devanagari digits belong to Nepali: English pages neither offer nor have them."""
    return translation.get_language() == "ne"


def has_devanagari_digits(request: HttpRequest) -> bool:
    """Whether pages are to write numbers as १२३ to whoever looks."""
    return may_choose_digits() and bool(request.session.get(_DIGITS, False))


def choose_digits(request: HttpRequest, user: User, *, are_devanagari: bool) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"devanagari_digits": are_devanagari})
    request.session[_DIGITS] = are_devanagari


def choose_calendar(request: HttpRequest, user: User, calendar: Calendar) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"calendar": calendar})
    request.session[_CALENDAR] = calendar.value


def choose_language(request: HttpRequest, user: User, language: str) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"language": language})
    request.session[_LANGUAGE] = language


def take_along(request: HttpRequest, user: User) -> None:
    """What was chosen anywhere holds in a new session too."""
    if (chosen := Preferences.objects.filter(user=user).first()) is not None:
        request.session[_CALENDAR] = chosen.calendar
        request.session[_DIGITS] = chosen.devanagari_digits
        if chosen.language:
            request.session[_LANGUAGE] = chosen.language
