"""Whether the database knows all that went out: each machine compares it with its own record.

Nobody sends before every machine that may know of more has been asked since the database was last
started or restored. docs/failures.md has the argument why this suffices in any order of starts.
"""

import logging
import socket
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from messaging.models import Campaign, Gateway, Machine
from messaging.models.gateway import CLOCK_TOLERANCE
from messaging.services.gateway import slot_record
from messaging.services.gateway.slot_record import Record
from messaging.services.storage import clock

logger = logging.getLogger(__name__)

_WAIT: Final = timedelta(minutes=3)  # for a machine that may only be slow to start
_SEEN_EVERY: Final = timedelta(seconds=15)  # between two notes that a machine is there
_NEW: Final = timedelta(minutes=1)  # in which a newcomer has looked in, or is gone
_NOBODY_AFTER: Final = timedelta(minutes=3)  # without a sweep
SILENCE: Final = timedelta(minutes=1)  # in which some machine would have looked in

# Gateways for which this process has begun an era, where the database tells none.
_begun: set[int] = set()


class Standing(Enum):
    """What a machine may do, after its record and the database were compared."""

    CLEAR = "nothing is missing, and all agree"
    NEW = "its row has just been made, and is compared once it is there"
    WAITING = "somebody has not answered yet"
    SILENT = "somebody has not answered for minutes"
    UNKNOWN = "it has no record, and nobody is there who could vouch for it"
    UNWITNESSED = "no machine was there for a while, and Sociair has not been asked since"
    SET_BACK = "the database is older than what this machine knows"


def agree(gateway: Gateway) -> Standing:
    """Compare this machine's record with the database, note the result, and vouch for newcomers.

    Raises OSError if the record cannot be read or kept.
    """
    was_begun = gateway.pk in _begun
    try:
        return _agree(gateway)
    except BaseException:
        if not was_begun:
            _begun.discard(gateway.pk)  # it was not committed
        raise


def _agree(gateway: Gateway) -> Standing:
    with transaction.atomic():
        found = Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        now = clock.moment()  # machines' own clocks may differ
        _begin_era(found, now)
        record = slot_record.read(found)
        if not _is_of(found, record):
            record = None
        if record is not None and is_set_back(found, record):
            return Standing.SET_BACK
        _note_silence(found, now)
        me, is_new = _row_of(found, record, now)
        _look_in(me, now)
        if me.vouched_at is None:
            return _as_newcomer(found, me, now)
        if is_new:
            return Standing.NEW
        _remember_others(found, me)
        if (newcomers := _newcomers(found, now, within=_NEW)).exists():
            _vouch(newcomers, now, era=found.era)
        if me.agreed != found.era:
            Machine.objects.filter(pk=me.pk).update(agreed=found.era)
        return _ask_others(found, now)


def is_new_here(gateway: Gateway) -> bool:
    """Whether this process has not compared yet, where only its start begins an era."""
    return not clock.tells_eras() and gateway.pk not in _begun


def _is_of(gateway: Gateway, record: Record | None) -> bool:
    """Whether a record is of this very installation, and not of another database's."""
    return record is not None and record.installation in (None, gateway.installation)


def is_set_back(gateway: Gateway, record: Record) -> bool:
    """Whether this machine knows of more than the database does."""
    if record.slot > gateway.calls:
        return True
    if not record.is_trusted or record.machine is None:
        return False
    known = set(Machine.objects.filter(gateway=gateway).values_list("key", flat=True))
    return not known >= {record.machine, *record.others}


def _begin_era(gateway: Gateway, now: datetime) -> None:
    """Note the era of this moment. The caller holds the gateway's lock."""
    if clock.tells_eras():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {clock.era()}")
            era = str(cursor.fetchone()[0])
    elif gateway.pk in _begun and gateway.era:
        return
    else:
        era = uuid.uuid4().hex
        _begun.add(gateway.pk)
    if era != gateway.era:
        gateway.era, gateway.era_began_at, gateway.cleared = era, now, ""
        Gateway.objects.filter(pk=gateway.pk).update(era=era, cleared="", era_began_at=now)


def _note_silence(gateway: Gateway, now: datetime) -> None:
    """Note since when no machine has looked in, if that is long ago.

    A database, and a machine's record with it, may have been set back as a whole, and no machine
    would know of it. The same if a campaign is under way, and no machine has ever been there.
    """
    if gateway.silent_since is not None:
        return
    seen = Machine.objects.filter(gateway=gateway, vouched_at__isnull=False)
    last: datetime | None = seen.aggregate(last=Max("seen_at"))["last"]
    if last is None and not Campaign.objects.under_way().filter(gateway=gateway).exists():
        return
    if last is None or abs(now - last) > SILENCE:
        gateway.silent_since = last or now
        Gateway.objects.filter(pk=gateway.pk).update(silent_since=last or now, cleared="")


