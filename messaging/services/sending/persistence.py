"""Saving an answer, however long the database fails: nothing else proves what went out."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django import db
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connection

from messaging.models import Batch, Gateway, HoldKind, HoldReason, SentMessage
from messaging.services.gateway import holds
from messaging.services.sending import answer_file, kept_answers
from messaging.services.sending.claims import Claim
from messaging.services.sending.record import record
from messaging.services.sociair import Sent
from messaging.services.storage import database, trouble
from messaging.services.storage.trouble import Cause
from sociair_portal.common.request_ids import on_behalf_of

logger = logging.getLogger(__name__)

_HOLD_AFTER: Final = 30.0  # seconds of failing after which nothing more is sent
_SAVE_FOR: Final = 600.0  # seconds in which whoever received an answer tries to save it
_STOP_WITHIN: Final = 3.0  # seconds to go on trying once the worker is told to stop
_PAUSE: Final = 0.5  # seconds between two tries

# This process's answers that are not saved: since when each fails (time.monotonic), and the files
# of those that are left to the sweep (None for one that could not be written either).
_failing: dict[str, float] = {}
_left: dict[str, Path | None] = {}
_passed_over: set[str] = set()  # names of other gateways' files, logged once


def may_send() -> bool:
    """Whether this process can save the answer to another call, as far as it knows."""
    late = time.monotonic() - _HOLD_AFTER
    is_stuck = _left or any(since <= late for since in list(_failing.values()))
    return not is_stuck and database.can_be_used()


def save_surely(
    sent: Sent,
    gateway: Gateway,
    wait: Callable[[float], bool],
    then: Callable[[], Claim | None] | None = None,
) -> Claim | None:
    """Save an answer, again and again; from the first failure on it is in a file too.

    After ten minutes, or a few seconds after the worker was told to stop, the file is left to the
    sweep. `wait(seconds)` waits and tells whether to stop. At the first try `then` claims the next
    batch along with it.
    """
    saved = _try_to_save(sent, then)
    if not isinstance(saved, Cause):
        return saved
    try:
        _go_on_saving(_Unsaved(sent, gateway), saved, wait)
    finally:
        _failing.pop(_key(sent), None)
        _all_is_well()
    return None


class _Unsaved:
    """An answer that the database did not take at the first try."""

    def __init__(self, sent: Sent, gateway: Gateway) -> None:
        self.sent = sent
        self.since = time.monotonic()
        self.file: kept_answers.Kept | None = None
        self._gateway = gateway
        self._is_held = False
        _failing[_key(sent)] = self.since

    def look_after(self, cause: Cause) -> None:
        """Do what can be done while the database does not take it."""
        trouble.note(cause)
        self.file = self.file or _keep(self.sent)
        # While a lock lasts nobody gets a slot, and when it ends the answer is saved.
        is_late = time.monotonic() - self.since >= _HOLD_AFTER
        if is_late and cause is not Cause.LOCKED and not self._is_held:
            self._is_held = _hold(self._gateway)

    def forget(self) -> None:
        if self.file is not None:
            self.file.forget()

    def leave(self) -> None:
        """Leave the file to the sweep."""
        logger.error("Batch %s: its answer is not saved, %s.", self.sent.batch.pk, self._where())
        _left[_key(self.sent)] = self.file.path if self.file else None
        if self.file is not None:
            self.file.leave()

    def _where(self) -> str:
        return "and waits in a file" if self.file else "nor could it be written to a file"


def _go_on_saving(unsaved: _Unsaved, cause: Cause | None, wait: Callable[[float], bool]) -> None:
    give_up = unsaved.since + _SAVE_FOR
    while cause is not None:
        unsaved.look_after(cause)
        is_over = database.ends_it(cause) and unsaved.file is not None
        if is_over or time.monotonic() >= give_up:
            return unsaved.leave()
        if wait(_PAUSE):
            time.sleep(_PAUSE)  # whoever is told to stop does not wait any more
            if unsaved.file is not None:
                give_up = min(give_up, time.monotonic() + _STOP_WITHIN)
        saved = _try_to_save(unsaved.sent)
        cause = saved if isinstance(saved, Cause) else None
    return unsaved.forget()


def _try_to_save(
    sent: Sent, then: Callable[[], Claim | None] | None = None
) -> Cause | Claim | None:
    """Why it could not be saved; if it is, the batch that `then` claimed, or None."""
    if not database.is_ours():
        return Cause.REPLACED
    try:
        with database.short_wait():
            claim = record(sent, then)
    except (db.Error, ObjectDoesNotExist) as error:  # a restored database may lack the call
        if _key(sent) not in _failing:
            # The error's words may quote the row, with numbers and text.
            kind = type(error).__name__
            logger.warning("Batch %s: the answer could not be saved: %s.", sent.batch.pk, kind)
        cause = database.cause_of(error)
        reconnect()
        return cause
    return claim if database.is_ours() else Cause.REPLACED


def reconnect() -> None:
    """Close a connection that failed; the next query opens another."""
    connection.close()


def _keep(sent: Sent) -> kept_answers.Kept | None:
    try:
        return kept_answers.keep(sent)
    except OSError:
        return None  # it is tried again after the next failure


def _hold(gateway: Gateway) -> bool:
    """Hold every call, because answers cannot be saved. False if that cannot be saved either."""
    try:
        with database.short_wait():
            holds.hold(gateway, HoldKind.PERSON, HoldReason.NOT_SAVED)
    except db.Error:
        reconnect()
        return False
    return True


def _key(sent: Sent) -> str:
    return f"{sent.batch.pk}-{sent.batch.tries}"


def catch_up(gateway: Gateway) -> None:
    """Record the answers that wait in files; when none is left, the database's trouble is over."""
    try:
        for file in kept_answers.take():
            _record(file)
    except OSError as error:
        logger.error("Answers that wait in files cannot be read: %s.", error.strerror)
    for key, path in list(_left.items()):
        if path is None:  # it is lost, and its batch will be unconfirmed
            holds.hold(gateway, HoldKind.PERSON, HoldReason.NOT_SAVED)
        if path is None or not path.exists():
            del _left[key]
    _all_is_well()


