"""A machine's record outside the database: its highest slot, and the machines that it knew.

A database that is restored from a backup does not know what went out after the backup was taken,
and would send it again. The record in STATE_DIR knows.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from messaging.models import Gateway

# The file has two places, written in turn: a write that breaks off leaves the other place whole.
_PLACE: Final = 64 * 1024  # bytes; room for some 1,600 machines


# Files of which something that can be read may not be on the disk, because a write failed.
_unsynced: Final[set[Path]] = set()


@dataclass(frozen=True, slots=True)
class Record:
    """One machine's memory of one gateway.

    `slot` is the highest that it ever called with, and at least the highest that the database had
    given when it joined. `others` are the machines that it ever knew of. An old record, from before
    there was a list of machines, has neither `machine` nor `installation`.
    """

    slot: int
    machine: UUID | None = None
    installation: UUID | None = None
    others: frozenset[UUID] = frozenset()
    # Whether another machine, or a person, has vouched for it.
    is_trusted: bool = False


def read(gateway: Gateway) -> Record | None:
    """This machine's record; None if there is none, or none that can be read.

    Raises OSError if the folder cannot be looked into.
    """
    try:
        handle = os.open(_path(gateway), os.O_RDONLY)
    except FileNotFoundError:
        return None
    with _locked(handle, fcntl.LOCK_SH):
        return _latest(handle)[1]


def change(gateway: Gateway, how: Callable[[Record | None], Record]) -> Record:
    """Replace the record by what `how` makes of it, on the disk when this returns.

    Raises OSError if it cannot be kept: then nothing may be sent.
    """
    path = _path(gateway)
    handle = _open(path)
    with _locked(handle, fcntl.LOCK_EX):
        serial, before = _latest(handle)
        after = how(before)
        if after != before or path in _unsynced:
            _unsynced.add(path)
            _write(handle, serial + 1, after)
            _unsynced.discard(path)
    return after


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


# Slots that threads of this process wait to note: whoever has the file notes for all of them.
_waiting: Final[set[tuple[int, int]]] = set()


def raise_to(gateway: Gateway, slot: int) -> None:
    """Keep a slot's number before its call is made; the record's number never goes down.

    Raises OSError.
    """

    def raised(record: Record | None) -> Record:
        if record is None:
            raise OSError("the record of what was sent is gone")
        waiting = (taken for of, taken in list(_waiting) if of == gateway.pk)
        return replace(record, slot=max(record.slot, slot, *waiting))

    _waiting.add((gateway.pk, slot))
    try:
        change(gateway, raised)
    finally:
        _waiting.discard((gateway.pk, slot))


@contextlib.contextmanager
def _locked(handle: int, how: int) -> Iterator[None]:
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _latest(handle: int) -> tuple[int, Record | None]:
    """The newer of the two places that can be read, and its serial number."""
    places = [os.pread(handle, _PLACE, place * _PLACE) for place in (0, 1)]
    if re.fullmatch(rb"\d{20}\n", places[0]):
        return 0, Record(int(places[0]))
    found = [place for place in map(_read_place, places) if place is not None]
    return max(found, key=lambda place: place[0], default=(0, None))


def _read_place(content: bytes) -> tuple[int, Record] | None:
    return _read_line(content.partition(b"\n")[0])


@lru_cache(maxsize=8)
def _read_line(written: bytes) -> tuple[int, Record] | None:
    """A line of JSON behind its checksum; None for anything else."""
    checksum, _, line = written.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(line):
        return None
    try:
        found = json.loads(line)
        return found["serial"], Record(
            slot=found["slot"],
            machine=UUID(found["machine"]),
            installation=UUID(found["installation"]),
            others=frozenset(map(UUID, found["others"])),
            is_trusted=found["is_trusted"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _write(handle: int, serial: int, record: Record) -> None:
    found = {
        "serial": serial,
        "slot": record.slot,
        "machine": str(record.machine),
        "installation": str(record.installation),
        "others": sorted(map(str, record.others)),
        "is_trusted": record.is_trusted,
    }
    line = json.dumps(found, separators=(",", ":")).encode()
    content = b"%08x %b\n" % (zlib.crc32(line), line)
    if len(content) > _PLACE:
        raise OSError("there is no room for more machines in the record")
    if os.pwrite(handle, content, serial % 2 * _PLACE) != len(content):
        raise OSError("the disk is full")
    os.fdatasync(handle)


def _path(gateway: Gateway) -> Path:
    return _path_in(settings.STATE_DIR, gateway.base_url)


@lru_cache(maxsize=8)
def _path_in(folder: str | Path, base_url: str) -> Path:
    name = hashlib.sha256(base_url.encode()).hexdigest()[:16]
    return Path(folder) / f"slots-{name}"
