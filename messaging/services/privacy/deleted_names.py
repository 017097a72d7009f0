"""Names that are deleted, and still stand in SQLite's table of parts: they go after an erasure, and
whenever what is old was removed. PostgreSQL has no such table.
"""

import time
from collections.abc import Callable
from typing import Final

from django.db.models import Q

from contacts.services import parts_index
from messaging.models import Erasure

_MARK: Final = "names_stay"  # on an erasure that is finished otherwise


def note() -> dict[str, bool]:
    """What a finished erasure keeps in its traces until the table is without its names."""
    return {_MARK: True} if parts_index.keeps_deleted() else {}


def are_kept() -> bool:
    """Whether the names of someone who was anonymised may still be there."""
    return Erasure.objects.filter(_marked()).exists()


def remove(
    *, go_on: Callable[[], bool] = lambda: True, wait: Callable[[float], object] = time.sleep
) -> None:
    """Take what was deleted out of the table; not within a transaction. If `go_on` stops it, the
    next time goes on.
    """
    before = list(Erasure.objects.filter(_marked()).values_list("pk", flat=True))
    if parts_index.drop_deleted(go_on=go_on, wait=wait):
        Erasure.objects.filter(pk__in=before).update(traces={})


def _marked() -> Q:
    return Q(finished_at__isnull=False, **{f"traces__{_MARK}": True})
