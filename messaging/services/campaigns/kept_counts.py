"""Counts that the worker makes: asked for, begun, got on with, done, and forgotten.

One row is one count. Whoever is overtaken, because what is counted has changed or another worker
has taken over, changes nothing any more.
"""

from datetime import timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.utils import timezone

from messaging.models import Campaign, CampaignState, CountState, PeopleCount

_WAKE_EVERY: Final = timedelta(seconds=10)
_LOST_AFTER: Final = timedelta(minutes=1)  # without a step: its worker is gone
_TRY_AGAIN_AFTER: Final = timedelta(seconds=30)  # if it could not be counted
_KEPT: Final = timedelta(days=1)


class Overtaken(Exception):
    """Nobody waits for this count any more, or somebody else makes it."""


def kept(
    key: str,
    mark: str,
    most: int,
    *,
    campaign: Campaign | None = None,
    audience: dict[str, Any] | None = None,
) -> PeopleCount:
    """The count of what `key` names; asked for anew if it was made of anything but `mark`."""
    new = {"campaign": campaign, "audience": audience or {}, "mark": mark, "most": most}
    count, _is_new = PeopleCount.objects.get_or_create(key=key, defaults=new)
    if count.mark != mark or _is_to_be_tried_again(count):
        PeopleCount.objects.filter(pk=count.pk, run=count.run).update(
            mark=mark, most=most, counted=0, state=CountState.ASKED, run=F("run") + 1, woken_at=None
        )
        count.refresh_from_db()
    return count


def _is_to_be_tried_again(count: PeopleCount) -> bool:
    tried = count.worked_at
    return count.is_given_up and (tried is None or _has_passed(tried, _TRY_AGAIN_AFTER))


def _has_passed(since: Any, time: timedelta) -> bool:
    """Whether so much time has passed; a clock that was set back counts as if it had."""
    return bool(abs(timezone.now() - since) > time)


def may_wake(count: PeopleCount) -> bool:
    """Whether somebody waits for it for whom the worker was not woken in the last ten seconds; if
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
