"""Overdue campaigns: after hours in which nothing was sent, they ask before they go on."""

from datetime import datetime, timedelta

from django.conf import settings

from messaging.models import (
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
)
from messaging.models.gateway import CLOCK_TOLERANCE
from messaging.services import states
from sociair_portal.common.request_ids import on_behalf_of


def overdue_after() -> timedelta:
    """How long a campaign may wait, while nothing is sent, before it asks."""
    return timedelta(hours=settings.OVERDUE_HOURS)


def _is_asleep(gateway: Gateway, now: datetime) -> bool:
    """Whether the last call was longer ago than that."""
    return gateway.active_at is None or gateway.active_at < now - overdue_after()


def mark_overdue(gateway: Gateway, *, now: datetime) -> int:
    """Make campaigns overdue that waited while nothing was sent for hours. Returns how many."""
    _forget_the_future(gateway, now)
    if not _is_asleep(gateway, now):
        return 0
    before = now - overdue_after()
    sleeping = Campaign.objects.filter(
        gateway=gateway, state=CampaignState.SENDING, pending__gt=0, resumed_at__lt=before
    )
    return sum(map(_mark_overdue, sleeping.order_by("id")))


def _mark_overdue(campaign: Campaign) -> bool:
    with on_behalf_of(campaign.request_id):
        return states.transition(
            campaign, [CampaignState.SENDING], CampaignState.OVERDUE, EventKind.OVERDUE
        )


def _forget_the_future(gateway: Gateway, now: datetime) -> None:
    """Set back moments that a wrong clock put into the future: they would count as recent."""
    ahead = now + CLOCK_TOLERANCE
    Gateway.objects.filter(pk=gateway.pk, active_at__gt=ahead).update(active_at=now)
    Campaign.objects.filter(
        gateway=gateway, state=CampaignState.SENDING, resumed_at__gt=ahead
    ).update(resumed_at=now)
