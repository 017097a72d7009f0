"""Recording an answer: what changes in the batch, its recipients, the campaign and the gateway."""

import logging
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.answers.outcomes import Answer, Outcome
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.models.gateway import CLOCK_TOLERANCE
from messaging.services import sociair, states
from messaging.services.gateway import holds
from messaging.services.money import prices
from messaging.services.sending import late_answers
from messaging.services.states import count, finish_if_empty
from sociair_portal.common.request_ids import on_behalf_of

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
    Outcome.MISCONFIGURED: HoldReason.MISCONFIGURED,
    Outcome.CONTRACT_CHANGED: HoldReason.CONTRACT_CHANGED,
}


@dataclass(frozen=True, slots=True)
class _Change:
    """Where a batch goes, and where its recipients go: those named invalid, and the others.

    Others that are `cut_again` leave for new batches, because certainly none of them was sent.
    """

    batch: BatchState
    named: RecipientState
    others: RecipientState
    cut_again: bool = False

    @classmethod
    def all(cls, batch: BatchState, recipients: RecipientState) -> "_Change":
        return cls(batch, recipients, recipients)


_UNCONFIRMED: Final = _Change.all(BatchState.UNCONFIRMED, RecipientState.UNCONFIRMED)
_CANCELLED: Final = _Change.all(BatchState.CANCELLED, RecipientState.CANCELLED)
_REFUSED: Final = _Change.all(BatchState.REFUSED, RecipientState.REFUSED)


def _change(outcome: Outcome, size: int, *, cancelled: bool, late: bool) -> _Change:
    """What an outcome does to a batch of `size` numbers. A late answer never queues them again."""
    if outcome in _QUEUED_AGAIN:
        if late:
            return _UNCONFIRMED
        if cancelled:
            return _CANCELLED
        if outcome is not Outcome.TOO_LARGE:
            return _Change.all(BatchState.QUEUED, RecipientState.QUEUED)
        if size > 1:
            return _Change(
                BatchState.SPLIT, RecipientState.QUEUED, RecipientState.QUEUED, cut_again=True
            )
        return _REFUSED
    if outcome is Outcome.ACCEPTED:
        return _Change.all(BatchState.ACCEPTED, RecipientState.ACCEPTED)
    if outcome in (Outcome.REFUSED, Outcome.ALL_INVALID):
        return _REFUSED
    if outcome is Outcome.SOME_INVALID:
        return _some_invalid(cancelled=cancelled, late=late)
    return _UNCONFIRMED


def _some_invalid(*, cancelled: bool, late: bool) -> _Change:
    """By SOCIAIR_PARTIAL_REJECTION: what became of the numbers that were not named invalid."""
    partly, named = BatchState.PARTLY_REFUSED, RecipientState.REFUSED
    rule = settings.SOCIAIR_PARTIAL_REJECTION
    if rule == "valid_sent":
        return _Change(partly, named, RecipientState.ACCEPTED)
    if rule == "none_sent" and cancelled:
        return _Change(partly, named, RecipientState.CANCELLED)
    if rule == "none_sent" and not late:
        return _Change(partly, named, RecipientState.QUEUED, cut_again=True)
    return _Change(partly, named, RecipientState.UNCONFIRMED)


def record(sent: sociair.Sent) -> None:
    """Save an answer and what follows from it, in one short transaction.

    An answer to a try that was given up changes only its own row; but if it is clear, it still
    tells what became of the unconfirmed batch. Raises ObjectDoesNotExist if the database, set back
    meanwhile, does not know the call.
    """
    batch, size = sent.batch, len(sent.numbers)
    with transaction.atomic():
        # Few statements while the campaign is locked: every other answer of it waits meanwhile.
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("gateway")
            .get(pk=batch.campaign_id)
        )
        known = late_answers.look_up(sent)
        if known.is_saved:
            return  # by a commit whose confirmation was lost
        if known.is_late:
            sent = late_answers.without_removed(sent, known)
        answer = sent.answer
        cancelled = campaign.state == CampaignState.CANCELLED
        change = _change(answer.outcome, size, cancelled=cancelled, late=False)
        row = sociair.save(sent, gateway=campaign.gateway)
        if _move(campaign, batch, BatchState.SENDING, change, answer):
            _follow(campaign, answer)
        elif answer.outcome in _ENDS:
            change = _change(answer.outcome, size, cancelled=cancelled, late=True)
            _move(campaign, batch, BatchState.UNCONFIRMED, change, answer)
        if row.outcome == Outcome.SOME_INVALID:
            _put_cost(row)
        finish_if_empty(campaign)
    logger.info("Batch %s, try %s: %s.", batch.pk, batch.tries, answer.outcome.value)


def _put_cost(row: SentMessage) -> None:
    """What Sociair will have taken for a request of which some numbers were invalid."""
    sent = Recipient.objects.filter(batch=row.batch, state=RecipientState.ACCEPTED)
    row.cost = prices.cost_of_recipients(sent)
    row.save(update_fields=["cost"])


