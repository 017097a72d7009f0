"""Recording an answer: what changes in the batch, its recipients, the campaign and the gateway."""

import logging
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

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
from messaging.services.gateway import bills, holds
from messaging.services.money import prices
from messaging.services.sending import late_answers
from messaging.services.sending.changes import CLEAR, UNCONFIRMED, Change, change_by
from messaging.services.sending.claims import Claim
from messaging.services.storage import database, statements
from messaging.services.storage.trouble import Cause
from sociair_portal.common.request_ids import on_behalf_of
from sociair_portal.common.sentences import noted

logger = logging.getLogger(__name__)

_PERSON: Final = {
    Outcome.CERTIFICATE: HoldReason.CERTIFICATE,
    Outcome.MISCONFIGURED: HoldReason.MISCONFIGURED,
    Outcome.CONTRACT_CHANGED: HoldReason.CONTRACT_CHANGED,
}


def record(sent: sociair.Sent, then: Callable[[], Claim | None] | None = None) -> Claim | None:
    """Save an answer and what follows from it, in one short transaction; if it is a clear one,
    `then` claims the next batch in the same.

    An answer to a try that was given up changes only its own row, and what was spent; but if it is
    clear, it still tells what happened to the unconfirmed batch. Raises ObjectDoesNotExist if the
    database, set back meanwhile, does not know the call.
    """
    batch, size = sent.batch, len(sent.numbers)
    with database.in_turn():
        # Few statements while the campaign is locked: every other answer of it waits meanwhile.
        known = late_answers.look_up(sent, *_locking(batch.campaign_id))
        if known.is_saved:
            return None  # by a commit whose confirmation was lost
        if known.is_late:
            sent = late_answers.without_removed(sent, known)
            bills.changed(known.gateway_id)
        answer = sent.answer
        change = change_by(answer.outcome, size, cancelled=known.is_cancelled, late=False)
        kept = sociair.kept(sent, gateway_id=known.gateway_id)
        moved = _move(batch, BatchState.SENDING, change, answer, kept)
        if moved is not None:
            _follow(known, batch, answer)
        elif answer.outcome in CLEAR:
            change = change_by(answer.outcome, size, cancelled=known.is_cancelled, late=True)
            moved = _move(batch, BatchState.UNCONFIRMED, change, answer)
        is_partial = answer.outcome is Outcome.SOME_INVALID
        cost = _put_cost(batch) if is_partial else sociair.cost_of(sent)
        if moved is not None:
            states.count_answered(batch.campaign_id, moved, cost)
        elif cost:
            states.count_spent(batch.campaign_id, cost)
        claim = _claim(then) if then and answer.outcome in CLEAR else None
        if transaction.get_rollback():  # the connection died, and nobody was told
            raise OperationalError("the answer cannot be committed")
    logger.info("Batch %s, try %s: %s.", batch.pk, batch.tries, answer.outcome.value)
    return claim


def _claim(then: Callable[[], Claim | None]) -> Claim | None:
    """What goes wrong with the next batch must not undo this answer, nor keep it waiting; a
    database that fails undoes it in any case, and then the answer is saved alone.
    """
    claim = None
    database.mark()
    try:
        claim = then()
    except DatabaseError as error:
        if database.cause_of(error) is not Cause.LOCKED:
            raise
    except Exception as error:  # noqa: BLE001  # the next round meets it, and says what it is
        logger.info("The next batch was not claimed along: %s.", type(error).__name__)
    if claim is None:
        database.go_back_to_mark()
    return claim


def _locking(campaign_id: int) -> list[statements.Statement]:
    """What locks a campaign: nothing on SQLite, where a transaction has all to itself."""
    return [(_LOCK, [campaign_id])] if connection.features.has_select_for_update else []


_LOCK: Final = "SELECT 1 FROM messaging_campaign WHERE id = %s FOR NO KEY UPDATE"