def _all_is_well() -> None:
    """Clear the database's trouble if no answer waits to be saved."""
    ours = [
        path
        for path in kept_answers.waiting()
        if kept_answers.is_of(path, settings.SOCIAIR_BASE_URL)
    ]
    if not (_failing or _left or ours):
        trouble.clear()


def _record(file: kept_answers.Kept) -> None:
    """Raises OperationalError: where the database is not there, the others need not be tried."""
    try:
        found = file.read()
        is_saved = _save(found)
    except answer_file.Torn:
        return _set_aside(file, "torn")
    except db.Error as error:
        file.leave()
        logger.error("%s could not be recorded: %s.", file.path.stem, type(error).__name__)
        if isinstance(error, OperationalError):
            raise
        return None
    if is_saved:
        return file.forget()
    if found.gateway == settings.SOCIAIR_BASE_URL:
        return _set_aside(file, "unknown")
    return _pass_over(file)


def _save(found: answer_file.FoundAnswer) -> bool:
    """Record a call as it was answered; False if the database knows nothing of it.

    After a restore the number of its batch may be another's: the moment of its claim tells.
    """
    if SentMessage.objects.filter(
        gateway__base_url=found.gateway,
        batch=found.batch,
        attempt=found.attempt,
        started_at=found.started_at,
    ).exists():
        database.sync()  # who committed it may not have waited for the disk
        return True
    batch = (
        Batch.objects.filter(
            campaign__gateway__base_url=found.gateway, pk=found.batch, tries=found.attempt
        )
        .select_related("campaign")
        .first()
    )
    if batch is None or batch.claimed_at != found.claimed_at:
        return False
    with on_behalf_of(batch.campaign.request_id):
        record(Sent(batch, found.numbers, found.answer, found.started_at, found.ended_at))
        logger.info("Batch %s: its answer was recorded from a file.", batch.pk)
    return True


def _set_aside(file: kept_answers.Kept, why: str) -> None:
    logger.error("%s was set aside: it is %s.", file.path.stem, why)
    file.set_aside(why)


def _pass_over(file: kept_answers.Kept) -> None:
    """Leave the file to the portal of another gateway, which may share the folder."""
    if file.path.name not in _passed_over:
        _passed_over.add(file.path.name)
        logger.error("%s was left alone: it is another gateway's.", file.path.stem)
    file.leave()
