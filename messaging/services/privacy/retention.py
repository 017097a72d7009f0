"""How long things are kept: each rule, what it would remove now, and removing it in small steps.

What is under way, undecided or in doubt is never old. Sums, counters and costs stay for ever. What
goes within days stays with what it belongs to (tables, imports); the page says it too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.importing import jobs, undo
from contacts.models import ImportState, RejectedRow
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    LeftOut,
    LeftOutReason,
    RecipientTable,
    RetentionDay,
    SentMessage,
    TableRow,
)
from messaging.services.audience import tables
from messaging.services.decisions.settlement import UNDECIDED
from sociair_portal.audit.deeds import PASSING, Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record

MOST_COUNTED: Final = 10_000
_AT_ONCE: Final = 500  # rows in one transaction
_ENDED: Final = (CampaignState.DONE, CampaignState.CANCELLED)
_LEAST_DAYS: Final = 29  # of visits: the database keeps younger ones


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing that goes when it is old. `old` finds it, `remove` removes some rows."""

    name: str
    setting: str
    title: Promise
    words: Promise
    old: Callable[[datetime], QuerySet[Any]]
    remove: Callable[[list[Any]], int]
    # Whether what was looked at needs no second look on the same day.
    walks: bool = True

    @property
    def months(self) -> int:
        """For how many months it is kept; 0 is for ever."""
        return max(int(getattr(settings, self.setting)), 0)

    @property
    def found(self) -> QuerySet[Any]:
        """What is older than that now."""
        return self.old(_months_ago(self.months))


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
    for rule in RULES:
        after = 0
        while rule.months and go_on():
            if (last := _remove_some(rule, today, after)) is None:
                break
            after = last if rule.walks else 0
    if go_on():
        _close(today)


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


