"""New prices: what is queued of a campaign is priced again before it begins or goes on.

Whoever sends signs a sum. Until it goes out the rates may change, and an upgrade of the portal may
count parts and operators otherwise. What became more expensive waits for someone who signs the new
sum; whatever begins is booked with what it costs.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Sum

from contacts.phone import Operator
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    Recipient,
    RecipientState,
)
from messaging.services.money import affordability, prices, recount, rules
from messaging.services.money.affordability import SendRefused
from sociair_portal.common.sentences import noted, noted_count, together

_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Bill:
    """What a campaign still has to send (rupees): as it was signed, as it is booked, and as it is
    today. `causes` are sentences that say what makes the difference.
    """

    people: int
    signed: Decimal
    booked: Decimal
    cost: Decimal
    causes: tuple[str, ...]

    @property
    def is_dearer(self) -> bool:
        return self.cost > self.signed

    @property
    def sentence(self) -> str:
        if not self.causes:
            return noted(
                "It now costs Rs %(cost)s instead of Rs %(signed)s.",
                cost=self.cost,
                signed=self.signed,
            )
        said = noted_count(
            "The %(people)d message that is left would cost Rs %(cost)s instead of Rs %(signed)s.",
            "The %(people)d messages that are left would cost Rs %(cost)s instead of "
            "Rs %(signed)s.",
            self.people,
            people=self.people,
            cost=self.cost,
            signed=self.signed,
        )
        return together(*self.causes, said)


@dataclass(frozen=True, slots=True)
class Priced:
    """What to write when a campaign begins. `cost` is what all of it must be booked with by then;
    None where nothing has changed.
    """

    cost: Decimal | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    words: str = ""

    def holds(self, campaign: Campaign) -> bool:
        """Whether nobody has priced it otherwise meanwhile. Locks it, then its gateway's bills.

        Raises `SendRefused` if it cannot be paid any more.
        """
        if self.cost is None:
            return True
        locked, gateway = affordability.lock(campaign)
        reading = gateway.readings.order_by("-id").first()
        if reading is not None:
            affordability.check_start(locked, reading, more=Decimal(0))
        return locked.cost == self.cost


def has_changed(campaign: Campaign, rates: prices.Rates) -> bool:
    """Whether it may cost something else than was signed; no row of its people is looked at."""
    return (
        _has_other_rates(campaign, rates)
        or campaign.rules != rules.fingerprint_of_rules()
        or campaign.cost > campaign.reviewed_cost
    )


def _has_other_rates(campaign: Campaign, rates: prices.Rates) -> bool:
    signed = prices.from_json(campaign.rates)
    return any(rates[operator] != signed[operator] for operator in signed)


def bill_of(campaign: Campaign, reading: BalanceReading | None) -> Bill | None:
    """The bill for what a campaign has queued; None if nothing changed, or nothing is queued."""
    if reading is None or campaign.prepared_up_to != Campaign.PREPARED:
        return None
    rates = prices.rates_now(campaign, reading)
    if not campaign.pending or not has_changed(campaign, rates):
        return None
    rows = recount.queued(campaign).values_list("operator", "batch__parts").order_by()
    counts = {
        (Operator(operator), parts): people
        for operator, parts, people in rows.annotate(people=Count("pk"))
    }
    booked = _booked(campaign)
    # An operator for which no rate was signed is counted at today's.
    before = {**rates, **prices.from_json(campaign.rates)}
    causes: list[str] = []
    # What is booked includes people who came after the signature: they are no cause here.
    if prices.cost_of_counts(counts, before) > booked:
        causes.append(
            noted(
                "Since the portal was upgraded, it counts parts and operators as Sociair now bills "
                "them."
            )
        )
    causes += _other_rates({operator for operator, _parts in counts}, before, rates)
    return Bill(
        people=sum(counts.values()),
        signed=booked - max(campaign.cost - campaign.reviewed_cost, Decimal(0)),
        booked=booked,
        cost=prices.cost_of_counts(counts, rates),
        causes=tuple(causes),
    )


def _other_rates(
    operators: set[Operator], before: prices.Rates, now: prices.Rates
) -> Iterator[str]:
    """What changed for those it goes to; operators that cost the same are named together."""
    alike: dict[tuple[Decimal, Decimal], list[Operator]] = defaultdict(list)
    for operator in Operator:
        if operator in operators and before[operator] != now[operator]:
            alike[before[operator], now[operator]].append(operator)
    for (was, rate), some in alike.items():
        yield noted_count(
            "%(operators)s now costs Rs %(now)s for each part instead of Rs %(before)s.",
            "%(operators)s now cost Rs %(now)s for each part instead of Rs %(before)s.",
            len(some),
            operators=prices.names_of(some),
            now=rate,
            before=was,
        )


def _booked(campaign: Campaign) -> Decimal:
    queued = Batch.objects.filter(campaign=campaign, state=BatchState.QUEUED)
    cost: Decimal = queued.aggregate(cost=Sum("cost", default=Decimal(0)))["cost"]
    return cost.quantize(_PLACES)  # a sum of SQLite's is a float


def price(
    campaign: Campaign, reading: BalanceReading, *, seen: Decimal | None, advice: str
) -> Priced:
    """Book what is queued with what it costs by a fresh reading, before it begins or goes on.

    What is more expensive than was signed is left as it is, unless that sum was `seen` (rupees).
    Raises `SendRefused` with a sentence that names the cause, and ends with an `advice`.
    """
    rates = prices.rates_now(campaign, reading)
    if not has_changed(campaign, rates):
        affordability.check_start(campaign, reading, more=Decimal(0))
        return Priced()
    if Batch.objects.filter(campaign=campaign, state=BatchState.SENDING).exists():
        raise SendRefused(
            noted("Its last messages are still being sent. Try again in a few seconds.")
        )
    if campaign.rules != rules.fingerprint_of_rules():
        recount.measure_anew(campaign, rates)
    bill = bill_of(campaign, reading)
    if bill is None:  # nothing is queued
        return Priced()
    if bill.is_dearer and seen != bill.cost:
        raise SendRefused(together(bill.sentence, advice))
    affordability.check_start(campaign, reading, more=bill.cost - bill.booked)
    return _book(campaign, rates, bill)


def _book(campaign: Campaign, rates: prices.Rates, bill: Bill) -> Priced:
    """Book the new costs piece by piece. If that breaks off, nothing was signed, and it begins
    anew.
    """
    if _has_other_rates(campaign, rates):
        _keep_rates(campaign)
    for batches in recount.pieces(campaign):
        if not _book_some(campaign, batches, rates):
            break
    campaign.refresh_from_db()
    fields = {
        "rates": prices.to_json(rates),
        "rules": rules.fingerprint_of_rules(),
        "reviewed_cost": campaign.cost,
    }
    return Priced(campaign.cost, fields, bill.sentence if bill.cost != bill.signed else "")


def _keep_rates(campaign: Campaign) -> None:
    """Note in batches that went out the rates that were signed for them."""
    gone = Batch.objects.filter(campaign=campaign, rates__isnull=True)
    gone = gone.exclude(state=BatchState.QUEUED).order_by("id")
    while some := list(gone.values_list("pk", flat=True)[: recount.AT_ONCE]):
        with transaction.atomic():
            if recount.lock(campaign) is None:
                return
            Batch.objects.filter(pk__in=some).update(rates=campaign.rates)


def _book_some(campaign: Campaign, batches: list[int], rates: prices.Rates) -> bool:
    with transaction.atomic():
        if (locked := recount.lock(campaign)) is None:
            return False
        people = Recipient.objects.filter(batch__in=batches, state=RecipientState.QUEUED)
        rows = people.values_list("batch", "operator", "batch__parts", "batch__cost").order_by()
        booked: dict[int, Decimal] = {}
        costs: dict[int, Decimal] = defaultdict(Decimal)
        for batch, operator, parts, cost, number in rows.annotate(number=Count("pk")):
            booked[batch] = cost
            costs[batch] += rates[Operator(operator)] * parts * number
        same: dict[Decimal, list[int]] = defaultdict(list)
        for batch, cost in costs.items():
            if cost != booked[batch]:
                same[cost].append(batch)
        for cost, some in same.items():
            Batch.objects.filter(pk__in=some).update(cost=cost)
        more = sum(costs.values(), Decimal(0)) - sum(booked.values(), Decimal(0))
        Campaign.objects.filter(pk=campaign.pk).update(cost=locked.cost + more)
    return True
