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
            "Sociair counts as many messages as the portal, but for other operators. Some "
            "numbers have moved to another operator, and the portal's list of operators is "
            "out of date. Update the portal. Until then, estimates for these numbers may be "
            "wrong by the same amount."
        )
    return _(
        "Sociair's count differs from the portal's. The portal does not know why. Compare it "
        "with Sociair's own report."
    )


def cause_of_gap(
    campaign: Campaign, gap: BalanceGap, lines: list[CountLine], signed: SignedRates
) -> str:
    """Why the balance disagrees: the prices, the counts by operator, or unknown."""
    if rates := list(_other_rates(signed, gap)):
        return " ".join([_("The rates changed while the message was being sent."), *rates])
    if lines and sum((line.cost or Decimal(0) for line in lines), Decimal(0)) == gap.gap:
        return _("The different counts above are the cause. They make exactly this difference.")
    if lines and gap.gap > 0:
        return _("The different counts above are a likely cause.")
    if gap.gap > 0 and campaign.gateway.unknown_calls:
        return _(
            "A backup was restored, and messages went out that this database does not know "
            "about. They may be the cause. Check Sociair's own list."
        )
    if gap.gap > 0:
        return _(
            "The portal does not know why. Perhaps the account is also used elsewhere, or "
            "Sociair counts parts differently. Compare it with Sociair's own report."
        )
    return _(
        "The portal does not know why. Perhaps the account was topped up, or Sociair charged less."
    )


def _other_rates(signed_rates: SignedRates, gap: BalanceGap) -> Iterator[str]:
    """Sentences about operators whose price around the campaign was never signed for."""
    said = _(
        "%(operators)s cost Rs %(before)s for each part before sending and Rs %(after)s after it. "
        "The portal counted with Rs %(signed)s."
    )
    before, after = prices.rates_of(gap.before), prices.rates_of(gap.after)
    alike: dict[tuple[Decimal, Decimal, Decimal], list[Operator]] = defaultdict(list)
    for operator, signed in signed_rates.items():
        last = signed[-1]
        around = before.get(operator, last), after.get(operator, last)
        if not set(around) <= set(signed):
            alike[(*around, last)].append(operator)
    for (was, then, counted), some in alike.items():
        yield said % {
            "operators": prices.names_of(some),
            "before": formats.exact(was),
            "after": formats.exact(then),
            "signed": formats.exact(counted),
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
