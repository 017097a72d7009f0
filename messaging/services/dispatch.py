"""The worker's part of a message's way: slot, claim, call, record.

A batch is claimed in the database before the call and its answer is recorded after it, each by a
conditional update. A batch whose answer nobody could save is `unconfirmed`, never sent again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    Gateway,
    HoldKind,
    HoldReason,
    Recipient,
    RecipientState,
)
from messaging.services import holds, pricing, sociair, transport
from messaging.services.recording import finish_if_empty, record

logger = logging.getLogger(__name__)

_SAVE_FOR: Final = 30.0  # seconds in which saving an answer is tried again


class Round(Enum):
    """What one round of a sender came to."""

    CALLED = "called"
    NOTHING = "nothing to claim"
    HELD = "the gateway is held"
    STOPPED = "told to stop"


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is this worker's, until its deadline."""

    batch: Batch
    start_before: float


def send_next(
    gateway: Gateway,
    *,
    include_large: bool = True,
    stopping: Callable[[float], bool] | None = None,
) -> Round:
    """Claim the best batch, call, record. `stopping(seconds)` waits and tells whether to stop."""
    while candidates := _candidates(gateway, include_large):
        wait = holds.take_slot(gateway)
        if wait is None:
            return Round.HELD
        if wait:
            if (stopping or _sleep)(min(wait, 1.0)):
                return Round.STOPPED
            continue
        for campaign_id in candidates:
            if (claim := claim_batch(campaign_id)) is not None:
                _record_surely(sociair.send(claim.batch, start_before=claim.start_before))
                return Round.CALLED
    return Round.NOTHING


def reconnect() -> None:
    """A connection that failed is not asked again."""
    connection.close()


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _candidates(gateway: Gateway, include_large: bool) -> list[int]:
    """Campaigns with something queued, the best first."""
    with connection.cursor() as cursor:
        cursor.execute(*_candidates_sql(gateway.pk, include_large))
        return [pk for (pk,) in cursor.fetchall()]


@cache
def _candidates_sql(gateway_id: int, include_large: bool) -> tuple[str, tuple[Any, ...]]:
    """The question that every sender asks before every call: put into words once."""
    queued = Batch.objects.filter(campaign=OuterRef("pk"), state=BatchState.QUEUED)
    claimable = Campaign.objects.claimable(gateway_id).filter(Exists(queued))
    if not include_large:
        claimable = claimable.filter(is_large=False)
    sql, values = claimable.values_list("pk", flat=True)[:20].query.sql_with_params()
    return sql, tuple(values)


def _record_surely(sent: sociair.Sent) -> None:
    """Save an answer, again and again for a while: it is the only proof that there will be.

    What could not be saved by then becomes `unconfirmed` by the sweep.
    """
    give_up = time.monotonic() + _SAVE_FOR
    while True:
        try:
            return record(sent)
        except DatabaseFailure as error:
            reconnect()
            if time.monotonic() >= give_up:
                # Its words may quote the row, with numbers and text.
                kind = type(error).__name__
                logger.error("Batch %s: the answer could not be saved: %s.", sent.batch.pk, kind)
                # Where nothing can be saved, nothing more may be sent.
                gateway = sent.batch.campaign.gateway
                holds.hold(gateway, HoldKind.PERSON, HoldReason.NOT_SAVED)
                return None
            time.sleep(0.5)


# -- Claim -----------------------------------------------------------------------------------

# The outer WHERE says everything again: what the inner SELECT saw may be over by then.
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
            AND messaging_gateway.base_url = %(base_url)s
            AND (hold_kind = '' OR (hold_kind = 'timed' AND held_until <= {now}))
    )
RETURNING id
"""
_DIALECTS: Final = {
    "postgresql": {
        "now": "clock_timestamp()",
        "deadline": "clock_timestamp() + %(seconds)s * interval '1 second'",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
    },
    "sqlite": {
        "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
        "deadline": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %(seconds)s || ' seconds')",
        "skip_locked": "",  # a transaction has the whole database to itself
    },
}


def claim_batch(campaign_id: int) -> Claim | None:
    """Take the oldest queued batch of a campaign, without those who have opted out since.

    No call may start when less than a whole call's time is left to the batch's deadline.
    """
    start_before = transport.now() + settings.SOCIAIR_DEADLINE - settings.SOCIAIR_TOTAL_TIMEOUT
    while True:
        with transaction.atomic():
            if (batch_id := _claim_oldest(campaign_id)) is None:
                return None
            opted_out = _opted_out(batch_id)
            if not opted_out:
                Recipient.objects.filter(batch=batch_id, state=RecipientState.QUEUED).update(
                    state=RecipientState.SENDING
                )
                return Claim(Batch.objects.get(pk=batch_id), start_before)
            transaction.set_rollback(True)
        _leave_out(campaign_id, batch_id, opted_out)


def _claim_oldest(campaign_id: int) -> int | None:
    statement = _CLAIM.format(**_DIALECTS[connection.vendor])
    values: dict[str, int | float | str] = {
        "campaign": campaign_id,
        "seconds": settings.SOCIAIR_DEADLINE,
        "base_url": settings.SOCIAIR_BASE_URL,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None


_OPTED_OUT: Final = """
SELECT mobile FROM contacts_optout WHERE mobile IN (
    SELECT mobile FROM messaging_recipient WHERE batch_id = %s AND state = 'queued'
)
"""


def _opted_out(batch_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_OPTED_OUT, [batch_id])
        return [mobile for (mobile,) in cursor.fetchall()]


def _leave_out(campaign_id: int, batch_id: int, mobiles: list[str]) -> None:
    """Take people who opted out after the review out of a queued batch; an empty one ends."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != BatchState.QUEUED:
            return
        left = Recipient.objects.filter(
            batch=batch, mobile__in=mobiles, state=RecipientState.QUEUED
        )
        saved = pricing.cost_of_recipients(left)
        people = left.update(state=RecipientState.OPTED_OUT)
        Batch.objects.filter(pk=batch.pk).update(
            size=F("size") - people,
            cost=F("cost") - saved,
            state=BatchState.CANCELLED if people == batch.size else BatchState.QUEUED,
        )
        campaign.pending -= people
        campaign.opted_out += people
        campaign.cost -= saved
        finish_if_empty(campaign)
