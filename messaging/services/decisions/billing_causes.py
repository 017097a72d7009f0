"""Why a bill differs from the estimate, as far as the portal knows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _

from contacts.phone import Operator
from messaging.models import (
    Batch,
    Campaign,
    Recipient,
    RecipientState,
)
from messaging.services.decisions.billing import (
    BalanceGap,
    CountLine,
)
from messaging.services.money import prices
from sociair_portal.common import formats

# Of each operator the rupees a part that messages were signed for, the last signature's at the end.
SignedRates: TypeAlias = Mapping[Operator, list[Decimal]]


def cause_of_counts(lines: list[CountLine]) -> str:
    """Why Sociair's counts differ, as far as they tell; empty if they do not."""
    if not lines:
        return ""
    more = sum(line.theirs - line.ours for line in lines)
    if not more:
        return _(
            "Sociair counts as many messages as the portal, for other operators. The portal's "
            "table of operators is out of date: some numbers belong to another operator by now. A "
            "newer version of the portal knows it; until then estimates for these numbers may be "
            "wrong by as much."
        )
    return _(
        "Sociair counts another number of messages than the portal sent. Why, the portal does not "
        "know. Compare it with Sociair's own report."
    )


def cause_of_gap(
    campaign: Campaign, gap: BalanceGap, lines: list[CountLine], signed: SignedRates
) -> str:
    """Why the balance disagrees: the prices, the counts by operator, or unknown."""
    if rates := list(_other_rates(signed, gap)):
        said = _("The prices changed while it was being sent: %(rates)s.")
        return said % {"rates": "; ".join(rates)}
    if lines and sum((line.cost or Decimal(0) for line in lines), Decimal(0)) == gap.gap:
        return _("The other counts above are the cause: they make exactly this difference.")
    if lines and gap.gap > 0:
        return _("The other counts above are a likely cause.")
    if gap.gap > 0 and campaign.gateway.unknown_calls:
        return _(
            "A backup was put back, and messages went out that this database does not know. They "
            "may be the cause. Look at Sociair's own list."
        )
    if gap.gap > 0:
        return _(
            "Why, the portal does not know. Perhaps the account is used elsewhere too, or Sociair "
            "counts parts otherwise. Compare it with Sociair's own report."
        )
    return _(
        "Why, the portal does not know. Perhaps the account was topped up meanwhile, or Sociair "
        "charged less."
    )


def _other_rates(signed_rates: SignedRates, gap: BalanceGap) -> Iterator[str]:
    """Sentences about operators whose price around the campaign was never signed for."""
    said = _(
        "%(operators)s cost Rs %(before)s a part before it and Rs %(after)s after it, and the "
        "portal reckoned with Rs %(signed)s"
    )
    before, after = prices.rates_of(gap.before), prices.rates_of(gap.after)
    alike: dict[tuple[Decimal, Decimal, Decimal], list[Operator]] = defaultdict(list)
    for operator, signed in signed_rates.items():
        last = signed[-1]
        around = before.get(operator, last), after.get(operator, last)
        if not set(around) <= set(signed):
            alike[(*around, last)].append(operator)
    for (was, then, reckoned), some in alike.items():
        yield said % {
            "operators": prices.names_of(some),
            "before": formats.exact(was),
            "after": formats.exact(then),
            "signed": formats.exact(reckoned),
        }


def signed_rates(campaign: Campaign) -> SignedRates:
    """Rupees a part that its messages were signed for, the last signature's at the end."""
    accepted = Recipient.objects.filter(campaign=campaign, state=RecipientState.ACCEPTED)
    found = set(accepted.values_list("operator", flat=True).distinct().order_by())
    before = Batch.objects.filter(campaign=campaign, rates__isnull=False)
    earlier = before.values_list("rates", flat=True).distinct().order_by()
    signed = [prices.from_json(rates) for rates in [*earlier, campaign.rates]]
    return {
        operator: [rates[operator] for rates in signed if operator in rates]
        for operator in Operator
        if operator.value in found
    }
