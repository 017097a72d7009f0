"""Checking the bill: whether Sociair took for a campaign what the portal said it would cost.

The estimate is a promise. Sociair's answers count messages by operator, and its balance tells what
has left the account; where either disagrees with the portal, the campaign's page says by how much.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum

from contacts.phone import Operator
from messaging.answers.outcomes import Outcome
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services.decisions import evidence
from messaging.services.money import prices

READINGS: Final = 20  # searched for a quiet one after the last call


@dataclass(frozen=True, slots=True)
class CountLine:
    """Messages to one operator, as the portal and as Sociair counts them; rupees between them.

    `cost` is None where Sociair states no price for the operator.
    """

    operator: Operator
    ours: int
    theirs: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class BalanceGap:
    """What left the account between two readings, and what the calls between them explain."""

    before: BalanceReading
    after: BalanceReading
    explained: Decimal

    @property
    def left(self) -> Decimal:
        return self.before.balance - self.after.balance

    @property
    def gap(self) -> Decimal:
        """Rupees that left unexplained; below zero, what came in or was not taken."""
        return self.left - self.explained

    @property
    def missing(self) -> Decimal:
        return abs(self.gap)


@dataclass(frozen=True, slots=True)
class Around:
    """When a campaign's last call ended (None before the first), and the quiet readings around."""

    last_call: datetime | None
    before: BalanceReading | None
    after: BalanceReading | None


# Counted alike: messages to one operator, of so many parts, at one rate.
_Key = tuple[Operator, int, Decimal | None]


def counts_that_differ(campaign: Campaign) -> list[CountLine]:
    """By operator, where Sociair counted other numbers of messages than the portal."""
    calls = SentMessage.objects.filter(
        batch__campaign=campaign, outcome=Outcome.ACCEPTED, ntc__isnull=False
    ).exclude(batch__state=BatchState.SETTLED)
    names = [operator.value for operator in Operator]
    alike = ("batch__parts", "batch__rates")
    theirs = calls.values_list(*alike).annotate(*(Sum(name) for name in names)).order_by()
    ours = (
        Recipient.objects.filter(batch__in=calls.values("batch"), state=RecipientState.ACCEPTED)
        .values_list(*alike, "operator")
        .annotate(people=Count("pk"))
        .order_by()
    )
    counted: dict[_Key, list[int]] = {}
    for parts, own, *sums in theirs:
        rates = prices.from_json(own or campaign.rates)
        for operator, number in zip(Operator, sums, strict=True):
            pair = counted.setdefault((operator, parts, rates.get(operator)), [0, 0])
            pair[1] += number or 0
    for parts, own, name, people in ours:
        operator = Operator(name)
        rate = prices.from_json(own or campaign.rates).get(operator)
        counted.setdefault((operator, parts, rate), [0, 0])[0] += people
    return [line for operator in Operator if (line := _line(operator, counted)) is not None]


def _line(operator: Operator, counted: dict[_Key, list[int]]) -> CountLine | None:
    of_operator = {key: pair for key, pair in counted.items() if key[0] is operator}
    if all(ours == theirs for ours, theirs in of_operator.values()):
        return None
    cost: Decimal | None = Decimal(0)
    for (_operator, parts, rate), (ours, theirs) in of_operator.items():
        cost = None if rate is None or cost is None else cost + parts * rate * (theirs - ours)
    return CountLine(
        operator,
        sum(ours for ours, _theirs in of_operator.values()),
        sum(theirs for _ours, theirs in of_operator.values()),
        cost,
    )


def readings_around(campaign: Campaign) -> Around:
    """The quiet readings around a campaign's calls."""
    calls = SentMessage.objects.filter(batch__campaign=campaign)
    found = calls.aggregate(first=Min("started_at"), last=Max("ended_at"))
    first, last = found["first"], found["last"]
    if first is None:
        return Around(None, None, None)
    before = evidence.quiet_before(campaign.gateway, first)
    return Around(last, before, _quiet_after(campaign, last) if before else None)


def gap_between(campaign: Campaign, around: Around) -> BalanceGap | None:
    """What two readings around a campaign say; None if they prove nothing, or agree."""
    before, after = around.before, around.after
    if before is None or after is None:
        return None
    between = Q(claimed_at__gte=before.read_at, claimed_at__lt=after.asked_at)
    batches = Batch.objects.filter(between, campaign__gateway=campaign.gateway)
    unclear = [BatchState.UNCONFIRMED, BatchState.PARTLY_REFUSED, BatchState.SENDING]
    if batches.filter(state__in=unclear).exists():
        return None
    explained = evidence.known(campaign.gateway, before.read_at, until=after.asked_at)
    gap = BalanceGap(before, after, explained)
    return gap if gap.gap else None


def _quiet_after(campaign: Campaign, moment: datetime) -> BalanceReading | None:
    """The first quiet reading after a moment: no call was under way while it was asked for."""
    late = moment + timedelta(seconds=settings.SOCIAIR_TOTAL_TIMEOUT)
    unanswered = SentMessage.objects.filter(
        batch__campaign=campaign, outcome=Outcome.NO_ANSWER
    ).exists()
    for reading in _searched(campaign, moment):
        if evidence.is_quiet(reading) and (not unanswered or reading.asked_at > late):
            return reading
    return None


def search_ended(campaign: Campaign, moment: datetime) -> datetime | None:
    """When the last came of the readings that are searched for a quiet one after a moment; None
    while more may come.
    """
    readings = _searched(campaign, moment)
    return readings[-1].read_at if len(readings) == READINGS else None


def _searched(campaign: Campaign, moment: datetime) -> list[BalanceReading]:
    readings = BalanceReading.objects.filter(gateway=campaign.gateway, asked_at__gt=moment)
    return list(readings.order_by("id")[:READINGS])
