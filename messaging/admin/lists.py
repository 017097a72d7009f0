"""How lists of records stay quick however much there is: what cannot be found with an index is
looked for among the newest rows, of all or of some days.

A number is found among all rows. For words, states and outcomes an index over millions of rows
would cost every message that is sent; and who looks for them knows about when it was.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import IntegerField, Max, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.admin import MasksNumbers
from messaging.models import Campaign, Recipient
from messaging.services.history import numbers_like
from sociair_portal.common import shown_days
from sociair_portal.common.bases import Paginator
from sociair_portal.common.kept_searches import KEY

# How far a list is counted, and how many rows are looked through for words.
MOST: Final = 10_000
_BOUNDED: Final = gettext_lazy(
    "Search words and filters cover the newest 10,000 rows, of all days or of the days that "
    "you choose."
)
_DAY: Final = "day"
# Of how many campaigns rows are taken first, and how many times as many each time after that.
_FEW: Final = 10
_MORE: Final = 4
# What stands in an address and narrows nothing.
_PLACES: Final = frozenset({"p", "o", "e", "all", KEY})


def first_of(numbers: Q) -> QuerySet[Recipient]:
    """Recipients of numbers: all of one, the first of many that begin alike."""
    return Recipient.objects.filter(numbers).order_by("mobile", "id")[:MOST]


def bounded(help_text: Any) -> Any:
    """What can be searched for, and how far words are looked for."""
    return format_lazy("{} {}", help_text, _BOUNDED)


class BoundedPaginator(Paginator):
    """Counts as far as anyone turns pages: counting a table of millions takes longer than the
    page. What lies beyond is found by searching and filtering.
    """

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MOST].count())

    @property
    def has_more(self) -> bool:
        """Whether there may be more than were counted."""
        return self.count >= MOST


class Days(admin.SimpleListFilter):
    """Years back to the first, of a year its months, of a month its days. Django's own hierarchy
    would read every row to know which of them have any.
    """

    title = gettext_lazy("day")
    parameter_name = _DAY

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = timezone.localdate()
        chosen = request.GET.get(_DAY, "")
        recent = [(f"{today}", _("Today")), ("7", _("The last 7 days"))]
        return [*recent, *_years(model_admin, today, chosen), *_within(chosen)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset  # `RecordAdmin.found` has looked among these days alone


def _years(model_admin: "RecordAdmin", today: date, chosen: str) -> Iterator[tuple[str, str]]:
    first = model_admin.first_moment()
    earliest = timezone.localtime(first).year if first else today.year
    for year in range(today.year, earliest - 1, -1):
        yield f"{year}", f"{year}"


def _within(chosen: str) -> Iterator[tuple[str, str]]:
    """The months of a year that was chosen, and the days of a month."""
    parts = _numbers(chosen)
    if parts is None:
        return
    year, *rest = parts
    for month in range(1, 13):
        yield f"{year}-{month:02}", date_format(date(year, month, 1), "F Y")
        if rest and rest[0] == month:
            for day in range(1, monthrange(year, month)[1] + 1):
                yield f"{year}-{month:02}-{day:02}", shown_days.gregorian(date(year, month, day))


def _numbers(chosen: str) -> list[int] | None:
    """Year, year and month, or a day; None for anything else."""
    parts = chosen.split("-")
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts) > 3:
        return None
    if not all(len(part) <= 4 for part in parts):
        return None  # no number of any length becomes a date
    numbers = [int(part) for part in parts]
    if not 1900 <= numbers[0] <= timezone.localdate().year + 1:
        return None
    try:
        date(*[*numbers, 1, 1][:3])
    except ValueError:
        return None
    return numbers


def days_of(chosen: str) -> tuple[datetime, datetime] | None:
    """From when until before when; None if no days were chosen."""
    today = timezone.localdate()
    if chosen == "7":
        return _midnight(today - timedelta(days=7)), _midnight(today + timedelta(days=1))
    parts = _numbers(chosen)
    if parts is None:
        return None
    first = date(*[*parts, 1, 1][:3])
    if len(parts) == 1:
        last = date(first.year, 12, 31)
    elif len(parts) == 2:
        last = first.replace(day=monthrange(first.year, first.month)[1])
    else:
        last = first
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class StatusFilter(admin.SimpleListFilter):
    """By the kind of HTTP status: which numbers there are, only a look at every call would tell."""

    title = gettext_lazy("HTTP status")
    parameter_name = "http"
    _KINDS: ClassVar[dict[str, Q]] = {
        "none": Q(status=None),
        "2": Q(status__range=(200, 299)),
        "3": Q(status__range=(300, 399)),
        "4": Q(status__range=(400, 499)),
        "5": Q(status__range=(500, 599)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, _("None") if kind == "none" else f"{kind}xx") for kind in self._KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self._KINDS.get(self.value() or "", Q()))


class RecordAdmin(MasksNumbers):
    """Rows that the portal writes: history is read here, not rewritten."""

    paginator = BoundedPaginator
    ordering = ["-id"]
    sortable_by: ClassVar[list[str]] = []  # any other order would sort the whole table
    list_per_page = 50
    show_full_result_count = False
    for_the_portal: ClassVar[frozenset[str]] = frozenset()
    # The indexed moment that days are of, or the way to the campaign whose hand-over they are of.
    moment: ClassVar[str] = ""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them, as there is no form that would leave some out, but for what says something
        to the portal alone: keys, fingerprints, marks.
        """
        return [
            field.name
            for field in self.opts.concrete_fields
            if not field.primary_key and field.name not in self.for_the_portal
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def found(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        days = self.chosen_days(request)
        if days is not None:
            # As keys: within the query a database would rather read the whole table.
            queryset = queryset.filter(pk__in=self.newest_of(days))
        elif words or not _PLACES.issuperset(request.GET):
            queryset = self._newest(queryset)
        return super().found(request, queryset, words)

    def chosen_days(self, request: HttpRequest) -> tuple[datetime, datetime] | None:
        """From when until before when; None if no days were chosen, or there are none to choose."""
        return days_of(request.GET.get(_DAY, "")) if self.moment else None

    def of_days(self, queryset: QuerySet[Any], days: tuple[datetime, datetime]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.moment}__gte": days[0], f"{self.moment}__lt": days[1]})

    def _newest(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not isinstance(self.opts.pk, IntegerField):
            return queryset  # of which there are few
        last = self.model.objects.aggregate(pk=Max("pk"))["pk"]
        return queryset if last is None else queryset.filter(pk__gt=last - MOST)

    def newest_of(self, days: tuple[datetime, datetime]) -> list[int]:
        """The keys of the newest rows of some days.

        By their moment: a draft has its key long before it is handed over, and a call only when it
        is over.
        """
        rows = self.of_days(self.model.objects.all(), days).order_by(f"-{self.moment}")
        return list(rows.values_list("pk", flat=True)[:MOST])

    def first_moment(self) -> datetime | None:
        """When the first row is from."""
        return _first(self.model.objects.all(), self.moment)


def _first(rows: QuerySet[Any], moment: str) -> datetime | None:
    known = rows.filter(**{f"{moment}__isnull": False}).order_by(moment)
    found: datetime | None = known.values_list(moment, flat=True).first()
    return found


class RecordsOfNumbers(RecordAdmin):
    """Rows that are found by number: in any spelling, whole or begun, with an index."""

    def found(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        numbers = numbers_like(words)
        if numbers is not None:
            queryset = self.of_numbers(queryset, numbers)
            days = self.chosen_days(request)
            return (self.of_days(queryset, days) if days else queryset), False
        return super().found(request, queryset, words)

    def of_numbers(self, queryset: QuerySet[Any], numbers: Q) -> QuerySet[Any]:
        """Rows with such numbers, or for rows without a number, those that went to them."""
        return queryset.filter(numbers)


class OfCampaigns(RecordAdmin):
    """Rows of campaigns, which have no moment of their own that is indexed."""

    moment = "campaign__sent_at"

    def first_moment(self) -> datetime | None:
        return _first(Campaign.objects.all(), "sent_at")

    def newest_of(self, days: tuple[datetime, datetime]) -> list[int]:
        """Of the campaigns that were handed over last, each with all it has: their keys do not
        follow one another, as campaigns are prepared at the same time, and batches cut again.
        """
        sent = Campaign.objects.filter(sent_at__gte=days[0], sent_at__lt=days[1])
        campaigns = list(sent.order_by("-sent_at").values_list("pk", flat=True))
        keys: list[int] = []
        few = _FEW
        while campaigns and len(keys) < MOST:
            rows = self.model.objects.filter(campaign__in=campaigns[:few])
            # Not by their keys alone: PostgreSQL would walk all rows from the last one back.
            rows = rows.order_by("-campaign__sent_at", "-pk")
            keys += rows.values_list("pk", flat=True)[: MOST - len(keys)]
            campaigns, few = campaigns[few:], few * _MORE
        return keys