def _row_of(gateway: Gateway, record: Record | None, now: datetime) -> tuple[Machine, bool]:
    """This machine's row, and whether it was made just now."""
    machines = Machine.objects.filter(gateway=gateway)
    key = record.machine if record is not None else None
    if key is not None and (known := machines.filter(key=key).first()) is not None:
        if known.retired_at is not None:
            _begin_anew(known, now)
        return known, False
    # The first machine begins the list; so does one whose record is older than the list.
    is_first = not machines.exists() and (record is not None or not gateway.calls)
    me = Machine(
        gateway=gateway,
        key=key or uuid.uuid4(),
        name=socket.gethostname()[:100],
        joined_at=now,
        seen_at=now,
        vouched_at=now if is_first else None,
    )
    slot_record.change(gateway, partial(_first_record, me=me))
    me.save()
    return me, True


def _begin_anew(machine: Machine, now: datetime) -> None:
    """Make a machine a newcomer again, after someone went on without it."""
    machine.vouched_at = machine.retired_at = None
    machine.agreed, machine.joined_at = "", now
    machine.save(update_fields=["vouched_at", "retired_at", "agreed", "joined_at"])


def _first_record(before: Record | None, *, me: Machine) -> Record:
    """What a machine knows when it joins: what the database says."""
    known = before.slot if before is not None and _is_of(me.gateway, before) else 0
    return Record(
        slot=max(known, me.gateway.calls),
        machine=me.key,
        installation=me.gateway.installation,
    )


def _look_in(machine: Machine, now: datetime) -> None:
    name = socket.gethostname()[:100]
    if machine.name != name or abs(now - machine.seen_at) > _SEEN_EVERY:
        Machine.objects.filter(pk=machine.pk).update(name=name, seen_at=now)


def _as_newcomer(gateway: Gateway, me: Machine, now: datetime) -> Standing:
    """A newcomer waits until a machine that is there has it in its record, or a person looks."""
    others = Machine.objects.trusted().filter(gateway=gateway).exclude(pk=me.pk)
    is_there = others.filter(seen_at__range=(now - _WAIT, now + CLOCK_TOLERANCE)).exists()
    return Standing.WAITING if is_there else Standing.UNKNOWN


def _remember_others(gateway: Gateway, me: Machine) -> None:
    """Keep in this machine's record which machines may send, whatever becomes of the database.

    Also that this machine may send itself: its row is committed by now.
    """
    others = Machine.objects.filter(gateway=gateway).exclude(pk=me.pk)
    keys = frozenset(others.values_list("key", flat=True))

    def with_others(record: Record | None) -> Record:
        if record is None:
            raise OSError("the record of what was sent is gone")
        return replace(record, others=record.others | keys, is_trusted=True)

    slot_record.change(gateway, with_others)


def _newcomers(gateway: Gateway, now: datetime, *, within: timedelta) -> QuerySet[Machine]:
    """Those that wait to be vouched for and have looked in lately; others may be gone for good."""
    here = Q(seen_at__range=(now - within, now + CLOCK_TOLERANCE))
    return Machine.objects.filter(here, gateway=gateway, vouched_at__isnull=True)


def _vouch(newcomers: QuerySet[Machine], now: datetime, *, era: str) -> None:
    """Let newcomers send: they are in another machine's record, and none of them has sent."""
    newcomers.update(vouched_at=now, agreed=era)


def _ask_others(gateway: Gateway, now: datetime) -> Standing:
    """CLEAR if every machine that may know of more has agreed in this era, and none was away."""
    if silent(gateway).exists():
        waited = now - (gateway.era_began_at or now)
        is_long = waited > _WAIT or waited < -CLOCK_TOLERANCE
        return Standing.SILENT if is_long else Standing.WAITING
    if gateway.silent_since is not None:
        return Standing.UNWITNESSED
    if gateway.cleared != gateway.era:
        Gateway.objects.filter(pk=gateway.pk).update(cleared=gateway.era)
    return Standing.CLEAR


def silent(gateway: Gateway) -> QuerySet[Machine]:
    """Machines that may know of more than the database, and have not said so in this era."""
    return Machine.objects.trusted().filter(~Q(agreed=gateway.era), gateway=gateway)


def go_on_without(gateway: Gateway) -> None:
    """After a person has looked: silent machines are not waited for, newcomers are let in.

    The caller holds the gateway's lock.
    """
    now = clock.moment()
    # Those that have looked in since the era began are there, and will agree in a moment.
    is_there = Q(seen_at__range=(gateway.era_began_at or now, now + CLOCK_TOLERANCE))
    is_silent = ~Q(agreed=gateway.era) & ~is_there
    # A machine that has lost its record is another one by now, and its old row is never seen again.
    is_away = Q(seen_at__lt=now - _WAIT)
    gone = Machine.objects.trusted().filter(is_silent | is_away, gateway=gateway)
    for machine in gone:
        logger.warning("Machine %s is no longer waited for.", machine.pk)
    gone.update(retired_at=now)
    Gateway.objects.filter(pk=gateway.pk).update(silent_since=None)
    _vouch(_newcomers(gateway, now, within=_WAIT), now, era=gateway.era)
    Machine.objects.filter(gateway=gateway, vouched_at__isnull=True).delete()


def nobody_looks_in(gateway: Gateway) -> bool:
    """Whether no worker of any machine has looked in for some minutes: then nothing is sent."""
    return gateway.swept_at is None or abs(timezone.now() - gateway.swept_at) > _NOBODY_AFTER
