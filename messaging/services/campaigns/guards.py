"""Guards before a send: many people, quiet hours, days off, a restored database, the same text."""

from calendar import SATURDAY
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Campaign
from messaging.services.audience import repeats
from messaging.services.money.affordability import SendRefused


def is_large(people: int, cost: Decimal) -> bool:
    """Whether so many people, or rupees, are over LARGE_SEND: the sender must type the number."""
    return people > settings.LARGE_SEND or cost > settings.LARGE_SEND


def is_quiet_hour(at: datetime | None = None) -> bool:
    """Whether a moment (now, if none is given) is in quiet hours."""
    if settings.QUIET_HOURS is None:
        return False
    begins, ends = settings.QUIET_HOURS
    return (timezone.localtime(at).hour - begins) % 24 < (ends - begins) % 24


def is_day_off(at: datetime | None = None) -> bool:
    """Whether a moment (now, if none is given) is on a Saturday, and the portal asks then."""
    return settings.QUIET_SATURDAYS and timezone.localtime(at).weekday() == SATURDAY


def morning_after(at: datetime | None = None) -> datetime | None:
    """The next working morning after a moment (now, if none is given) at which the portal asks.

    None if it does not ask.
    """
    if not is_quiet_hour(at) and not is_day_off(at):
        return None
    local = timezone.localtime(at)
    morning = local.replace(hour=_morning(), minute=0, second=0, microsecond=0)
    while morning <= local or is_day_off(morning):
        morning += timedelta(days=1)
    return morning


def _morning() -> int:
    return settings.QUIET_HOURS[1] if settings.QUIET_HOURS else _MORNING


def handy_times() -> list[datetime]:
    """Times that many choose, outside quiet hours and days off: the next few from now on."""
    now = timezone.localtime()
    found = [
        (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        for days in range(_DAYS_AHEAD)
        for hour in dict.fromkeys((_morning(), _NOON, _EVENING))
    ]
    soon = now + _SOON
    return [at for at in found if at > soon and morning_after(at) is None][:_HANDY]


_MORNING: Final = 7
_NOON: Final = 12
_EVENING: Final = 17
_DAYS_AHEAD: Final = 3  # today, a day off, the day after
_SOON: Final = timedelta(minutes=15)
_HANDY: Final = 3


def check_no_test(campaign: Campaign) -> None:
    """Raises `SendRefused` for a test, a code or an invitation: there are buttons for another.

    What is kept of a secret are stars, which would go out as they stand there.
    """
    if campaign.is_invitation:
        raise SendRefused(_("To send an invitation again, go to the colleague's page."))
    if campaign.is_test:
        raise SendRefused(_("A test message cannot be sent again. Its sender can send a new one."))


def check_certain(campaign: Campaign) -> None:
    """Raises `SendRefused` while the campaign is in doubt after a restore."""
    if Campaign.objects.filter(pk=campaign.pk, doubted_at__isnull=False).exists():
        raise SendRefused(
            _(
                "It is not known how much of this message has already gone out. Decide that "
                "first, under Needs a decision."
            )
        )


def check_nobody_prepares(campaign: Campaign) -> None:
    """Raises `SendRefused` while the same text is being prepared for others.

    Of two campaigns with the same text, one must be able to see whom the other writes to.
    """
    if not campaign.audience["again"] and repeats.is_being_prepared(campaign):
        raise SendRefused(
            _(
                "The same text is being prepared for other people. Try again in a moment, so "
                "that no one gets it twice."
            )
        )
