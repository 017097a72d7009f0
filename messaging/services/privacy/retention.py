"""Removing what is older than the settings say: once a day, in small steps, and what would go now.

rules.py says what is old.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from messaging.models import Campaign, RetentionDay
from messaging.services.privacy.rules import RULES, Rule
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record

MOST_COUNTED: Final = 10_000
_AT_ONCE: Final = 500  # rows in one transaction
_SUDDEN_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A rule, and how much it would remove now; `is_more`: at least so much."""

    rule: Rule
    count: int
    is_more: bool


def outlook() -> list[Outlook]:
    """Every rule in words, with what it would remove now, counted up to ten thousand."""
    seen = []
    for rule in RULES:
        count = rule.found[: MOST_COUNTED + 1].count() if rule.months else 0
        seen.append(Outlook(rule, min(count, MOST_COUNTED), count > MOST_COUNTED))
    return seen


def last_day() -> RetentionDay | None:
    """The last day on which what was old was looked for."""
    return RetentionDay.objects.order_by("-day").first()


def is_over() -> bool:
    """Whether nothing is to be removed today any more."""
    if not any(rule.months for rule in RULES):
        return True
    return RetentionDay.objects.filter(day=timezone.localdate(), is_over=True).exists()


def remove_old(*, go_on: Callable[[], bool] = lambda: True) -> None:
    """Remove what is old, some at a time; once a day, until nothing is left or `go_on` stops it."""
    if is_over():
        return
    today, _created = RetentionDay.objects.get_or_create(day=timezone.localdate())
    for day in RetentionDay.objects.filter(is_over=False, day__lt=today.day):
        _close(day)
    for rule in [] if _is_sudden(today) else RULES:
        after = 0
        while rule.months and go_on():
            if (last := _remove_some(rule, today, after)) is None:
                break
            after = last if rule.walks else 0
    if go_on():
        _close(today)


def _is_sudden(today: RetentionDay) -> bool:
    """Whether nothing was looked for in the days before: the setting is new, and someone may want
    to see first what would go; or the clock has leapt ahead.
    """
    before = RetentionDay.objects.filter(day__lt=today.day, day__gte=today.day - _SUDDEN_AFTER)
    return not before.exists()


def _remove_some(rule: Rule, day: RetentionDay, after: int) -> int | None:
    """Remove some and count it, in one transaction. Returns the last key; None if none is left."""
    with transaction.atomic():
        mine = _locked(day)
        if mine is None:
            return None
        keys = list(rule.found.filter(pk__gt=after).values_list("pk", flat=True)[:_AT_ONCE])
        if not keys:
            return None
        if removed := rule.remove(keys):
            mine.counts[rule.name] = mine.counts.get(rule.name, 0) + removed
            mine.save(update_fields=["counts"])
    return int(keys[-1])


def _locked(day: RetentionDay) -> RetentionDay | None:
    return RetentionDay.objects.select_for_update().filter(pk=day.pk, is_over=False).first()


def _close(day: RetentionDay) -> None:
    """End a day, and write into the record what was removed on it: once, however many workers."""
    with transaction.atomic():
        mine = _locked(day)
        if mine is None:
            return
        mine.is_over = True
        mine.save(update_fields=["is_over"])
        if mine.counts:
            record(Deed.SWEPT, kind=Campaign, day=f"{mine.day:%Y-%m-%d}", **mine.counts)
