"""Starting a campaign when it is due, pausing, resuming and cancelling it.

Every change of state is a conditional update, so that two people (or two tabs) who do the same
thing do it once.
"""

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import (
    OPEN_STATES,
    PAUSABLE_STATES,
    RESUMABLE_STATES,
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
)
from messaging.services import states
from messaging.services.audience import letters
from messaging.services.campaigns.guards import check_certain, check_nobody_prepares
from messaging.services.gateway import silence
from messaging.services.money import affordability, balance, new_prices
from messaging.services.money.affordability import SendRefused
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor
from sociair_portal.common.request_ids import on_behalf_of
from sociair_portal.common.sentences import noted

logger = logging.getLogger(__name__)
_CLOSED_AT_ONCE = 5000  # recipients


def start_due(gateway: Gateway) -> int:
    """Begin scheduled campaigns that are due; those that are due for hours ask first.

    Each is priced by a fresh balance. While Sociair does not tell it, they wait for the next sweep.
    Returns how many have begun or ask.
    """
    now = timezone.now()
    late = now - silence.overdue_after()
    due = Campaign.objects.filter(
        gateway=gateway, state=CampaignState.SCHEDULED, scheduled_for__lte=now
    ).order_by("scheduled_for", "id")
    moved = sum(_mark_overdue(campaign) for campaign in due.filter(scheduled_for__lt=late))
    in_time = list(due.filter(scheduled_for__gte=late))
    reading = balance.read_if_old(gateway) if in_time else None
    if reading is not None:
        moved += sum(_start_surely(campaign, reading) for campaign in in_time)
    return moved


def _start_surely(campaign: Campaign, reading: BalanceReading) -> bool:
    """One that cannot be started must not keep the others from their time."""
    with on_behalf_of(campaign.request_id):
        try:
            return _start(campaign, reading)
        except Exception as error:  # noqa: BLE001
            logger.error("Campaign %s could not be started: %s.", campaign.pk, type(error).__name__)
            return False


def _mark_overdue(campaign: Campaign) -> bool:
    with on_behalf_of(campaign.request_id):
        return _move(
            campaign,
            [CampaignState.SCHEDULED],
            CampaignState.OVERDUE,
            EventKind.OVERDUE,
            where=_as_seen(campaign),
            resumed_at=timezone.now(),
        )


def _as_seen(campaign: Campaign) -> Q:
    """Only if nobody has moved it to another time meanwhile."""
    return Q(scheduled_for=campaign.scheduled_for)


def _start(campaign: Campaign, reading: BalanceReading) -> bool:
    """False if it waits for a person, because it became more expensive or cannot be paid."""
    where, waiting = _as_seen(campaign), [CampaignState.SCHEDULED]
    try:
        advice = noted("Check the new cost, then resume.")
        priced = new_prices.price(campaign, reading, seen=None, advice=advice)
        return _begin(
            campaign, waiting, CampaignState.SENDING, EventKind.STARTED, priced, where=where
        )
    except SendRefused as refused:
        why, paused = str(refused), CampaignState.PAUSED
        _move(campaign, waiting, paused, EventKind.PAUSED, where=where, words=why, pause_reason=why)
        return False


def _begin(
    campaign: Campaign,
    before: Sequence[CampaignState],
    after: CampaignState,
    kind: EventKind,
    priced: new_prices.Priced,
    **fields: Any,
) -> bool:
    """Change the state, with the prices that were signed for it. Raises `SendRefused`."""
    with transaction.atomic():
        if not priced.holds(campaign):
            return False
        fields = {"resumed_at": timezone.now(), **priced.fields, **fields}
        return _move(campaign, before, after, kind, words=priced.words, **fields)


def pause(campaign: Campaign, *, by: Actor, why: str = "") -> bool:
    """Claim nothing more; calls in flight end. False if there is nothing to pause."""
    with transaction.atomic():
        paused = _move(
            campaign,
            PAUSABLE_STATES,
            CampaignState.PAUSED,
            EventKind.PAUSED,
            by=by,
            words=why,
            pause_reason=why,
        )
        if paused:
            _record(campaign, "paused", by=by, words=why)
    return paused


