"""States of campaigns and batches: which may follow which, and the one way to change them.

Every change is a conditional update whose row count says who made it, and a campaign's leaves a
line in its history in the same transaction.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.answers.outcomes import Outcome
from messaging.models import (
    RESUMABLE_STATES,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    RecipientState,
)
from messaging.services.storage import statements
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.request_ids import current_id

logger = logging.getLogger(__name__)

CAMPAIGN: Final[Mapping[CampaignState, frozenset[CampaignState]]] = {
    CampaignState.DRAFT: frozenset({CampaignState.PREPARING, CampaignState.CANCELLED}),
    CampaignState.PREPARING: frozenset(
        {
            CampaignState.SCHEDULED,
            CampaignState.SENDING,
            CampaignState.PAUSED,
            CampaignState.OVERDUE,
            CampaignState.DONE,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.SCHEDULED: frozenset(
        {
            CampaignState.SENDING,
            CampaignState.PAUSED,
            CampaignState.OVERDUE,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.SENDING: frozenset(
        {
            CampaignState.PAUSED,
            CampaignState.OVERDUE,
            CampaignState.DONE,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.PAUSED: frozenset(
        {
            CampaignState.PREPARING,
            CampaignState.SCHEDULED,
            CampaignState.SENDING,
            CampaignState.DONE,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.OVERDUE: frozenset(
        {
            CampaignState.PREPARING,
            CampaignState.SCHEDULED,
            CampaignState.SENDING,
            CampaignState.PAUSED,
            CampaignState.DONE,
            CampaignState.CANCELLED,
        }
    ),
    CampaignState.DONE: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}
BATCH: Final[Mapping[BatchState, frozenset[BatchState]]] = {
    BatchState.QUEUED: frozenset(
        {BatchState.SENDING, BatchState.CANCELLED, BatchState.UNCONFIRMED}
    ),
    BatchState.SENDING: frozenset(
        {
            BatchState.QUEUED,
            BatchState.ACCEPTED,
            BatchState.REFUSED,
            BatchState.PARTLY_REFUSED,
            BatchState.UNCONFIRMED,
            BatchState.SPLIT,
            BatchState.CANCELLED,
        }
    ),
    BatchState.UNCONFIRMED: frozenset(
        {
            BatchState.ACCEPTED,
            BatchState.REFUSED,
            BatchState.PARTLY_REFUSED,
            BatchState.SETTLED,
        }
    ),
    BatchState.PARTLY_REFUSED: frozenset({BatchState.SETTLED}),
    BatchState.ACCEPTED: frozenset(),
    BatchState.REFUSED: frozenset(),
    BatchState.SPLIT: frozenset(),
    BatchState.CANCELLED: frozenset(),
    BatchState.SETTLED: frozenset(),
}


def transition(
    campaign: Campaign,
    before: Sequence[CampaignState],
    after: CampaignState,
    kind: EventKind,
    *,
    by: Actor = None,
    words: str = "",
    where: Q | None = None,
    **fields: Any,
) -> bool:
    """Take a campaign from any of some states to another, and say so in its history.

    False if it is in none of them any more, or not as `where` says. The campaign that was given is
    not read again.
    """
    _check(CAMPAIGN, before, after)
    with transaction.atomic():
        moved = Campaign.objects.filter(where or Q(), pk=campaign.pk, state__in=before).update(
            state=after, **fields
        )
        if moved:
            Event.objects.create(campaign=campaign, kind=kind, by=user_of(by), words=words)
            log_state(campaign, after)
    return bool(moved)


def log_state(campaign: Campaign, state: CampaignState) -> None:
    """Say in the log which state a campaign has, when that is committed, for whoever follows a
    click; a script that sends wants to hear of what is wrong alone.
    """
    if current_id():
        transaction.on_commit(partial(logger.info, "Campaign %s: %s.", campaign.pk, state.value))


def move_batches(
    batches: QuerySet[Batch], before: Sequence[BatchState], after: BatchState, **fields: Any
) -> int:
    """Take those of some batches that are in certain states to another. Returns how many."""
    _check(BATCH, before, after)
    return batches.filter(state__in=before).update(state=after, **fields)


_MOVE_TRY: Final = """
UPDATE messaging_batch SET state = %s, outcome = %s WHERE id = %s AND tries = %s AND state = %s
"""
_MOVE_RECIPIENTS: Final = """
UPDATE messaging_recipient SET state = %s WHERE batch_id = %s AND state = %s
"""


def moving_try(
    batch: Batch, before: BatchState, after: BatchState, outcome: Outcome
) -> statements.Statement:
    """What takes a batch on by what one try of it came to; none if that try is over."""
    _check(BATCH, [before], after)
    return _MOVE_TRY, [after.value, outcome.value, batch.pk, batch.tries, before.value]


def move_recipients(batch_id: int, before: RecipientState, after: RecipientState) -> int:
    """Take those of a batch's people who are in one state to another. Returns how many."""
    return statements.changed(_MOVE_RECIPIENTS, [after.value, batch_id, before.value])


