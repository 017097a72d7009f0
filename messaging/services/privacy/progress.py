"""How far an erasure is, what it has counted, and what it waits for: noted on its row, within the
transaction that did it.
"""

from collections.abc import Collection
from typing import Final

from django.db import transaction

from messaging.models import Campaign, Erasure

_MOST_NAMED: Final = 100  # campaigns in one entry of the record; how many there were is there too


def lock(erasure: Erasure) -> Erasure | None:
    """The erasure, for this transaction alone; None if someone else has finished it."""
    unfinished = Erasure.objects.filter(pk=erasure.pk, finished_at=None)
    return unfinished.select_for_update(of=("self",)).first()


def counted(erasure: Erasure, name: str, count: int) -> None:
    """Add to what an erasure counts, within the transaction that did it."""
    if count and (mine := lock(erasure)) is not None:
        mine.counts[name] = mine.counts.get(name, 0) + count
        mine.save(update_fields=["counts"])


def note_texts(erasure: Erasure, campaigns: Collection[int]) -> None:
    """Keep for the record of which campaigns the text went, and how many of them whoever forgets
    her has sent: what someone wrote to one person can be removed with her.
    """
    if not campaigns:
        return
    own = Campaign.objects.filter(pk__in=campaigns, created_by=erasure.created_by_id)
    counted(erasure, "texts", len(campaigns))
    counted(erasure, "own_texts", own.count() if erasure.created_by_id else 0)
    if (mine := lock(erasure)) is not None:
        named = [*mine.traces.get("texts_of", []), *sorted(campaigns)]
        mine.traces["texts_of"] = named[:_MOST_NAMED]
        mine.save(update_fields=["traces"])


def wait(erasure: Erasure) -> bool:
    """Note that nothing is left to do but to wait for messages that are under way."""
    with transaction.atomic():
        if (mine := lock(erasure)) is not None:
            mine.traces["is_waiting"] = True
            mine.save(update_fields=["traces"])
    return False