def resume(
    campaign: Campaign, *, by: Actor, seen: Decimal | None = None, seen_day: str = ""
) -> bool:
    """Go on where it stopped: preparing, waiting for its time, or sending.

    It is priced by a fresh balance. One that became more expensive than it was signed goes on only
    for who has `seen` what the rest costs now (rupees); one whose letters say another day, only for
    who has seen that day. Raises `SendRefused`.
    """
    campaign.refresh_from_db()
    if campaign.state not in RESUMABLE_STATES:
        return False
    check_certain(campaign)
    priced = _price_rest(campaign, seen)
    if (day := letters.stale_day(campaign)) != seen_day and day:
        raise SendRefused(
            _("This message gives %(day)s as its sending date. Check it, then resume.")
            % {"day": day}
        )
    with transaction.atomic():
        if campaign.prepared_up_to != Campaign.PREPARED:
            affordability.lock(campaign)
            check_nobody_prepares(campaign)
        if resumed := _resume(campaign, priced, by=by):
            _record(campaign, "resumed", by=by)
    return resumed


def _record(campaign: Campaign, change: str, *, by: Actor, words: str = "") -> None:
    waiting = campaign.pending
    record(Deed.CONTROLLED, by=by, about=campaign, words=words, change=change, waiting=waiting)


def _price_rest(campaign: Campaign, seen: Decimal | None) -> new_prices.Priced:
    """Price what is queued; a campaign that is still being prepared is priced when that is done."""
    if campaign.prepared_up_to != Campaign.PREPARED or not campaign.pending:
        return new_prices.Priced()
    reading = affordability.fresh_reading(campaign.gateway, button=_("Resume"))
    advice = noted("Check the new cost, then resume.")
    return new_prices.price(campaign, reading, seen=seen, advice=advice)


def _resume(campaign: Campaign, priced: new_prices.Priced, *, by: Actor) -> bool:
    if campaign.prepared_up_to != Campaign.PREPARED:
        state = CampaignState.PREPARING
    elif campaign.scheduled_for is not None and campaign.scheduled_for > timezone.now():
        state = CampaignState.SCHEDULED
    else:
        state = CampaignState.SENDING
    certain = Q(doubted_at__isnull=True)  # while it was priced a restore may have been noticed
    return _begin(
        campaign,
        RESUMABLE_STATES,
        state,
        EventKind.RESUMED,
        priced,
        by=by,
        where=certain,
        pause_reason="",
    )


def _move(
    campaign: Campaign,
    before: Sequence[CampaignState],
    after: CampaignState,
    kind: EventKind,
    **fields: Any,
) -> bool:
    moved = states.transition(campaign, before, after, kind, **fields)
    campaign.refresh_from_db()
    return moved


def cancel(
    campaign: Campaign,
    *,
    by: Actor,
    only: Sequence[CampaignState] = (CampaignState.DRAFT, *OPEN_STATES),
    words: str = "",
) -> bool:
    """Nothing that is still queued goes out; calls in flight end and are recorded.

    False if it is in none of the states to be cancelled in. From here nothing can be claimed. The
    batches of a large campaign are closed by the worker.
    """
    with transaction.atomic():
        cancelled = _move(
            campaign, only, CampaignState.CANCELLED, EventKind.CANCELLED, by=by, words=words
        )
        if cancelled:
            _record(campaign, "cancelled", by=by, words=words)
    if cancelled and campaign.total <= settings.INLINE_RECIPIENTS:
        close_cancelled(campaign)
    return cancelled


def cancel_surely(campaign: Campaign, *, words: str) -> None:
    """Cancel what is queued by itself; one that cannot be cancelled must not keep the others."""
    with on_behalf_of(campaign.request_id):
        try:
            cancel(campaign, by=None, only=OPEN_STATES, words=words)
        except DatabaseError as error:
            kind = type(error).__name__  # its words may quote a number
            logger.error("Campaign %s could not be cancelled: %s.", campaign.pk, kind)


def close_cancelled(campaign: Campaign) -> None:
    """End the queued batches of a cancelled campaign, a few thousand recipients at a time."""
    while _close_some(campaign):
        pass
    campaign.refresh_from_db()


def _close_some(campaign: Campaign) -> int:
    with transaction.atomic():
        if not Campaign.objects.select_for_update().filter(
            pk=campaign.pk, state=CampaignState.CANCELLED
        ):
            return 0
        queued = Batch.objects.filter(campaign=campaign, state=BatchState.QUEUED).order_by("id")
        some = max(_CLOSED_AT_ONCE // settings.SOCIAIR_BATCH_SIZE, 1)
        ids = list(queued.select_for_update().values_list("pk", flat=True)[:some])
        states.move_batches(
            Batch.objects.filter(pk__in=ids), [BatchState.QUEUED], BatchState.CANCELLED
        )
        people = Recipient.objects.filter(batch__in=ids, state=RecipientState.QUEUED).update(
            state=RecipientState.CANCELLED
        )
        Campaign.objects.filter(pk=campaign.pk).update(
            pending=F("pending") - people, cancelled=F("cancelled") + people
        )
    return len(ids)
