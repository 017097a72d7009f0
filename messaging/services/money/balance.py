"""The balance of the account at its last reading, and what of it is committed."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone

from messaging.answers.outcomes import Outcome
from messaging.models import (
    OPEN_STATES,
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.services import sociair
from messaging.services.gateway import holds, relief
from sociair_portal.common.sentences import noted

_ASK_EVERY = 10  # seconds


def read_balance(gateway: Gateway) -> BalanceReading:
    """Ask Sociair now and keep the answer. Raises `sociair.BalanceUnknown`.

    A token that is accepted ends the hold of one that was refused, and a reading that of a Sociair
    that could not be reached. While Sociair wants no calls, it is not asked.
    """
    if holds.is_throttled(gateway):
        raise sociair.BalanceUnknown(
            noted("Sociair asked the portal to slow down. The balance will refresh automatically.")
        )
    try:
        reading = sociair.balance(gateway)
    except sociair.BalanceUnknown as unknown:
        Gateway.objects.filter(pk=gateway.pk).update(
            balance_error=unknown.reason, balance_error_at=timezone.now()
        )
        if unknown.token_refused:
            holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
        if unknown.answer is not None and unknown.throttled:
            holds.hold_throttled(gateway, retry_after=unknown.answer.retry_after)
        raise
    Gateway.objects.filter(pk=gateway.pk).update(balance_error="", balance_error_at=None)
    holds.release_token(gateway)
    relief.after_reading(gateway, reading)
    return reading


def latest(gateway: Gateway) -> BalanceReading | None:
    """The last reading, however old; None if there is none."""
    return BalanceReading.objects.filter(gateway=gateway).order_by("-id").first()


def is_fresh(reading: BalanceReading | None, *, within: float | None = None) -> bool:
    """Whether someone may sign a bill by this reading: it is not older than so many seconds
    (BALANCE_FRESH_SECONDS, if none are given).
    """
    if reading is None:
        return False
    most = settings.BALANCE_FRESH_SECONDS if within is None else within
    age = timezone.now() - reading.asked_at
    # A clock that was set back makes old readings look as if they came from the future.
    return abs(age) <= timedelta(seconds=most)


def fresh(gateway: Gateway) -> BalanceReading | None:
    """The last reading, if someone may sign a bill by it."""
    reading = latest(gateway)
    return reading if is_fresh(reading) else None


def read_if_old(gateway: Gateway) -> BalanceReading | None:
    """The last reading if it is fresh, else a new one; None while Sociair does not tell it.

    For the worker: it waits for Sociair.
    """
    if (reading := fresh(gateway)) is not None:
        return reading
    try:
        return read_balance(gateway)
    except sociair.BalanceUnknown:
        return None  # kept on the gateway's row, where the pages find it


def may_ask(gateway: Gateway) -> bool:
    """Whether nobody has asked in the last ten seconds; if so, this counts as asking.

    Pages that poll must not fill the queue.
    """
    now = timezone.now()
    return bool(
        Gateway.objects.filter(
            Q(balance_asked_at=None)
            | Q(balance_asked_at__lt=now - timedelta(seconds=_ASK_EVERY))
            | Q(balance_asked_at__gt=now),
            pk=gateway.pk,
        ).update(balance_asked_at=now)
    )


@dataclass(frozen=True, slots=True)
class Committed:
    """Rupees of the last reading that are committed, and how many campaigns are under way."""

    cost: Decimal
    campaigns: int


def committed(gateway: Gateway, *, but_not: Q | None = None) -> Committed:
    """What the last reading does not know: messages handed over and not yet called, and what was
    called since.

    Of a campaign that is still being prepared, its reviewed cost. `but_not` leaves campaigns out.
    """
    under_way = Campaign.objects.filter(gateway=gateway, state__in=OPEN_STATES)
    if but_not is not None:
        under_way = under_way.exclude(but_not)
    unprepared = under_way.exclude(prepared_up_to=Campaign.PREPARED)
    preparing = unprepared.aggregate(cost=Sum("reviewed_cost", default=Decimal(0)))
    queued = Batch.objects.filter(
        campaign__in=under_way.filter(prepared_up_to=Campaign.PREPARED),
        state__in=[BatchState.QUEUED, BatchState.SENDING],
    ).aggregate(cost=Sum("cost", default=Decimal(0)))
    return Committed(
        preparing["cost"] + queued["cost"] + _taken_since(latest(gateway)), under_way.count()
    )


def _taken_since(reading: BalanceReading | None) -> Decimal:
    """Rupees for calls that ended after a reading; of unclear ones, what they may have cost."""
    if reading is None:
        return Decimal(0)
    longest = timedelta(seconds=settings.SOCIAIR_DEADLINE)
    calls = SentMessage.objects.filter(
        gateway=reading.gateway_id,
        started_at__gte=reading.asked_at - longest,
        ended_at__gte=reading.asked_at,
    )
    unclear = Q(cost=0, batch__state__in=[BatchState.UNCONFIRMED, BatchState.PARTLY_REFUSED])
    taken = calls.aggregate(
        known=Sum("cost", default=Decimal(0)),
        unclear=Sum("batch__cost", filter=unclear, default=Decimal(0)),
    )
    lost = Batch.objects.filter(
        campaign__gateway=reading.gateway_id,
        state=BatchState.UNCONFIRMED,
        outcome=Outcome.WORKER_LOST,
        deadline__gte=reading.asked_at,
    ).aggregate(cost=Sum("cost", default=Decimal(0)))
    cost: Decimal = taken["known"] + taken["unclear"] + lost["cost"]
    return cost
