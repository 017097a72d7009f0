"""What the account has, as it was last read, and what of it is spoken for."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from messaging.models import (
    OPEN_STATES,
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services import holds, sociair


def read_balance(gateway: Gateway) -> BalanceReading:
    """Ask Sociair now and keep the answer. Raises `sociair.BalanceUnknown`.

    A token that is accepted ends the hold of one that was refused.
    """
    try:
        reading = sociair.balance(gateway)
    except sociair.BalanceUnknown as unknown:
        Gateway.objects.filter(pk=gateway.pk).update(
            balance_error=unknown.reason, balance_error_at=timezone.now()
        )
        if unknown.token_refused:
            holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
        raise
    Gateway.objects.filter(pk=gateway.pk).update(balance_error="", balance_error_at=None)
    holds.release_token(gateway)
    return reading


def latest(gateway: Gateway) -> BalanceReading | None:
    return BalanceReading.objects.filter(gateway=gateway).order_by("-id").first()


def is_fresh(reading: BalanceReading | None, *, within: float | None = None) -> bool:
    """Whether somebody may sign a bill by this reading: it is not older than so many seconds."""
    if reading is None:
        return False
    most = settings.BALANCE_FRESH_SECONDS if within is None else within
    return timezone.now() - reading.read_at <= timedelta(seconds=most)


@dataclass(frozen=True, slots=True)
class Committed:
    """Rupees that campaigns under way will still take, and how many campaigns these are."""

    cost: Decimal
    campaigns: int


def committed(gateway: Gateway) -> Committed:
    """What is handed over and not yet called. While a campaign is prepared, its reviewed cost."""
    under_way = Campaign.objects.filter(gateway=gateway, state__in=OPEN_STATES)
    preparing = under_way.filter(state=CampaignState.PREPARING).aggregate(
        cost=Sum("reviewed_cost", default=Decimal(0))
    )
    queued = Batch.objects.filter(
        campaign__in=under_way.exclude(state=CampaignState.PREPARING),
        state__in=[BatchState.QUEUED, BatchState.SENDING],
    ).aggregate(cost=Sum("cost", default=Decimal(0)))
    return Committed(preparing["cost"] + queued["cost"], under_way.count())
