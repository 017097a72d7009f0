"""What an answer changes: the batch, its recipients, the campaign's counters, the gateway."""

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from messaging.answers import Answer, Outcome
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services import holds, sociair

logger = logging.getLogger(__name__)

# What certainly did not go out may be sent again; nothing else ever is.
_QUEUED_AGAIN: Final = {
    Outcome.UNREACHABLE,
    Outcome.CERTIFICATE,
    Outcome.TOKEN_REFUSED,
    Outcome.THROTTLED,
    Outcome.TOO_LARGE,
    Outcome.MISCONFIGURED,
}
_ENDS: Final = {
    Outcome.ACCEPTED: BatchState.ACCEPTED,
    Outcome.REFUSED: BatchState.REFUSED,
    Outcome.ALL_INVALID: BatchState.REFUSED,
    Outcome.SOME_INVALID: BatchState.PARTLY_REFUSED,
}
_PERSON: Final = {
    Outcome.CERTIFICATE: HoldReason.CERTIFICATE,
    Outcome.TOO_LARGE: HoldReason.TOO_LARGE,
    Outcome.MISCONFIGURED: HoldReason.MISCONFIGURED,
    Outcome.CONTRACT_CHANGED: HoldReason.CONTRACT_CHANGED,
}


@dataclass(frozen=True, slots=True)
class _Change:
    """Where a batch goes, and where its recipients go: those named invalid, and the others."""

    batch: BatchState
    named: RecipientState
    others: RecipientState


def _change(outcome: Outcome, *, cancelled: bool) -> _Change:
    if outcome in _QUEUED_AGAIN:
        if cancelled:
            return _Change(BatchState.CANCELLED, RecipientState.CANCELLED, RecipientState.CANCELLED)
        return _Change(BatchState.QUEUED, RecipientState.QUEUED, RecipientState.QUEUED)
    if outcome is Outcome.ACCEPTED:
        return _Change(BatchState.ACCEPTED, RecipientState.ACCEPTED, RecipientState.ACCEPTED)
    if outcome in (Outcome.REFUSED, Outcome.ALL_INVALID):
        return _Change(BatchState.REFUSED, RecipientState.REFUSED, RecipientState.REFUSED)
    if outcome is Outcome.SOME_INVALID:
        return _Change(
            BatchState.PARTLY_REFUSED, RecipientState.REFUSED, RecipientState.UNCONFIRMED
        )
    return _Change(BatchState.UNCONFIRMED, RecipientState.UNCONFIRMED, RecipientState.UNCONFIRMED)


def record(sent: sociair.Sent) -> None:
    """Save an answer and what follows from it, in one short transaction.

    Who no longer owns the try changes nothing but the answer's own row, except that a late answer
    still tells what became of a batch that was given up as unconfirmed.
    """
    batch, outcome = sent.batch, sent.answer.outcome
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=batch.campaign_id)
        if SentMessage.objects.filter(batch=batch, attempt=batch.tries).exists():
            return  # saved by a commit whose confirmation was lost
        sociair.save(sent, cost=batch.cost if outcome is Outcome.ACCEPTED else Decimal(0))
        change = _change(outcome, cancelled=campaign.state == CampaignState.CANCELLED)
        if _move(campaign, batch, BatchState.SENDING, change, sent.answer):
            _follow(campaign, batch, sent.answer)
        elif outcome in _ENDS:
            _move(campaign, batch, BatchState.UNCONFIRMED, change, sent.answer)
        finish_if_empty(campaign)
    logger.info("Batch %s, try %s: %s.", batch.pk, batch.tries, outcome.value)


def give_up_lost(gateway: Gateway) -> int:
    """Batches whose deadline is over: their worker is gone, and nobody knows what it sent."""
    lost = Batch.objects.filter(
        campaign__gateway=gateway, state=BatchState.SENDING, deadline__lt=Now()
    )
    change = _change(Outcome.WORKER_LOST, cancelled=False)
    given_up = 0
    for batch in lost.order_by("id"):
        with transaction.atomic():
            campaign = Campaign.objects.select_for_update().get(pk=batch.campaign_id)
            answer = Answer(outcome=Outcome.WORKER_LOST)
            given_up += _move(campaign, batch, BatchState.SENDING, change, answer)
            finish_if_empty(campaign)
    return given_up


def _move(
    campaign: Campaign, batch: Batch, before: BatchState, change: _Change, answer: Answer
) -> bool:
    """Take one try of a batch from one state to the next; False if it is not there any more."""
    moved = Batch.objects.filter(pk=batch.pk, state=before, tries=batch.tries).update(
        state=change.batch, outcome=answer.outcome
    )
    if not moved:
        return False
    of_batch = Recipient.objects.filter(batch=batch, state=RecipientState(before.value))
    named = 0
    if answer.invalid and change.named != change.others:
        named = of_batch.filter(mobile__in=answer.invalid).update(state=change.named)
    others = of_batch.update(state=change.others)
    _count(campaign, RecipientState(before.value), named + others, -1)
    _count(campaign, change.named, named, +1)
    _count(campaign, change.others, others, +1)
    return True


_COUNTERS: Final = [
    "pending",
    "accepted",
    "refused",
    "unconfirmed",
    "not_sent",
    "cancelled",
    "opted_out",
    "cost",
]


def _count(campaign: Campaign, state: RecipientState, people: int, sign: int) -> None:
    """Keep the campaign's counters; queued and sending count as pending."""
    pending = state in (RecipientState.QUEUED, RecipientState.SENDING)
    counter = "pending" if pending else state.value
    setattr(campaign, counter, getattr(campaign, counter) + sign * people)


def _follow(campaign: Campaign, batch: Batch, answer: Answer) -> None:
    """What an answer means for the campaign and for everybody else's calls."""
    gateway, outcome = campaign.gateway, answer.outcome
    words = answer.words[:500]
    if outcome in _PERSON:
        holds.hold(gateway, HoldKind.PERSON, _PERSON[outcome], words=words)
    elif outcome is Outcome.UNREACHABLE:
        holds.hold_unreachable(gateway)
    elif outcome is Outcome.THROTTLED:
        holds.hold_throttled(gateway, retry_after=answer.retry_after, words=words)
    elif outcome is Outcome.TOKEN_REFUSED:
        holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
    elif outcome in _ENDS:
        holds.answered(gateway)
    else:
        holds.left_unclear(gateway)
    if outcome is Outcome.REFUSED:
        _pause(campaign, words)


def _pause(campaign: Campaign, words: str) -> None:
    """Sociair refused one batch in words; it would refuse the others for the same reason."""
    why = _("Sociair refused a message: %(words)s") % {"words": words}
    if Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SENDING).update(
        state=CampaignState.PAUSED, pause_reason=why
    ):
        campaign.state, campaign.pause_reason = CampaignState.PAUSED, why
        Event.objects.create(campaign=campaign, kind=EventKind.PAUSED, words=why)


def finish_if_empty(campaign: Campaign) -> None:
    """Save the counters; a campaign with nothing pending is done. The caller holds its lock."""
    campaign.save(update_fields=_COUNTERS)
    finished = Campaign.objects.filter(
        pk=campaign.pk,
        pending=0,
        state__in=[CampaignState.SENDING, CampaignState.PAUSED, CampaignState.OVERDUE],
        prepared_up_to=Campaign.PREPARED,
    ).update(state=CampaignState.DONE, pause_reason="")
    if finished:
        Event.objects.create(campaign=campaign, kind=EventKind.DONE)
