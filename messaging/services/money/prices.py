"""What messages cost: rupees per part and operator, as Sociair last said."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from contacts.phone import Operator
from messaging.models import BalanceReading, Campaign, Recipient
from sociair_portal.common.sentences import noted

Rates = Mapping[Operator, Decimal]


def rates_of(reading: BalanceReading) -> dict[Operator, Decimal]:
    """Rupees per part, with SOCIAIR_OTHER_RATE for operators that Sociair has no rate for."""
    rates = reading.rates
    if settings.SOCIAIR_OTHER_RATE is not None:
        rates[Operator.OTHER] = settings.SOCIAIR_OTHER_RATE
    return rates


def rates_now(campaign: Campaign, reading: BalanceReading) -> dict[Operator, Decimal]:
    """Today's rates; where there is none any more, the one that the campaign was signed with."""
    return {**from_json(campaign.rates), **rates_of(reading)}


def names_of(operators: list[Operator]) -> str:
    """Within a sentence: NTC, Ncell and Smart Cell."""
    *names, last = [str(operator.label) for operator in operators]
    return noted("%(names)s and %(last)s", names=", ".join(names), last=last) if names else last


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
    """Rupees for the messages of these recipients, at the rates that they were signed with, or at
    the given ones.
    """
    return costs_of_recipients(recipients, [Q()], rates=rates)[0]


def costs_of_recipients(
    recipients: QuerySet[Recipient], conditions: Sequence[Q], *, rates: Rates | None = None
) -> list[Decimal]:
    """The same for those of the recipients who meet each condition."""
    rows = recipients.order_by().values_list("campaign", "operator", "batch__parts", "batch__rates")
    counts = {f"people{n}": Count("pk", filter=one) for n, one in enumerate(conditions)}
    found = list(rows.annotate(**counts))
    signed = {} if rates else _signed_rates({row[0] for row in found})
    costs = [Decimal(0) for _condition in conditions]
    for campaign, operator, parts, own, *people in found:
        each = (rates or (from_json(own) if own else signed[campaign]))[Operator(operator)]
        costs = [cost + each * parts * number for cost, number in zip(costs, people, strict=True)]
    return costs


def _signed_rates(campaigns: set[int]) -> dict[int, dict[Operator, Decimal]]:
    rows = Campaign.objects.filter(pk__in=campaigns).values_list("pk", "rates")
    return {pk: from_json(rates) for pk, rates in rows}
