"""Answers that the database has not taken, each in a file that outlives its worker.

A file is locked by the process that looks after it; the lock ends with the process. A file is
whole, or it is not there; it is deleted when the database has what it says, and never otherwise.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from messaging.services.sending.answer_file import FoundAnswer, read, written
from messaging.services.sociair import Sent

logger = logging.getLogger(__name__)

_FOLDER: Final = "answers"
_WRITTEN_WITHIN: Final = 60  # seconds after which no file is still being written


class Kept:
    """A file with an answer, locked by this process."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    def read(self) -> FoundAnswer:
        """What the file says. Raises `Torn`."""
        with os.fdopen(os.dup(self._handle), "rb") as file:
            file.seek(0)
            return read(file.read())

    def forget(self) -> None:
        """Delete the file: the database has its answer. One that stays is recorded again, to no
        effect.
        """
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.leave()

    def set_aside(self, why: str) -> None:
        """Rename the file, for a person to look at: nothing can be done with it here."""
        self.path.rename(self.path.with_suffix(f".{why}"))
        self.leave()

    def leave(self) -> None:
        """Unlock the file, so that another process may look after it."""
        os.close(self._handle)


def keep(sent: Sent) -> Kept:
    """Write an answer to a file of its own. Raises OSError if that is not possible."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{_name(sent)}.json"
    whole = path.with_suffix(".tmp")
    handle = os.open(whole, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(written(sent))
        os.fsync(handle)
        whole.rename(path)
        _sync(folder)
    except OSError:
        os.close(handle)
        whole.unlink(missing_ok=True)
        raise
    return Kept(path, handle)


def waiting() -> list[Path]:
    """Files that wait to be recorded, the oldest first, and whole ones that were not renamed in
    time.
    """
    lately = time.time() - _WRITTEN_WITHIN
    return sorted(
        path
        for path in _folder().glob("answer-*")
        if path.suffix == ".json" or (path.suffix == ".tmp" and _changed(path) < lately)
    )


def set_aside() -> int:
    """How many files were set aside for a person."""
    return sum(path.suffix not in (".json", ".tmp") for path in _folder().glob("answer-*"))


def take() -> Iterator[Kept]:
    """The files that no process looks after, each locked until forgotten, set aside or left."""
    for path in waiting():
        if kept := _take(path):
            yield kept


def is_of(path: Path, base_url: str) -> bool:
    """Whether a file is about the gateway at `base_url`, by its name."""
    return path.name.startswith(f"answer-{_digest(base_url)}-")


def _take(path: Path) -> Kept | None:
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    except OSError as error:  # one that cannot be opened must not keep the others
        logger.error("%s cannot be read: %s.", path.stem, error.strerror)
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.stat()):
            return Kept(path, handle)
    except (BlockingIOError, FileNotFoundError):
        pass  # someone looks after it, or has just done so
    os.close(handle)
    return None


def _folder() -> Path:
    return Path(settings.STATE_DIR) / _FOLDER


def _name(sent: Sent) -> str:
    """A name for this call alone, even if a restored database reuses the number of its batch."""
    moment = f"{sent.started_at:%Y%m%dT%H%M%S%f}"
    gateway = _digest(settings.SOCIAIR_BASE_URL)
    return f"answer-{gateway}-{moment}-{sent.batch.pk}-{sent.batch.tries}"


def _digest(base_url: str) -> str:
    return hashlib.sha256(base_url.encode()).hexdigest()[:16]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _sync(folder: Path) -> None:
    """Put the file's name on the disk, where it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
