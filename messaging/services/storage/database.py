"""Whether the database is there, is the one that this process began with, and can be written."""

import contextlib
import errno
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.utils.translation import gettext as _

from messaging.services.storage import statements, trouble
from messaging.services.storage.trouble import Cause
from sociair_portal.common import shutdown

logger = logging.getLogger(__name__)

_SHORT: Final = 5  # seconds for a lock, where what waits for it must not be lost
_BRIEF: Final = 0.25  # seconds for a row, where what waits for it may go on without it
_PROBE: Final = b"\0" * 64 * 1024  # written to try whether a disk takes more
# How SQLite says it.
_WORDS: Final = {
    "locked": Cause.LOCKED,
    "is full": Cause.FULL,
    "readonly": Cause.READ_ONLY,
    "disk i/o": Cause.DISK,
    "unable to open": Cause.DISK,
}
# How PostgreSQL says it: an exact state, or the class that it begins with.
_STATES: Final = {
    "25006": Cause.READ_ONLY,
    "53100": Cause.FULL,
    "55P03": Cause.LOCKED,
    "57014": Cause.OTHER,  # a statement that took too long
    "58030": Cause.DISK,
}
_CLASSES: Final = {"08": Cause.UNREACHABLE, "57": Cause.UNREACHABLE}
# How the operating system says it.
_NUMBERS: Final = {
    errno.ENOSPC: Cause.FULL,
    errno.EDQUOT: Cause.FULL,
    errno.EROFS: Cause.READ_ONLY,
    errno.EIO: Cause.DISK,
}

_turn: Final = threading.RLock()

# The SQLite file that this process began with: its device and inode.
_opened: dict[Path, tuple[int, int]] = {}


def cause_of(error: Exception) -> Cause:
    """What an error says, without its words: they may quote the row, with numbers and text."""
    if connection.vendor == "sqlite":
        said = str(error).lower()
        return next((cause for words, cause in _WORDS.items() if words in said), Cause.OTHER)
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        is_gone = isinstance(error, OperationalError | InterfaceError)
        return Cause.UNREACHABLE if is_gone else Cause.OTHER
    return _STATES.get(state) or _CLASSES.get(state[:2], Cause.OTHER)


def is_ours() -> bool:
    """Whether the SQLite file is still the one that this process began with.

    What is written into a file that was moved away is lost, and a file that was put in its place
    knows nothing of what went out meanwhile: the worker ends.
    """
    if (path := _file()) is None:
        return True
    now = _identity(path)
    if now is not None and _opened.setdefault(path, now) == now:
        return True
    if path not in _opened:
        return True  # it is made when it is first opened
    ends_it(Cause.REPLACED)
    return False


def can_be_used() -> bool:
    """Whether it is ours, and may be written by whoever opens it next; otherwise the worker ends.

    A connection that is open already may still write after the file became read-only.
    """
    path = _file()
    if not is_ours():
        return False
    if path is None or not path.exists() or os.access(path, os.W_OK):
        return True
    return not ends_it(Cause.READ_ONLY)


def _file() -> Path | None:
    """None for a server, and for a database in memory."""
    of_thread = connections[DEFAULT_DB_ALIAS]
    return _file_of(of_thread.vendor, str(of_thread.settings_dict["NAME"]))


@cache
def _file_of(vendor: str, name: str) -> Path | None:
    if vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return None
    return Path(name)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def ends_it(cause: Cause) -> bool:
    """Whether a worker must not go on with the database like this; then it is told to end.

    A server that takes no changes may take them again after a moment, so it is waited for.
    """
    if cause is Cause.REPLACED:
        why = _(
            "The database file %(file)s was replaced while the worker had it open. Nothing has "
            "been sent from it since. Stop everything, read docs/scaling.md, then start again."
        )
    elif cause is Cause.READ_ONLY and connection.vendor == "sqlite":
        why = _(
            "The database file %(file)s is read-only. Nothing has been sent from it since. Stop "
            "everything, read docs/scaling.md, then start again."
        )
    else:
        return False
    trouble.note(cause)
    shutdown.give_up(why % {"file": _file()})
    return True


def takes_no_changes(error: DatabaseError) -> bool:
    """Whether it is read-only: then nothing is sent, and it is said in one sentence."""
    cause = cause_of(error)
    if cause is not Cause.READ_ONLY:
        return False
    if not ends_it(cause):
        trouble.note(cause)
        logger.error("The database is read-only: nothing is sent until it takes changes again.")
    return True


