"""Slots: how many calls a minute are made, and which machines may make them."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from messaging.models import Gateway, HoldKind, HoldReason
from messaging.models.gateway import CLOCK_TOLERANCE
from messaging.services.gateway import holds, machines, restores, silence, slot_record
from messaging.services.gateway.machines import Standing
from messaging.services.sending import witness
from messaging.services.storage import clock, statements


@dataclass(frozen=True, slots=True)
class Leave:
    """What a machine asks for a slot with: its key, and the highest slot that it knows of."""

    gateway: int
    machine: str
    known: int


def look(gateway: Gateway) -> Leave | float | None:
    """Leave to claim a batch; or the seconds to wait before asking again; or None while the gateway
    is held, or this machine may not send.

    No slot is taken yet: `taking` checks everything again, within the transaction of the claim.
    """
    try:
        record = slot_record.read(gateway)
        seen = _seen(gateway, record)
        if seen.is_free and not _is_certain(gateway, record, seen):
            if not attend(gateway):
                return None
            record = slot_record.read(gateway)
            seen = _seen(gateway, record)
        if record is None or not seen.is_free or not _is_certain(gateway, record, seen):
            return None
    except OSError as error:
        holds.hold_unkept(gateway, words=error.strerror or str(error))
        return None
    if seen.is_asleep:
        silence.mark_overdue(gateway, now=timezone.now())
    if _interval() and seen.wait is not None and 0 < seen.wait <= _interval():
        return seen.wait
    return Leave(gateway.pk, _key(record.machine), record.slot)


def glance(gateway: Gateway) -> Leave | None:
    """Leave to claim a batch that `taking` will judge, where nothing has to be asked or done first:
    while a machine sends, and without a limit of calls a minute. It never asks the database.
    """
    if _interval() or machines.is_new_here(gateway):
        return None
    try:
        record = slot_record.read(gateway)
    except OSError:
        return None
    if record is None or not record.is_trusted:
        return None
    return Leave(gateway.pk, _key(record.machine), record.slot)


def _is_certain(gateway: Gateway, record: slot_record.Record | None, seen: "_Seen") -> bool:
    """Whether this machine, and every other, has found that the database lacks no call."""
    if record is None or not record.is_trusted or record.slot > seen.calls:
        return False
    return seen.is_clear and not machines.is_new_here(gateway)


def attend(gateway: Gateway) -> bool:
    """Compare this machine's record with the database, and hold the gateway where they differ.

    Returns whether this machine may send. Raises OSError if the record cannot be read or kept.
    """
    standing = machines.agree(gateway)
    if standing is Standing.NEW:
        standing = machines.agree(gateway)
    if standing is Standing.UNWITNESSED and witness.ask_sociair(gateway):
        standing = machines.agree(gateway)
    if standing is Standing.CLEAR:
        holds.release_past(gateway)
        return True
    if standing is Standing.SET_BACK:
        restores.notice(gateway)
    elif standing is Standing.UNKNOWN:
        holds.hold(gateway, HoldKind.PERSON, HoldReason.RECORD_MISSING)
    elif standing is Standing.SILENT:
        names = ", ".join(machines.silent(gateway).values_list("name", flat=True))
        holds.hold(gateway, HoldKind.PERSON, HoldReason.MACHINE_SILENT, words=names)
    return False


@dataclass(frozen=True, slots=True)
class _Seen:
    is_free: bool
    is_clear: bool
    is_asleep: bool
    calls: int
    wait: float | None


def _seen(gateway: Gateway, record: slot_record.Record | None) -> _Seen:
    """The gateway's row by the database's clock."""
    values: dict[str, int | float | str] = {
        "gateway": gateway.pk,
        "machine": _key(record.machine if record else None),
        "overdue": -silence.overdue_after().total_seconds(),
    }
    ((is_free, is_clear, is_asleep, calls, wait),) = statements.rows(_in_words(_LOOK), values)
    return _Seen(
        is_free=bool(is_free),
        is_clear=bool(is_clear),
        is_asleep=bool(is_asleep),
        calls=calls,
        wait=None if wait is None else float(wait),
    )


def _key(machine: UUID | None) -> str:
    """A machine's key as each database keeps it."""
    key = machine or UUID(int=0)
    return str(key) if connection.features.has_native_uuid_field else key.hex


_LOOK: Final = """
SELECT {is_free}, {is_clear}, active_at IS NULL OR active_at < {overdue}, calls, {wait}
FROM messaging_gateway WHERE id = %(gateway)s
"""
# Whether this machine, and every other that may know of more, has agreed in this era, and this one
# has looked in lately: after a sleep it compares anew.
_IS_CLEAR: Final = """
(cleared = {era} AND EXISTS (
    SELECT 1 FROM messaging_machine
    WHERE messaging_machine.gateway_id = messaging_gateway.id
        AND messaging_machine.key = %(machine)s
        AND messaging_machine.agreed = {era}
        AND vouched_at IS NOT NULL AND retired_at IS NULL
        AND seen_at > {silence} AND seen_at < {soon}
))
"""
_TAKE: Final = """
UPDATE messaging_gateway SET calls = calls + 1, next_slot = {next}, active_at = {now}
WHERE id = %(gateway)s
    AND {is_free} AND {is_clear} AND calls >= %(known)s
    AND (next_slot IS NULL OR next_slot <= {now} OR next_slot > {next})
RETURNING calls
"""


@cache
def _in_words(statement: str) -> str:
    """A statement for this kind of database, built once because every call needs it."""
    return statement.format(
        now=clock.now(),
        next=clock.shifted("%(interval)s"),
        overdue=clock.shifted("%(overdue)s"),
        wait=clock.seconds_until("next_slot"),
        is_free=clock.is_free(),
        is_clear=_IS_CLEAR.format(
            era=clock.era(),
            silence=clock.shifted(str(-machines.SILENCE.seconds)),
            soon=clock.shifted(str(CLOCK_TOLERANCE.seconds)),
        ),
    )


def taking(leave: Leave) -> statements.Statement:
    """What takes the next slot and finds its number; nothing if something has changed since `look`.

    The last change of a claim's transaction: the row, which all senders share, is locked for as
    short a time as can be.
    """
    values: dict[str, int | float | str] = {
        "gateway": leave.gateway,
        "machine": leave.machine,
        "known": leave.known,
        "interval": _interval(),
    }
    return _in_words(_TAKE), values


def _interval() -> float:
    """Seconds between two calls, whichever machine makes them."""
    limit = settings.SOCIAIR_REQUESTS_PER_MINUTE
    return timedelta(minutes=1).total_seconds() / limit if limit else 0.0
