"""Sending one batch: the worker looks for a slot, claims, calls Sociair and saves the answer.

A batch is claimed in the database before the call and its answer is recorded after it, each by a
conditional update. A batch whose answer nobody could save is `unconfirmed`, never sent again.
"""

import time
from collections.abc import Callable
from enum import Enum
from functools import partial

from django.db import transaction

from messaging.models import (
    Batch,
    BatchState,
    Gateway,
    RecipientState,
)
from messaging.services import sociair, states
from messaging.services.gateway import holds, slot_record
from messaging.services.sending import claims, persistence, slots
from messaging.services.sending.claims import Claim
from sociair_portal.common.request_ids import on_behalf_of


class Round(Enum):
    """What one round of a sender came to."""

    CALLED = "called"
    NOTHING = "nothing to claim"
    HELD = "the gateway is held"
    STOPPED = "told to stop"


def send_next(
    gateway: Gateway,
    *,
    include_large: bool = True,
    stopping: Callable[[float], bool] | None = None,
    go_on: Callable[[], bool] | None = None,
) -> Round:
    """Send one batch of the best campaign; while `go_on()`, the next one too, which is claimed with
    the answer to the one before. `stopping(seconds)` waits and tells whether to stop.
    """
    wait_or_stop = stopping or _sleep
    first = _first_claim(gateway, include_large, wait_or_stop)
    if isinstance(first, Round):
        return first
    claim: Claim | None = first
    while claim is not None:
        with on_behalf_of(claim.request_id):
            if not _is_remembered(gateway, claim):
                return Round.HELD
            sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
            along = _along(gateway, include_large) if go_on is not None and go_on() else None
            claim = persistence.save_surely(sent, gateway, wait_or_stop, along)
    return Round.CALLED


def _along(gateway: Gateway, include_large: bool) -> Callable[[], Claim | None] | None:
    """What claims another batch while an answer is saved; None if nothing should."""
    leave = slots.glance(gateway) if persistence.may_send() else None
    if leave is None:
        return None
    return partial(claims.claim_on, leave, include_large=include_large)


def _first_claim(
    gateway: Gateway, include_large: bool, wait_or_stop: Callable[[float], bool]
) -> Claim | Round:
    while campaigns := claims.candidates(gateway.pk, include_large):
        if not persistence.may_send():
            return Round.HELD
        leave = slots.look(gateway)
        if leave is None:
            return Round.HELD
        if not isinstance(leave, slots.Leave):
            if wait_or_stop(min(leave, 1.0)):
                return Round.STOPPED
            continue
        for campaign_id in campaigns:
            if (claim := claims.claim_batch(campaign_id, leave)) is not None:
                return claim
    return Round.NOTHING


def _is_remembered(gateway: Gateway, claim: Claim) -> bool:
    """Note the call in this machine's record; False if that fails, and then it is not made."""
    try:
        slot_record.raise_to(gateway, claim.slot)
    except OSError as error:
        _put_back(claim)
        holds.hold_unkept(gateway, words=error.strerror or str(error))
        return False
    return True


def _put_back(claim: Claim) -> None:
    """Queue a claimed batch again: no byte of its call was written, and none will be."""
    with transaction.atomic():
        this_try = Batch.objects.filter(pk=claim.batch.pk, tries=claim.batch.tries)
        if states.move_batches(this_try, [BatchState.SENDING], BatchState.QUEUED):
            states.move_recipients(claim.batch.pk, RecipientState.SENDING, RecipientState.QUEUED)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
