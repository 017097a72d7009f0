"""Guards before a send: very many people, quiet hours, a restored database, the same text twice."""

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


def morning_after(at: datetime | None = None) -> datetime | None:
    """When the quiet hours end that a moment (now, if none is given) falls into; None by day."""
    if settings.QUIET_HOURS is None:
        return None
    begins, ends = settings.QUIET_HOURS
    local = timezone.localtime(at)
    since = (local.hour - begins) % 24
    if since >= (ends - begins) % 24:
        return None
    morning = local + timedelta(hours=(ends - local.hour) % 24)
    return morning.replace(minute=0, second=0, microsecond=0)


def handy_times() -> list[datetime]:
    """Times that many choose, today and tomorrow, outside the quiet hours."""
    now = timezone.localtime()
    morning = settings.QUIET_HOURS[1] if settings.QUIET_HOURS else _MORNING
    found = [
        (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        for days in (0, 1)
        for hour in dict.fromkeys((morning, _NOON, _EVENING))
    ]
    soon = now + _SOON
    return [at for at in found if at > soon and morning_after(at) is None][:_HANDY]


_MORNING: Final = 7
_NOON: Final = 12
_EVENING: Final = 17
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