def _months_ago(months: int) -> datetime:
    """The same day so many months ago, or the last one of that month."""
    now = timezone.now()
    total = now.year * 12 + now.month - 1 - months
    first = now.replace(year=total // 12, month=total % 12 + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(now.day, last.day))


def _over(before: datetime, of: str = "") -> Q:
    """Campaigns that ended before a moment, of which nobody has to decide anything."""
    quiet = Q(**{f"{of}answered_at__lt": before}) | Q(
        **{f"{of}answered_at": None, f"{of}sent_at__lt": before}
    )
    counters = {f"{of}pending": 0, f"{of}unconfirmed": 0, f"{of}doubted_at": None}
    return quiet & Q(**{f"{of}state__in": _ENDED}, **counters)


def _old_texts(before: datetime) -> QuerySet[Campaign]:
    """By the text, who got the same one lately is found: so long it is needed."""
    needed = timezone.now() - timedelta(hours=settings.SAME_TEXT_HOURS)
    return Campaign.objects.filter(_over(min(before, needed))).exclude(text="").order_by("pk")


def _remove_texts(keys: list[int]) -> int:
    """The letters of one campaign, some at a time, and when none is left its own text."""
    batches = Batch.objects.filter(campaign=keys[0]).exclude(text="")
    if some := list(batches.values_list("pk", flat=True)[:_AT_ONCE]):
        return Batch.objects.filter(pk__in=some).update(text="")
    return Campaign.objects.filter(pk=keys[0], state__in=_ENDED).update(text="")


def _old_answers(before: datetime) -> QuerySet[SentMessage]:
    calls = SentMessage.objects.filter(_over(before, "batch__campaign__"), started_at__lt=before)
    return calls.exclude(raw="").exclude(batch__state__in=UNDECIDED).order_by("pk")


def _remove_answers(keys: list[int]) -> int:
    return SentMessage.objects.filter(pk__in=keys).update(raw="")


def _old_left_out(before: datetime) -> QuerySet[LeftOut]:
    return LeftOut.objects.filter(_over(before, "campaign__")).exclude(entry="").order_by("pk")


def _remove_left_out(keys: list[int]) -> int:
    """The reason stays, without whom it was about."""
    removed = 0
    for reason in LeftOutReason:
        rows = LeftOut.objects.filter(pk__in=keys, reason=reason)
        removed += rows.update(entry="", words=str(reason.label))
    return removed


def _old_rejected(before: datetime) -> QuerySet[RejectedRow]:
    over = ~Q(source__state__in=(ImportState.READY, ImportState.RUNNING, ImportState.UNDOING))
    return RejectedRow.objects.filter(over, source__created_at__lt=before).order_by("pk")


def _remove_rejected(keys: list[int]) -> int:
    return RejectedRow.objects.filter(pk__in=keys).delete()[0]


def _old_tables(before: datetime) -> QuerySet[TableRow]:
    """The rows of tables of which every campaign is long over."""
    needed = Campaign.objects.filter(table=OuterRef("pk")).exclude(_over(before))
    tables = RecipientTable.objects.filter(~Exists(needed), created_at__lt=before)
    return TableRow.objects.filter(table__in=tables.values("pk")).order_by("pk")


def _remove_table_rows(keys: list[int]) -> int:
    """Whoever chooses such a table again is told that it is gone."""
    rows = TableRow.objects.filter(pk__in=keys)
    tables = set(rows.values_list("table", flat=True))
    RecipientTable.objects.filter(pk__in=tables).update(is_complete=False, odd_cells=[])
    return rows.delete()[0]


def _old_drafts(before: datetime) -> QuerySet[Campaign]:
    drafts = Campaign.objects.filter(state=CampaignState.DRAFT, saved_at__lt=before)
    return drafts.order_by("pk")


def _remove_drafts(keys: list[int]) -> int:
    return Campaign.objects.filter(pk__in=keys, state=CampaignState.DRAFT).delete()[0]


def _old_visits(before: datetime) -> QuerySet[Entry]:
    youngest = min(before, timezone.now() - timedelta(days=_LEAST_DAYS))
    return Entry.objects.filter(deed__in=PASSING, timestamp__lt=youngest).order_by("pk")


def _remove_visits(keys: list[int]) -> int:
    return Entry.objects.filter(pk__in=keys).delete()[0]


# What goes within days, by the rule of the thing that it belongs to.
FIXED: Final[list[tuple[Promise, int]]] = [
    (_("Spreadsheets that no message uses"), tables.UNUSED_FOR.days),
    (_("Files that nobody has imported"), jobs.NOT_STARTED_FOR.days),
    (_("How contacts were before an import, so that it can be undone"), undo.POSSIBLE_FOR.days),
]
RULES: Final = [
    Rule(
        "texts",
        "KEEP_TEXTS_MONTHS",
        _("Texts of messages and letters"),
        _("Counted from the last answer. Who got a message, when and at what cost stays."),
        _old_texts,
        _remove_texts,
        walks=False,
    ),
    Rule(
        "answers",
        "KEEP_ANSWERS_MONTHS",
        _("Sociair's raw answers"),
        _("Its words, counts and the cost stay. Undecided requests keep theirs."),
        _old_answers,
        _remove_answers,
    ),
    Rule(
        "left_out",
        "KEEP_LEFT_OUT_MONTHS",
        _("Entries that messages left out"),
        _("How many were left out, and why, stays."),
        _old_left_out,
        _remove_left_out,
    ),
    Rule(
        "rejected",
        "KEEP_LEFT_OUT_MONTHS",
        _("Rows that imports left out"),
        _("How many were left out stays in the report of the import."),
        _old_rejected,
        _remove_rejected,
    ),
    Rule(
        "tables",
        "KEEP_TABLES_MONTHS",
        _("Rows of spreadsheets that messages were sent to"),
        _("Only where every message to the spreadsheet is finished."),
        _old_tables,
        _remove_table_rows,
    ),
    Rule(
        "drafts",
        "KEEP_DRAFTS_MONTHS",
        _("Drafts"),
        _("Counted from when a draft was last saved."),
        _old_drafts,
        _remove_drafts,
    ),
    Rule(
        "visits",
        "KEEP_VISITS_MONTHS",
        _("Who signed in, and who looked at a person"),
        _("Everything else in the record of who did what stays."),
        _old_visits,
        _remove_visits,
    ),
]
