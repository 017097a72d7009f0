"""The worker's tasks. The tables are the queue; Huey only wakes the senders.

Services never enqueue: views, commands and these tasks do, on commit, through `kick`. A task is
given the name of the request that asks for it; what it does for a campaign has the name of the one
that handed the campaign over.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from django.conf import settings
from django.db import DatabaseError, transaction
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from messaging.models import Campaign, CampaignState, Gateway, PeopleCount
from messaging.services import sociair
from messaging.services.campaigns import counting, kept_counts, preparation
from messaging.services.decisions import copies
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.privacy import deleted_names, erasing, retention
from messaging.services.sending import dispatch, places, slots, upkeep
from messaging.services.storage import database
from sociair_portal.common.request_ids import current_id, for_a_request, on_behalf_of
from sociair_portal.common.shutdown import stopping

_RUN_FOR: Final = 30.0  # seconds a task goes on before it makes room for others
_EXPIRES: Final = 60  # seconds in the queue after which a kick is dropped: the sweep kicks again
_PRIORITY: Final = {"send": 0, "count": 4, "prepare": 5, "balance": 8, "sweep": 10}
_ASKED_TWICE: Final = 5  # seconds in which a second request for the balance is dropped

# One preparation and one question for the balance at a time: more would take the senders' threads.
_preparing, _asking = threading.Lock(), threading.Lock()
_counting = threading.Lock()  # pages wait for it, but no message does
_tidying = threading.Lock()  # what is forgotten or old: nobody waits for it

# The worker has one thread more than may send at the same time.
_sending = threading.BoundedSemaphore(settings.SOCIAIR_SENDERS)

# One sender of two or more stays free of large campaigns, so that a single message never waits.
_large = threading.BoundedSemaphore(settings.SOCIAIR_SENDERS_OF_LARGE)
_places: Final = places.Places(settings.SOCIAIR_WORKERS)


def kick(senders: int | None = None) -> None:
    """Wake so many senders (None: all) when the transaction is committed."""
    count = min(senders or settings.SOCIAIR_SENDERS, settings.SOCIAIR_SENDERS)
    for _sender in range(count):
        transaction.on_commit(partial(send, current_id()))


def kick_forgetting() -> None:
    """Have the worker anonymise people when the transaction is committed."""
    transaction.on_commit(forget_people)


def kick_prepare() -> None:
    """Have the worker prepare campaigns when the transaction is committed."""
    transaction.on_commit(partial(prepare, current_id()))


def kick_count(count: PeopleCount | None) -> None:
    """Have the worker count people, if a page waits for it and the worker was not woken lately."""
    if count is not None and kept_counts.may_wake(count):
        transaction.on_commit(partial(count_people, current_id()))


def kick_balance() -> None:
    """Have the worker read the balance when the transaction is committed."""
    transaction.on_commit(partial(read_balance, current_id()))


def _kick_at(at: datetime) -> None:
    """Wake the senders at a time; if that is lost, the sweep wakes them within a minute."""
    transaction.on_commit(partial(wake.schedule, (current_id(),), eta=at))


def kick_for(campaign: Campaign) -> None:
    """Go on with a campaign that was handed over, now or for later, or resumed."""
    if campaign.state == CampaignState.PREPARING:
        kick_prepare()
    elif campaign.state == CampaignState.SCHEDULED and campaign.scheduled_for is not None:
        _kick_at(campaign.scheduled_for)
    else:
        kick()


@db_task(priority=_PRIORITY["send"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
@for_a_request
def send() -> None:
    """A sender: claims, calls and records until nothing is claimable or its time is over."""
    with _sending:  # waited for: a sender that is just ending may have looked too early
        if not database.can_be_used():
            return
        is_over = _send_all(holds.current_gateway())
    if not is_over and not stopping.is_set():
        send()


def _send_all(gateway: Gateway) -> bool:
    """Send batch after batch. False if the time is over before that."""
    until = time.monotonic() + _RUN_FOR

    def go_on() -> bool:
        return time.monotonic() < until and not stopping.is_set()

    while go_on():
        done = _round(gateway, go_on)
        if done is dispatch.Round.HELD and (at := holds.reserve_wake_up(gateway)):
            wake.schedule(eta=at)
        if done is not dispatch.Round.CALLED:
            return True
    return False


def _round(gateway: Gateway, go_on: Callable[[], bool]) -> dispatch.Round:
    include_large = _large.acquire(blocking=False)
    try:
        return dispatch.send_next(
            gateway,
            include_large=include_large,
            stopping=stopping.wait,
            go_on=go_on,
            places=_places if include_large else None,
        )
    except DatabaseError as error:
        if not database.takes_no_changes(error):
            raise
        return dispatch.Round.HELD
    finally:
        if include_large:
            _large.release()


@db_task(priority=_PRIORITY["sweep"])  # type: ignore[untyped-decorator]
@for_a_request
def wake() -> None:
    """Start what is due and wake the senders."""
    sweep_now()


@db_task(priority=_PRIORITY["prepare"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
@for_a_request
def prepare() -> None:
    """Prepare campaigns that are too large for a web request; if it takes long, go on later."""
    if not _preparing.acquire(blocking=False):
        return
    try:
        _prepare(time.monotonic() + _RUN_FOR)
    finally:
        _preparing.release()


def _prepare(until: float) -> None:
    gateway = holds.current_gateway()
    for campaign in upkeep.unprepared(gateway):
        with on_behalf_of(campaign.request_id):
            finished = _prepare_one(campaign, until)
        if not finished:
            break


def _prepare_one(campaign: Campaign, until: float) -> bool:
    prepare_this = copies.prepare if campaign.again_of else preparation.prepare_or_pause
    finished = prepare_this(
        campaign, go_on=lambda: time.monotonic() < until and not stopping.is_set()
    )
    if not finished and not stopping.is_set():
        prepare(campaign.request_id)
        return False
    kick_for(campaign)
    return True


@db_task(priority=_PRIORITY["count"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
@for_a_request
def count_people() -> None:
    """Count the people of large audiences, for pages that wait for it."""
    if not _counting.acquire(blocking=False):
        return
    try:
        counting.count_what_waits(go_on=lambda: not stopping.is_set())
    finally:
        _counting.release()


@db_task(priority=_PRIORITY["sweep"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
def forget_people() -> None:
    """Go on with people who are anonymised, and with what is old, and then take their names out of
    SQLite's table of parts; if it takes long, later.
    """
    if not _tidying.acquire(blocking=False):
        return
    until = time.monotonic() + _RUN_FOR

    def go_on() -> bool:
        return time.monotonic() < until and not stopping.is_set()

    try:
        for erasure in erasing.waiting():
            if go_on():
                erasing.go_on_with(erasure, go_on=go_on)
        is_due = not retention.is_over()
        retention.remove_old(go_on=go_on)
        if is_due or deleted_names.are_kept():
            deleted_names.remove(go_on=go_on, wait=stopping.wait)
    finally:
        _tidying.release()


@db_task(priority=_PRIORITY["balance"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
@for_a_request
def read_balance() -> None:
    """Read the balance for a page that wants it fresh, and wake the senders."""
    gateway = holds.current_gateway()
    if not _asking.acquire(blocking=False):
        return
    try:
        if balance.is_fresh(balance.latest(gateway), within=_ASKED_TWICE):
            return
        balance.read_balance(gateway)
    except sociair.BalanceUnknown:
        return  # kept on the gateway's row, where the page finds it
    finally:
        _asking.release()
    kick()


def attend() -> None:
    """Look in as a machine that sends; wake the senders when they may now send."""
    gateway = holds.current_gateway()
    if not slots.attend(gateway):
        return
    gateway.refresh_from_db(fields=["cleared"])
    if gateway.cleared != _cleared.pop(gateway.pk, ""):
        kick()  # senders that were turned away before
    _cleared[gateway.pk] = gateway.cleared


# By gateway, the last era in which this process has seen all machines agree.
_cleared: Final[dict[int, str]] = {}


@db_periodic_task(crontab(minute="*"), priority=_PRIORITY["sweep"], expires=_EXPIRES)  # type: ignore[untyped-decorator]
def sweep() -> None:
    sweep_now()


def sweep_now() -> None:
    """Do the sweep, and go on with what it found."""
    if not database.can_be_used():
        return
    gateway = holds.current_gateway()
    try:
        upkeep.sweep(gateway)
    except DatabaseError as error:
        if not database.takes_no_changes(error):
            raise
        return
    if upkeep.unprepared(gateway):
        prepare()
    if erasing.waiting() or deleted_names.are_kept() or not retention.is_over():
        forget_people()
    kick()
