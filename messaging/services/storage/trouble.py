"""The trouble file: why the database cannot be written, where the database cannot say so."""

import contextlib
import json
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FILE: Final = "trouble"


class Cause(StrEnum):
    """Why the database could not be written."""

    LOCKED = "locked"
    FULL = "full"
    READ_ONLY = "read_only"
    REPLACED = "replaced"
    DISK = "disk"
    UNREACHABLE = "unreachable"
    OTHER = "other"

    @property
    def label(self) -> str | Promise:
        """One plain sentence for the staff."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Cause, str | Promise]] = {
    Cause.LOCKED: _("Another program has locked the database. Nothing can be saved."),
    Cause.FULL: _("The disk is full. Nothing can be saved."),
    Cause.READ_ONLY: _("The database is read-only. Nothing can be saved."),
    Cause.REPLACED: _("The database file was replaced while the worker had it open."),
    Cause.DISK: _("The disk is failing. Nothing can be saved."),
    Cause.UNREACHABLE: _("The database cannot be reached. Nothing can be saved."),
    Cause.OTHER: _("The database could not save an answer from Sociair."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and since when."""

    cause: Cause
    since: datetime


def note(cause: Cause) -> None:
    """Say what is wrong, once for as long as it is the same.

    Where not even that can be written, whoever asks finds out in the same way.
    """
    known = current()
    if known is None or known.cause is not cause:
        words = json.dumps({"cause": cause.value, "since": timezone.now().isoformat()})
        with contextlib.suppress(OSError):
            _put(words.encode())


def clear() -> None:
    """Remove the file: the database can be written again."""
    with contextlib.suppress(OSError):
        _path().unlink(missing_ok=True)


def current() -> Trouble | None:
    """What a worker on this machine has said last; None if all was well."""
    try:
        said: Any = json.loads(_path().read_bytes())
        return Trouble(Cause(said["cause"]), datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path() -> Path:
    return Path(settings.STATE_DIR) / _FILE


def _put(content: bytes) -> None:
    """Write all of it or nothing, because it may be read meanwhile."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{_FILE}-{uuid.uuid4().hex}.tmp")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        whole.replace(path)
    except OSError:
        whole.unlink(missing_ok=True)
        raise