def check_file() -> None:
    """Called when a worker starts: it ends if its SQLite file takes no changes."""
    if is_ours() and _file() is not None and (cause := _cannot_begin()):
        ends_it(cause)


@contextlib.contextmanager
def short_wait() -> Iterator[None]:
    """Make SQLite give up a lock after 5 seconds, so that something else can be done about it."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = connection.settings_dict["OPTIONS"].get("timeout", 5)
    _wait_for_locks(_SHORT)
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError):  # a broken connection is not used again
            _wait_for_locks(usual)


@contextlib.contextmanager
def in_turn() -> Iterator[None]:
    """A transaction that is on the disk when it ends, and in whose locks few wait for long.

    The threads of this process take turns. SQLite lets whoever waits for its lock sleep for longer
    and longer, so that it lies idle between many short transactions; PostgreSQL hands a row's lock
    on more slowly than they do, and more so the more wait. Who waits in vain for its turn goes on,
    and then the database decides.
    """
    with contextlib.ExitStack() as turn:
        if connection.vendor == "sqlite":
            _wait_for_turn(turn, _SHORT)
        with transaction.atomic():
            if connection.vendor == "postgresql":
                # It keeps a transaction's locks until it is on the disk, so that those of one
                # campaign would wait for the disk one after another. `sync` waits for it later.
                statements.tell("SET LOCAL synchronous_commit = off")
                _wait_for_turn(turn, _BRIEF)
            yield
            is_kept = not transaction.get_rollback()
    if is_kept:
        _sync_what_is_committed()


def _wait_for_turn(turn: contextlib.ExitStack, seconds: float) -> None:
    if _turn.acquire(timeout=seconds):
        turn.callback(_turn.release)


def _sync_what_is_committed() -> None:
    """Whoever is told of a failure takes the transaction for undone, so one connection more is
    tried first: what is committed outlives the one that it came over.
    """
    try:
        sync()
    except (DatabaseError, InterfaceError):
        connection.close()
        sync()


def sync() -> None:
    """Put everything that was committed `in_turn` on PostgreSQL's disk: a later commit takes with
    it all that stand before it in the log. One that changes nothing is not written, this one is.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        statements.tell("SELECT pg_logical_emit_message(true, 'sociair_portal', '')")


_MARK: Final = "SAVEPOINT portal_mark"
_GO_BACK: Final = "ROLLBACK TO SAVEPOINT portal_mark"
_WAIT_BRIEFLY: Final = f"SET LOCAL lock_timeout = '{_BRIEF * 1000:.0f}ms'"


def mark() -> None:
    """Mark the place in a transaction that `go_back_to_mark` returns to. From there on it waits
    hardly for a lock of PostgreSQL's; SQLite has only one, and whoever writes has it already.

    Django's savepoints cost more than all that is asked within them.
    """
    is_postgresql = connection.vendor == "postgresql"
    statements.together((_MARK, ()), *([(_WAIT_BRIEFLY, ())] if is_postgresql else []))


def go_back_to_mark() -> None:
    """Undo what was done since the mark."""
    statements.tell(_GO_BACK)


def _wait_for_locks(seconds: float) -> None:
    statements.tell(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def probe() -> Cause | None:
    """What keeps this process from writing, tried out: the database, and the disks."""
    return _cannot_begin() or next(filter(None, map(_cannot_write, _folders())), None)


def can_keep_files() -> bool:
    """Whether a file can be written beside those that workers keep outside the database."""
    try:
        _write(Path(settings.STATE_DIR))
    except OSError:
        return False
    return True


def _cannot_begin() -> Cause | None:
    """Try to begin changing the database, and change nothing."""
    try:
        with short_wait(), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1 FROM messaging_gateway LIMIT 1 FOR UPDATE")
    except (DatabaseError, InterfaceError) as error:
        return cause_of(error)
    return None


def _folders() -> set[Path]:
    file = _file()
    return {Path(settings.STATE_DIR), *([file.parent] if file else [])}


def _cannot_write(folder: Path) -> Cause | None:
    """A folder that is another user's says nothing about the disk."""
    try:
        _write(folder)
    except OSError as error:
        return _NUMBERS.get(error.errno or 0)
    return None


def _write(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(_PROBE)
        file.flush()
        os.fsync(file.fileno())
