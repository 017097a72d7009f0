"""Counting an audience: different numbers of each operator, asked of the database all at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import BigIntegerField, Count, Exists, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Cast, Substr

from contacts.models import OptOut
from contacts.phone import Operator, operator_of
from contacts.services import forgotten
from messaging.models import RecipientTable
from messaging.services.audience.choice import (
    Audience,
    Pasted,
    chosen_rows,
    memberships,
    rows_of,
    unreadable_rows,
)
from sociair_portal.common.any_of import AnyOf

_DIGITS: Final = 10  # of a number
_SUM: Final = Sum(Cast("mobile", BigIntegerField()))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom an audience's groups, contacts or table stand for: different numbers by operator without
    those that opted out, and how many entries there are, some of them without a number.
    """

    people: Counter[Operator]
    entries: int


def most_if_large(audience: Audience) -> int | None:
    """At least as many as can get a message, if counting them may take longer than a page may: then
    the worker does it. None if they are few.
    """
    most = most_people(audience)
    return most if most > settings.COUNTED_AT_ONCE else None


def is_large(audience: Audience) -> bool:
    """Whether the worker counts its people, and no page does."""
    return most_if_large(audience) is not None


def most_people(audience: Audience) -> int:
    """At least as many as can get a message, known in a moment. Beyond COUNTED_AT_ONCE members are
    not told apart.
    """
    if audience.table:
        table = RecipientTable.objects.filter(pk=audience.table)
        return table.values_list("size", flat=True).first() or 0
    groups = set(audience.groups)
    members = memberships(groups)[: settings.COUNTED_AT_ONCE + 1].count() if groups else 0
    return members + len(audience.contacts) + len(audience.numbers) // _DIGITS


def count_people(
    audience: Audience, pasted: list[str], *, but_not: QuerySet[Any, Any] | None = None
) -> Counter[Operator]:
    """Different numbers by operator, without those who opted out: four queries at any size."""
    people = _by_operator(audience, but_not=but_not)[0]
    return people + pasted_besides(audience, pasted, but_not=but_not)


def count_chosen(
    audience: Audience, *, seen: Callable[[int], None] = lambda _people: None
) -> Chosen:
    """Count whom the groups, contacts or table stand for; `seen` is told between the questions.

    Raises `GroupGone`.
    """
    people = _by_operator(audience)[0]
    seen(people.total())
    return Chosen(people, count_entries(audience))


def count_entries(audience: Audience) -> int:
    """Everyone and every row that was chosen, whether there is a number or not."""
    return chosen_rows(audience).count() + unreadable_rows(audience).count()


def sum_of_numbers(audience: Audience) -> int:
    """The sum of the chosen numbers: it changes if someone is swapped. Of one person it is her
    number.
    """
    return _by_operator(audience, mark=_SUM)[1]


def _by_operator(
    audience: Audience,
    *,
    but_not: QuerySet[Any, Any] | None = None,
    mark: Sum | None = None,
) -> tuple[Counter[Operator], int]:
    """Counted by the first three digits, from which the operator follows."""
    opted_out = OptOut.objects.filter(mobile=OuterRef("mobile"))
    wanted = chosen_rows(audience).filter(~Exists(opted_out))
    if but_not is not None:
        wanted = wanted.exclude(mobile__in=but_not)
    ranges = (
        wanted.values_list(Substr("mobile", 1, 3))
        .annotate(people=Count("mobile", distinct=True), mark=mark or Value(0))
        .order_by()
    )
    people: Counter[Operator] = Counter()
    marked = 0
    for prefix, count, numbers in ranges:
        people[operator_of(prefix)] += count
        marked += int(numbers)
    return people, marked


def pasted_besides(
    audience: Audience, pasted: list[str], *, but_not: QuerySet[Any, Any] | None = None
) -> Counter[Operator]:
    """The pasted numbers that get a message in addition to whoever else was chosen, by operator."""
    if not pasted:
        return Counter()
    chosen = rows_of(audience).filter(AnyOf("mobile", pasted))
    known = set(chosen.values_list("mobile", flat=True))
    opted_out = OptOut.objects.filter(AnyOf("mobile", pasted))
    known.update(opted_out.values_list("mobile", flat=True))
    known.update(forgotten.among(pasted))  # nobody else has such a number: it is not kept
    if but_not is not None:
        known.update(row["mobile"] for row in but_not.filter(mobile__in=pasted))
    return Counter(operator_of(mobile) for mobile in pasted if mobile not in known)


def omitted(entries: int, pasted: Pasted, reached: int) -> int:
    """How many of all entries get no message of their own, when so many numbers are reached."""
    return max(entries + len(pasted.mobiles) + len(pasted.omissions) - reached, 0)
