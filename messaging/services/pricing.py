"""What messages cost: rupees per part and operator, as Sociair last said."""

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, QuerySet

from contacts.phone import Operator
from messaging.models import BalanceReading, Campaign, Recipient

Rates = Mapping[Operator, Decimal]


def rates_of(reading: BalanceReading) -> dict[Operator, Decimal]:
    """Rupees per part, with SOCIAIR_OTHER_RATE for operators that Sociair has no rate for."""
    rates = reading.rates
    if settings.SOCIAIR_OTHER_RATE is not None:
        rates[Operator.OTHER] = settings.SOCIAIR_OTHER_RATE
    return rates


def cost_of(numbers: Mapping[Operator, int], parts: int, rates: Rates) -> Decimal:
    """Rupees for one text of `parts` parts to so many numbers of each operator."""
    return sum((rates[operator] * parts * count for operator, count in numbers.items()), Decimal(0))


def cost_of_counts(counts: Mapping[tuple[Operator, int], int], rates: Rates) -> Decimal:
    """Rupees for so many messages, by operator and parts."""
    return sum(
        (rates[operator] * parts * count for (operator, parts), count in counts.items()),
        Decimal(0),
    )


def to_json(rates: Rates) -> dict[str, str]:
    return {operator.value: str(rate) for operator, rate in rates.items()}


def from_json(rates: Mapping[str, str]) -> dict[Operator, Decimal]:
    return {Operator(operator): Decimal(rate) for operator, rate in rates.items()}


def cost_of_recipients(recipients: QuerySet[Recipient], *, rates: Rates | None = None) -> Decimal:
    """Rupees for the messages of these recipients, at the rates that their campaigns were
    reviewed with, or at the given ones."""
    rows = recipients.order_by().values_list("campaign", "operator", "batch__parts")
    found = list(rows.annotate(people=Count("pk")))
    reviewed = {} if rates else _reviewed_rates({row[0] for row in found})
    return sum(
        (
            (rates or reviewed[campaign])[Operator(operator)] * parts * people
            for campaign, operator, parts, people in found
        ),
        Decimal(0),
    )


def _reviewed_rates(campaigns: set[int]) -> dict[int, dict[Operator, Decimal]]:
    rows = Campaign.objects.filter(pk__in=campaigns).values_list("pk", "rates")
    return {pk: from_json(rates) for pk, rates in rows}