_State = TypeVar("_State", CampaignState, BatchState)


def _check(
    moves: Mapping[_State, frozenset[_State]], before: Sequence[_State], after: _State
) -> None:
    """Raises ValueError for a step that no state may take: that is a mistake in the portal."""
    for state in before:
        if after not in moves[state]:
            raise ValueError(f"{state} may not become {after}")


_COUNTERS: Final = [
    "pending",
    "accepted",
    "refused",
    "unconfirmed",
    "not_sent",
    "cancelled",
    "opted_out",
    "cost",
    "answered_at",
]


# Where an answer, or its absence, can take people, beside back into the queue.
_ANSWERED: Final = (
    RecipientState.ACCEPTED,
    RecipientState.REFUSED,
    RecipientState.UNCONFIRMED,
    RecipientState.CANCELLED,
)


def count(campaign: Campaign, state: RecipientState, people: int) -> None:
    """Change a campaign's counter; queued and sending both count as pending."""
    pending = state in (RecipientState.QUEUED, RecipientState.SENDING)
    counter = "pending" if pending else state.value
    setattr(campaign, counter, getattr(campaign, counter) + people)


# How many more people there are in each state.
Counts: TypeAlias = Counter[RecipientState]

# What was spent is rounded, as SQLite adds amounts up as floating-point numbers.
_SPEND: Final = """
UPDATE messaging_campaign SET spent = ROUND(spent + %(cost)s, 4) WHERE id = %(campaign)s
"""
_COUNT: Final = """
UPDATE messaging_campaign SET
    pending = pending + %(pending)s,
    accepted = accepted + %(accepted)s,
    refused = refused + %(refused)s,
    unconfirmed = unconfirmed + %(unconfirmed)s,
    cancelled = cancelled + %(cancelled)s,
    spent = ROUND(spent + %(cost)s, 4),
    answered_at = %(answered_at)s
WHERE id = %(campaign)s
RETURNING pending
"""


def count_answered(campaign_id: int, counts: Counts, cost: Decimal = Decimal(0)) -> None:
    """Count what an answer changed, and what its call cost (rupees); a campaign with nothing
    pending is done. The caller holds its lock.
    """
    pending = counts[RecipientState.QUEUED] + counts[RecipientState.SENDING]
    left = statements.row(
        _COUNT,
        {
            "campaign": campaign_id,
            "pending": pending,
            "cost": statements.amount(cost),
            "answered_at": statements.moment(timezone.now()),
            **{state.value: counts[state] for state in _ANSWERED},
        },
    )
    if left == (0,):
        _finish(Campaign.objects.get(pk=campaign_id))


def count_spent(campaign_id: int, cost: Decimal) -> None:
    """Count what a call cost (rupees) whose answer changed nobody's state any more."""
    statements.changed(_SPEND, {"campaign": campaign_id, "cost": statements.amount(cost)})


def finish_if_empty(campaign: Campaign) -> None:
    """Save the counters; a campaign with nothing pending is done. The caller holds its lock."""
    campaign.save(update_fields=_COUNTERS)
    if not campaign.pending:
        _finish(campaign)


def _finish(campaign: Campaign) -> None:
    transition(
        campaign,
        [CampaignState.SENDING, *RESUMABLE_STATES],
        CampaignState.DONE,
        EventKind.DONE,
        where=Q(pending=0, prepared_up_to=Campaign.PREPARED),
        pause_reason="",
    )
