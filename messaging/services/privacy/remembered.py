"""What a machine remembers of forgotten numbers outside the database, so that a backup that is put
back brings nobody back: fingerprints alone, in a file in STATE_DIR.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from contacts.models import Contact, ForgottenNumber, OptOut
from contacts.services import forgotten
from messaging.models import Erasure, Recipient, TableRow
from messaging.services.privacy.erasing import NotNow, begin_again
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor
from sociair_portal.common.fingerprints import key_mark

_FILE: Final = "forgotten"
_AT_ONCE: Final = 5000


def compare() -> int:
    """Compare the file with the database: each learns what the other lacks. What the database had
    lost is forgotten again, wherever it stands. Returns how many people are.

    Raises OSError if the file cannot be read or written.
    """
    rows = ForgottenNumber.objects.filter(key_mark=key_mark())
    known = dict(rows.values_list("fingerprint", "let_back_at"))
    kept = {one for one, let_back_at in known.items() if let_back_at is None}
    lines = _read()
    remembered = {fingerprint for mark, fingerprint in lines if mark == key_mark()}
    lost = remembered - known.keys()
    ForgottenNumber.objects.bulk_create(
        [
            ForgottenNumber(fingerprint=one, key_mark=key_mark(), looked_for_at=None)
            for one in sorted(lost)
        ],
        ignore_conflicts=True,
    )
    if remembered != kept | lost:
        others = {line for line in lines if line[0] != key_mark()}  # of a key that may come back
        _write(others | {(key_mark(), one) for one in kept | lost})
    unlooked = ForgottenNumber.objects.filter(looked_for_at=None)
    return again() if unlooked.exists() else 0


def again() -> int:
    """Look for forgotten numbers among all that are kept, and forget them again: they came
    back with a backup. Returns how many.
    """
    if not ForgottenNumber.objects.exists():
        return 0
    found: set[str] = set()
    for some in _numbers():
        found |= forgotten.among(some)
    found -= set(Erasure.objects.exclude(mobile="").values_list("mobile", flat=True))
    waits = False
    for mobile in sorted(found):
        try:
            begin_again(mobile)
        except NotNow:  # the next look comes back to it
            waits = True
    if not waits:
        ForgottenNumber.objects.filter(looked_for_at=None).update(looked_for_at=timezone.now())
    return len(found)


def go_on_without_lost(*, by: Actor) -> int:
    """Give up fingerprints that were made with a key that is lost. Returns how many."""
    with transaction.atomic():
        lost, _rows = ForgottenNumber.objects.exclude(key_mark=key_mark()).delete()
        if lost:
            record(Deed.LET_BACK, by=by, kind=ForgottenNumber, lost_with_the_key=lost)
    return lost


def _numbers() -> Iterator[list[str]]:
    """All different numbers of people, opt-outs, recipients and spreadsheets, some at a time."""
    tables: Iterable[QuerySet[Contact | OptOut | Recipient | TableRow]] = (
        Contact.objects.all(),
        OptOut.objects.all(),
        Recipient.objects.all(),
        TableRow.objects.all(),
    )
    for rows in tables:
        numbers = rows.order_by("mobile").values_list("mobile", flat=True).distinct()
        some: list[str] = []
        for mobile in numbers.iterator(chunk_size=_AT_ONCE):
            some.append(mobile)
            if len(some) == _AT_ONCE:
                yield some
                some = []
        yield some


def _path() -> Path:
    return Path(settings.STATE_DIR) / _FILE


def _read() -> set[tuple[str, str]]:
    """The lines of the file: the mark of a key, and a fingerprint that was made with it."""
    try:
        lines = _path().read_text().splitlines()
    except FileNotFoundError:
        return set()
    pairs = (line.split() for line in lines)
    return {(pair[0], pair[1]) for pair in pairs if len(pair) == 2}


def _write(lines: set[tuple[str, str]]) -> None:
    """Write the file anew: it is whole, or as it was."""
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = path.with_suffix(f".{os.getpid()}")
    whole.touch(mode=0o600)
    whole.write_text("".join(f"{mark} {one}\n" for mark, one in sorted(lines)))
    whole.rename(path)
