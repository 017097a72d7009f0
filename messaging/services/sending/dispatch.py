"""Sending one batch: the worker looks for a slot, claims, calls Sociair and saves the answer.

A batch is claimed in the database before the call and its answer is recorded after it, each by a
conditional update; the next batch is claimed in the transaction that records the answer before it.
A batch whose answer nobody could save is `unconfirmed`, never sent again.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from enum import Enum
from typing import Final

from django.conf import settings
from django.db import transaction

from messaging.models import (
    Batch,
    BatchState,
    Gateway,
    RecipientState,
)
from messaging.services import sociair, states, transport
from messaging.services.gateway import holds, slot_record
from messaging.services.sending import claims, persistence, slots
from messaging.services.sending.claims import Claim
from messaging.services.sending.places import Place, Places
from sociair_portal.common.request_ids import on_behalf_of

# Times that all campaigns are gone through in vain: others were faster, or one cannot be cancelled.
_MOST_PASSES: Final = 5
_QUICK: Final = 1.0  # seconds; where calls take longer, the next one's claim would wait too long


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
    places: Places | None = None,
) -> Round:
    """Send one batch of the best campaign; while `go_on()`, the next one too, which is claimed with
    the answer to the one before. `stopping(seconds)` waits and tells whether to stop. No more call
    at the same time than there are `places`.
    """
    wait_or_stop = stopping or _sleep
    with places.for_sender() if places else nullcontext(Place()) as place:
        if not place.take():
            return Round.NOTHING
        first = _first_claim(gateway, include_large, wait_or_stop)
        if isinstance(first, Round):
            return first
        claim: Claim | None = first
        while claim is not None:
            with on_behalf_of(claim.request_id):
                sent = _call(gateway, claim, place)
                if isinstance(sent, Round):
                    return sent
                along = _along(gateway, claim, include_large, go_on) if go_on is not None else None
                claim = persistence.save_surely(sent, gateway, wait_or_stop, along)
    return Round.CALLED


def _call(gateway: Gateway, claim: Claim, place: Place) -> sociair.Sent | Round:
    """Make a claim's call, once its slot is noted and there is a place for it. Where there is none,
    the batch is queued again: the claim before it was called.
    """
    if not _is_remembered(gateway, claim):
        return Round.HELD
    if not place.take():
        _put_back(claim)
        return Round.CALLED
    began = transport.now()
    sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    if transport.now() - began < _QUICK:
        place.leave()
    return sent


def _along(
    gateway: Gateway, claim: Claim, include_large: bool, go_on: Callable[[], bool]
) -> Callable[[], Claim | None] | None:
    """What claims another batch while the answer to a claim is saved; None if nothing should.

    Nothing if more time went by since than a call takes: a machine that slept looks about first.
    """
    slept = transport.now() > claim.start_before + settings.SOCIAIR_TOTAL_TIMEOUT
    leave = None if slept or not persistence.may_send() else slots.glance(gateway)
    if leave is None:
        return None

    def along() -> Claim | None:
        """Asked in the transaction of the answer, which may have waited for its turn."""
        return claims.claim_on(leave, include_large=include_large) if go_on() else None

    return along


def _first_claim(
    gateway: Gateway, include_large: bool, wait_or_stop: Callable[[float], bool]
) -> Claim | Round:
    passes = 0
    while passes < _MOST_PASSES and (campaigns := claims.candidates(gateway.pk, include_large)):
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
        passes += 1
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
