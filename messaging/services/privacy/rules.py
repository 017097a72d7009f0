"""Which things go when they are old: what is old of each, and what going means.

What is under way, undecided or in doubt is never old. Sums, counters and costs stay for ever. What
goes within days stays with what it belongs to (tables, imports), and is named here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
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
    SentMessage,
    TableRow,
)
from messaging.services.audience import tables
from messaging.services.decisions.settlement import UNDECIDED
from sociair_portal.audit.deeds import PASSING
from sociair_portal.audit.models import Entry
from sociair_portal.common.sentences import noted_label

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
        return self.old(months_ago(self.months))


def months_ago(months: int) -> datetime:
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
    return Campaign.objects.filter(pk=keys[0], state__in=_ENDED).update(text="", own_title="")


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
        removed += rows.update(entry="", words=noted_label(reason.label))
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
    (_("Files that were never imported"), jobs.NOT_STARTED_FOR.days),
    (_("Contacts as they were before an import, so that it can be undone"), undo.POSSIBLE_FOR.days),
]
RULES: Final = [
    Rule(
        "texts",
        "KEEP_TEXTS_MONTHS",
        _("Texts of messages"),
        _(
            "Counted from the last answer. The portal keeps who got a message, when and at "
            "what cost."
        ),
        _old_texts,
        _remove_texts,
        walks=False,
    ),
    Rule(
        "answers",
        "KEEP_ANSWERS_MONTHS",
        _("Sociair's raw answers"),
        _(
            "The portal keeps Sociair's words, the counts and the cost. Requests that need a "
            "decision keep their answers."
        ),
        _old_answers,
        _remove_answers,
    ),
    Rule(
        "left_out",
        "KEEP_LEFT_OUT_MONTHS",
        _("Entries left out of messages"),
        _("The portal keeps how many were left out, and why."),
        _old_left_out,
        _remove_left_out,
    ),
    Rule(
        "rejected",
        "KEEP_LEFT_OUT_MONTHS",
        _("Rows left out of imports"),
        _("The import's report keeps how many were left out."),
        _old_rejected,
        _remove_rejected,
    ),
    Rule(
        "tables",
        "KEEP_TABLES_MONTHS",
        _("Rows of spreadsheets used for messages"),
        _("Only when every message to the spreadsheet is finished."),
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
        _("Who signed in, and who looked at a person's data"),
        _("The portal keeps everything else in the record."),
        _old_visits,
        _remove_visits,
    ),
]