def give_up_lost(gateway: Gateway) -> int:
    """Make batches unconfirmed whose deadline is over: their worker is gone, and nobody knows what
    it sent. Returns how many.
    """
    in_the_future = Q(claimed_at__gt=Now() + CLOCK_TOLERANCE)  # by a clock that was wrong
    lost = Batch.objects.filter(
        Q(deadline__lt=Now()) | in_the_future, campaign__gateway=gateway, state=BatchState.SENDING
    )
    return sum(map(_give_up_surely, lost.select_related("campaign").order_by("id")))


def _give_up_surely(batch: Batch) -> bool:
    """One that cannot be given up must not keep the others."""
    with on_behalf_of(batch.campaign.request_id):
        try:
            return _give_up(batch)
        except DatabaseError as error:
            logger.error("Batch %s could not be given up: %s.", batch.pk, type(error).__name__)
            return False


def _give_up(batch: Batch) -> bool:
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=batch.campaign_id)
        answer = Answer(outcome=Outcome.WORKER_LOST)
        given_up = _move(campaign, batch, BatchState.SENDING, _UNCONFIRMED, answer)
        # The deadline says when the call was certainly over: evidence asks for that.
        Batch.objects.filter(pk=batch.pk, state=BatchState.UNCONFIRMED, deadline__gt=Now()).update(
            deadline=Now()
        )
        finish_if_empty(campaign)
    return given_up


def _move(
    campaign: Campaign, batch: Batch, before: BatchState, change: _Change, answer: Answer
) -> bool:
    """Take one try of a batch from one state to the next; False if it is not there any more."""
    this_try = Batch.objects.filter(pk=batch.pk, tries=batch.tries)
    if not states.move_batches(this_try, [before], change.batch, outcome=answer.outcome):
        return False
    campaign.answered_at = timezone.now()
    state = RecipientState(before.value)
    of_batch = Recipient.objects.filter(batch=batch, state=state)
    named = 0
    if answer.invalid and change.named != change.others:
        named = of_batch.filter(mobile__in=answer.invalid).update(state=change.named)
    if change.cut_again:
        others = _cut_again(campaign, batch, halves=change.batch == BatchState.SPLIT)
    else:
        others = of_batch.update(state=change.others)
    count(campaign, state, -(named + others))
    count(campaign, change.named, named)
    count(campaign, change.others, others)
    return True


def _cut_again(campaign: Campaign, batch: Batch, *, halves: bool) -> int:
    """Move those of a batch who were certainly not sent to, into one new batch or into two."""
    sending = Recipient.objects.filter(batch=batch, state=RecipientState.SENDING)
    people = list(sending.order_by("id").values_list("pk", flat=True))
    middle = (len(people) + 1) // 2 if halves else len(people)
    for some in filter(None, (people[:middle], people[middle:])):
        taken = Recipient.objects.filter(pk__in=some)
        new = Batch.objects.create(
            campaign=campaign,
            text=batch.text,
            code_key=batch.code_key,
            link_key=batch.link_key,
            parts=batch.parts,
            size=len(some),
            cost=prices.cost_of_recipients(taken),
        )
        taken.update(batch=new, state=RecipientState.QUEUED)
    return len(people)


def _follow(campaign: Campaign, answer: Answer) -> None:
    """Hold the gateway or pause the campaign, as an answer demands."""
    gateway, outcome, words = campaign.gateway, answer.outcome, answer.words[:500]
    if outcome in _PERSON:
        holds.hold(gateway, HoldKind.PERSON, _PERSON[outcome], words=words)
    elif outcome is Outcome.UNREACHABLE:
        holds.hold_unreachable(gateway)
    elif outcome is Outcome.THROTTLED:
        holds.hold_throttled(gateway, retry_after=answer.retry_after, words=words)
    elif outcome is Outcome.TOKEN_REFUSED:
        holds.hold_token(gateway)
    elif outcome in _ENDS or outcome is Outcome.TOO_LARGE:
        holds.answered(gateway)
    else:
        holds.left_unclear(gateway)
    if outcome is Outcome.REFUSED:
        _pause(campaign, words or _silent(answer))


def _silent(answer: Answer) -> str:
    if answer.withheld is None:
        why = _("it gave no reason (HTTP %(status)s).")
    else:
        why = _("its reason repeated a secret and was not kept (HTTP %(status)s).")
    return why % {"status": answer.status}


def _pause(campaign: Campaign, words: str) -> None:
    """Sociair refused one batch in words; it would refuse the others for the same reason."""
    why = _("Sociair refused a message: %(words)s") % {"words": words}
    if states.transition(
        campaign,
        [CampaignState.SENDING],
        CampaignState.PAUSED,
        EventKind.PAUSED,
        words=why,
        pause_reason=why,
    ):
        campaign.state, campaign.pause_reason = CampaignState.PAUSED, why