def _put_cost(batch: Batch) -> Decimal:
    """What Sociair will have taken (rupees) for a request of which some numbers were invalid."""
    sent = Recipient.objects.filter(batch=batch, state=RecipientState.ACCEPTED)
    cost = prices.cost_of_recipients(sent)
    SentMessage.objects.filter(batch=batch, attempt=batch.tries).update(cost=cost)
    return cost


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
        statements.together(*_locking(batch.campaign_id))
        answer = Answer(outcome=Outcome.WORKER_LOST)
        given_up = _move(batch, BatchState.SENDING, UNCONFIRMED, answer)
        # The deadline says when the call was certainly over: evidence asks for that.
        Batch.objects.filter(pk=batch.pk, state=BatchState.UNCONFIRMED, deadline__gt=Now()).update(
            deadline=Now()
        )
        if given_up is not None:
            states.count_answered(batch.campaign_id, given_up)
    return given_up is not None


def _move(
    batch: Batch, before: BatchState, change: Change, answer: Answer, *first: statements.Statement
) -> states.Counts | None:
    """Take one try of a batch from one state to the next, and its recipients with it; before that
    do what comes `first`, whatever becomes of the try.

    How many more there are in each state by that; None if the try is not there any more.
    """
    moving = states.moving_try(batch, before, change.batch, answer.outcome)
    if not statements.together(*first, moving)[-1].changed:
        return None
    state = RecipientState(before.value)
    counts: states.Counts = Counter()
    if answer.invalid and change.named != change.others:
        of_batch = Recipient.objects.filter(batch=batch, state=state)
        named = of_batch.filter(mobile__in=answer.invalid).update(state=change.named)
        counts[change.named] += named
        counts[state] -= named
    if change.cut_again:
        others = _cut_again(batch, halves=change.batch == BatchState.SPLIT)
    else:
        others = states.move_recipients(batch.pk, state, change.others)
    counts[change.others] += others
    counts[state] -= others
    return counts


def _cut_again(batch: Batch, *, halves: bool) -> int:
    """Move those of a batch who were certainly not sent to, into one new batch or into two."""
    sending = Recipient.objects.filter(batch=batch, state=RecipientState.SENDING)
    people = list(sending.order_by("id").values_list("pk", flat=True))
    middle = (len(people) + 1) // 2 if halves else len(people)
    for some in filter(None, (people[:middle], people[middle:])):
        taken = Recipient.objects.filter(pk__in=some)
        new = Batch.objects.create(
            campaign_id=batch.campaign_id,
            text=batch.text,
            code_key=batch.code_key,
            link_key=batch.link_key,
            parts=batch.parts,
            size=len(some),
            cost=prices.cost_of_recipients(taken),
        )
        taken.update(batch=new, state=RecipientState.QUEUED)
    return len(people)


def _follow(known: late_answers.Known, batch: Batch, answer: Answer) -> None:
    """Hold the gateway or pause the campaign, as an answer demands."""
    if answer.outcome in CLEAR or answer.outcome is Outcome.TOO_LARGE:
        if known.failures:
            holds.answered(known.gateway_id)
    else:
        _hold(Gateway.objects.get(pk=known.gateway_id), answer)
    if answer.outcome is Outcome.REFUSED:
        _pause(batch, _why_refused(answer))


def _hold(gateway: Gateway, answer: Answer) -> None:
    outcome, words = answer.outcome, answer.words[:500]
    if outcome in _PERSON:
        holds.hold(gateway, HoldKind.PERSON, _PERSON[outcome], words=words)
    elif outcome is Outcome.UNREACHABLE:
        holds.hold_unreachable(gateway)
    elif outcome is Outcome.THROTTLED:
        holds.hold_throttled(gateway, retry_after=answer.retry_after, words=words)
    elif outcome is Outcome.TOKEN_REFUSED:
        holds.hold_token(gateway)
    else:
        holds.left_unclear(gateway)


def _why_refused(answer: Answer) -> str:
    if answer.words:
        return noted("Sociair refused a message: %(words)s", words=answer.words[:500])
    status = str(answer.status)
    if answer.withheld is None:
        return noted(
            "Sociair refused a message and gave no reason (HTTP %(status)s).", status=status
        )
    return noted(
        "Sociair refused a message. Its reason repeated a secret, so it was not kept "
        "(HTTP %(status)s).",
        status=status,
    )


def _pause(batch: Batch, why: str) -> None:
    """Sociair refused one batch in words; it would refuse the others for the same reason."""
    states.transition(
        Campaign.objects.get(pk=batch.campaign_id),
        [CampaignState.SENDING],
        CampaignState.PAUSED,
        EventKind.PAUSED,
        words=why,
        pause_reason=why,
    )
