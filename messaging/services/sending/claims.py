"""Claiming a batch to send: one conditional update, so that no two senders have the same one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from contacts.services import forgotten
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
)
from messaging.services import transport
from messaging.services.campaigns import link_texts, number_codes, taken_out
from messaging.services.sending import slots
from messaging.services.storage import clock, database, statements


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is this worker's until its deadline, with its numbers, the number of its slot,
    and the request that handed its campaign over.

    Its call may start only before `start_before` (seconds, by `transport.now`).
    """

    batch: Batch
    numbers: list[str]
    start_before: float
    slot: int
    request_id: str


def candidates(gateway_id: int, include_large: bool) -> list[int]:
    """Ids of at most 20 campaigns with something queued, the best to send first."""
    return [pk for (pk,) in statements.rows(*_candidates(gateway_id, include_large))]


@cache
def _candidates(gateway_id: int, include_large: bool) -> statements.Statement:
    """Built once, because every sender asks this before every call."""
    queued = Batch.objects.filter(campaign=OuterRef("pk"), state=BatchState.QUEUED)
    claimable = Campaign.objects.claimable(gateway_id).filter(Exists(queued))
    if not include_large:
        claimable = claimable.filter(is_large=False)
    sql, values = claimable.values_list("pk", flat=True)[:20].query.sql_with_params()
    return sql, tuple(values)


# The outer WHERE repeats every condition: what the inner SELECT saw may have changed by then.
_CLAIM: Final = """
UPDATE messaging_batch SET
    state = 'sending', tries = tries + 1, outcome = '', claimed_at = {now}, deadline = {deadline}
WHERE id = (
        SELECT id FROM messaging_batch
        WHERE campaign_id = %(campaign)s AND state = 'queued'
        ORDER BY id LIMIT 1 {skip_locked}
    )
    AND state = 'queued'
    AND EXISTS (
        SELECT 1 FROM messaging_campaign
        JOIN messaging_gateway ON messaging_gateway.id = messaging_campaign.gateway_id
        WHERE messaging_campaign.id = %(campaign)s
            AND messaging_campaign.state = 'sending'
            AND messaging_campaign.doubted_at IS NULL
            AND messaging_gateway.base_url = %(base_url)s
            AND {is_free}
    )
RETURNING {columns},
    (SELECT is_large FROM messaging_campaign WHERE id = %(campaign)s),
    (SELECT request_id FROM messaging_campaign WHERE id = %(campaign)s)
"""


@cache
def _claim_sql() -> str:
    # On SQLite a transaction has the whole database to itself.
    can_skip = connection.features.has_select_for_update_skip_locked
    return _CLAIM.format(
        now=clock.now(),
        deadline=clock.shifted("%(seconds)s"),
        skip_locked="FOR UPDATE SKIP LOCKED" if can_skip else "",
        is_free=clock.is_free(),
        columns=statements.columns(Batch),
    )


def claim_batch(campaign_id: int, leave: slots.Leave) -> Claim | None:
    """Take the oldest queued batch of a campaign and a slot to call in: both or neither.

    Those who have opted out since the review are left out. What holds a link or a code that nobody
    could use any more is cancelled instead. None if no batch could be taken.
    """
    while True:
        with database.in_turn():
            claimed = _claim(campaign_id, leave)
            if isinstance(claimed, Claim):
                return claimed
            transaction.set_rollback(True)
        if isinstance(claimed, _ToTakeOut):
            taken_out.take_out(campaign_id, claimed.batch_id, claimed.mobiles)
            continue
        if claimed is not None:
            claimed(Campaign.objects.get(pk=campaign_id))
        return None


def claim_on(leave: slots.Leave, *, include_large: bool) -> Claim | None:
    """Take a batch of the best campaign within the transaction that records an answer. None if
    that is not possible at once: the answer must not wait, and the caller undoes what was begun.
    """
    for campaign_id in candidates(leave.gateway, include_large)[:1]:
        if isinstance(claimed := _claim(campaign_id, leave), Claim):
            return claimed
    return None


@dataclass(frozen=True, slots=True)
class _ToTakeOut:
    """A batch that cannot be claimed before these are taken out of it."""

    batch_id: int
    mobiles: list[str]


_Cancel: TypeAlias = Callable[[Campaign], None]

# How a batch is found that holds what nobody could use any more, and how it is cancelled.
_DEAD: Final[tuple[tuple[Callable[[Batch], bool], _Cancel], ...]] = (
    (link_texts.is_dead, link_texts.cancel),
    (number_codes.has_expired, number_codes.cancel),
)


def _claim(campaign_id: int, leave: slots.Leave) -> Claim | _ToTakeOut | _Cancel | None:
    """A claim; or what is to be done once its transaction is rolled back, as it must be then.

    No call may start when less than a whole call's time is left to the batch's deadline. A large
    campaign gives way to a small one that came while the slot was waited for.
    """
    start_before = transport.now() + settings.SOCIAIR_DEADLINE - settings.SOCIAIR_TOTAL_TIMEOUT
    if (claimed := _claim_oldest(campaign_id)) is None:
        return None
    batch, is_large, request_id = claimed
    for is_dead, cancel in _DEAD:
        if is_dead(batch):
            return cancel
    called, slot, *small = statements.together(
        (_TO_CALL, [batch.pk]),
        slots.taking(leave),
        *([_candidates(leave.gateway, False)] if is_large else []),
    )
    numbers, opted_out = _numbers_in(called.rows)
    if opted_out:
        return _ToTakeOut(batch.pk, opted_out)
    if not slot.rows or any(each.rows for each in small):
        return None  # held, or another sender was faster, or a small campaign is first
    return Claim(batch, numbers, start_before, slot.rows[0][0], request_id)


def _claim_oldest(campaign_id: int) -> tuple[Batch, bool, str] | None:
    """The batch, whether its campaign is large, and the request that handed it over."""
    values: dict[str, int | float | str] = {
        "campaign": campaign_id,
        "seconds": settings.SOCIAIR_DEADLINE,
        "base_url": settings.SOCIAIR_BASE_URL,
    }
    claimed = statements.instance(Batch, _claim_sql(), values)
    if claimed is None:
        return None
    batch, (is_large, request_id) = claimed
    return batch, bool(is_large), request_id


# Takes a batch's people along with it. Only while someone is forgotten are all of its numbers
# compared.
_TO_CALL: Final = """
UPDATE messaging_recipient SET state = 'sending' WHERE batch_id = %s AND state = 'queued'
RETURNING id, mobile, EXISTS (
    SELECT 1 FROM contacts_optout WHERE contacts_optout.mobile = messaging_recipient.mobile
), EXISTS (
    SELECT 1 FROM contacts_forgottennumber WHERE let_back_at IS NULL
)
"""


def _numbers_in(people: list[tuple[Any, ...]]) -> tuple[list[str], list[str]]:
    """A batch's numbers in the order in which they were cut, and which of them opted out, or were
    anonymised, since the review.
    """
    found = sorted(people)
    opted_out = [mobile for _pk, mobile, is_opted_out, _some in found if is_opted_out]
    others = [mobile for _pk, mobile, is_opted_out, some in found if some and not is_opted_out]
    return [row[1] for row in found], opted_out + sorted(forgotten.among(others))
