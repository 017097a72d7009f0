"""The highest slot that this machine ever called with, kept outside the database.

A database that is restored from a backup does not know what went out after the backup was taken,
and would send it again. The number beside it knows.
"""

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path

from django.conf import settings

from messaging.models import Gateway


def highest(gateway: Gateway) -> int:
    """The highest slot ever used from this machine; 0 if there is no record."""
    try:
        return _number(_path(gateway).read_bytes())
    except OSError:
        return 0


def raise_to(gateway: Gateway, slot: int) -> None:
    """Keep a slot's number before its call is made. It never goes down.

    Raises OSError if it cannot be kept: then nothing may be sent.
    """
    path = _path(gateway)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if _number(file.read()) < slot:
            file.seek(0)
            file.write(b"%020d\n" % slot)
            file.flush()
            os.fdatasync(handle)


def _number(content: bytes) -> int:
    with contextlib.suppress(ValueError):
        return int(content)
    return 0


def _path(gateway: Gateway) -> Path:
    name = hashlib.sha256(gateway.base_url.encode()).hexdigest()[:16]
    return Path(settings.STATE_DIR) / f"slots-{name}"
