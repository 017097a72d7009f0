"""Counts that the worker makes: asked for, begun, got on with, done, and forgotten.

One row is one count. Whoever is overtaken, because another message is to be counted or another
worker has taken over, changes nothing any more. People who change overtake nobody: a count goes on
to its end, and is made again then. Else it would never end while they change now and then.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.utils import timezone

from messaging.models import Campaign, CampaignState, CountState, PeopleCount

_WAKE_EVERY: Final = timedelta(seconds=10)
_LOST_AFTER: Final = timedelta(minutes=1)  # without a step: its worker is gone
_TRY_AGAIN_AFTER: Final = timedelta(seconds=30)  # if it could not be counted
_KEPT: Final = timedelta(days=1)
_HALF: Final = 32  # letters of a mark


class Overtaken(Exception):
    """Nobody waits for this count any more, or someone else makes it."""


def mark_of(asked: Sequence[Any], people: Sequence[Any]) -> str:
    """The mark of all that a count depends on: of what is asked, and of people, who may change at
    any moment.
    """
    return _asked(_hash_of(asked)) + _hash_of(people)[_HALF:]


def _hash_of(said: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def kept(
    key: str,
    mark: str,
    most: int,
    *,
    campaign: Campaign | None = None,
    audience: dict[str, Any] | None = None,
) -> PeopleCount:
    """The count of what `key` names; asked for anew if it was made of anything but `mark`.

    What is done is of this very mark; what is not may be of people as they were.
    """
    new = {"campaign": campaign, "audience": audience or {}, "mark": mark, "most": most}
    while True:
        count, _is_new = PeopleCount.objects.get_or_create(key=key, defaults=new)
        is_other = _asked(count.mark) != _asked(mark)
        if not is_other and not _must_be_made_again(count, mark):
            return count
        PeopleCount.objects.filter(pk=count.pk, run=count.run).update(
            mark=mark,
            most=most,
            counted=0,
            state=CountState.ASKED,
            run=F("run") + 1,
            # What is asked anew is asked at once; people who change wait for the next waking.
            woken_at=None if is_other else count.woken_at,
        )


def _asked(mark: str) -> str:
    return mark[:_HALF]


def _must_be_made_again(count: PeopleCount, mark: str) -> bool:
    """Whether a count that is over is of people as they were, or failed some time ago."""
    if count.is_given_up:
        return count.worked_at is None or _has_passed(count.worked_at, _TRY_AGAIN_AFTER)
    return count.is_done and count.mark != mark


def _has_passed(since: Any, time: timedelta) -> bool:
    """Whether so much time has passed; a clock that was set back counts as if it had."""
    return bool(abs(timezone.now() - since) > time)


def may_wake(count: PeopleCount) -> bool:
    """Whether someone waits for it for whom the worker was not woken in the last ten seconds; if
    so, this counts as waking: pages that look again must not fill the queue.
    """
    now = timezone.now()
    waits = Q(state__in=[CountState.ASKED, CountState.RUNNING])
    is_due = Q(woken_at=None) | Q(woken_at__lt=now - _WAKE_EVERY) | Q(woken_at__gt=now)
    return bool(PeopleCount.objects.filter(waits, is_due, pk=count.pk).update(woken_at=now))


def take() -> PeopleCount | None:
    """Begin the next count that nobody makes, or whose worker is gone."""
    now = timezone.now()
    lost = Q(worked_at__lt=now - _LOST_AFTER) | Q(worked_at__gt=now + _LOST_AFTER)
    free = Q(state=CountState.ASKED) | Q(lost, state=CountState.RUNNING)
    for count in PeopleCount.objects.filter(free).order_by("woken_at", "pk"):
        mine = PeopleCount.objects.filter(free, pk=count.pk, run=count.run)
        if mine.update(state=CountState.RUNNING, run=F("run") + 1, worked_at=now, counted=0):
            count.refresh_from_db()
            return count
    return None


def note(count: PeopleCount, **found: Any) -> None:
    """Note how far it is, of what it is made, or its result. Raises `Overtaken`."""
    mine = PeopleCount.objects.filter(pk=count.pk, run=count.run, state=CountState.RUNNING)
    if not mine.update(worked_at=timezone.now(), **found):
        raise Overtaken


def forget_old() -> None:
    """Delete what nobody asks for any more: of messages that were sent, and what is a day old."""
    old = timezone.now() - _KEPT
    PeopleCount.objects.filter(
        Q(worked_at__lt=old)
        | Q(worked_at=None, woken_at__lt=old)
        | (Q(campaign__isnull=False) & ~Q(campaign__state=CampaignState.DRAFT))
    ).delete()
