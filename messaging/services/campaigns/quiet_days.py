"""Days off: entering some together, and finding those of a day and the messages on them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from messaging.models import Campaign, CampaignState, QuietDay

_GOING_OUT: Final = (CampaignState.PREPARING, CampaignState.SCHEDULED)


class DayTaken(Exception):
    """One of the days has just become a day off."""


def names_of(days: Iterable[date]) -> dict[date, str]:
    """The names of those days that are days off."""
    return dict(QuietDay.objects.filter(day__in=list(days)).values_list("day", "name"))


def name_at(at: datetime | None) -> str:
    """The name of the day off that a moment is on; empty if it is on none."""
    if at is None:
        return ""
    on = timezone.localtime(at).date()
    return names_of([on]).get(on, "")


def enter(days: Sequence[tuple[date, str]]) -> None:
    """Make days into days off, all or none. Raises `DayTaken`."""
    try:
        with transaction.atomic():
            for on, name in days:
                QuietDay.objects.create(day=on, name=name)  # each is in the record
    except IntegrityError as taken:
        raise DayTaken from taken


def scheduled_on(days: Iterable[date]) -> list[Campaign]:
    """What goes out on one of these days unless someone does something; nothing of it is moved."""
    going_out = Campaign.objects.filter(state__in=_GOING_OUT, scheduled_for__gt=timezone.now())
    on_these = going_out.filter(scheduled_for__date__in=list(days))
    return list(on_these.order_by("scheduled_for", "id"))
