"""The check of a campaign's bill, made once and kept.

It goes through all messages of the campaign and all calls beside it, so a page cannot make it at
every view. What was found is kept once nothing changes it by itself: no call is under way any more
that could count, and the balance was read before and after. Then only what raises the mark of the
gateway's bills can change it, and under another mark it is made anew.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from contacts.phone import Operator
from messaging.models import (
    OPEN_STATES,
    BalanceReading,
    Batch,
    BatchState,
    BillCheck,
    Campaign,
    Gateway,
)
from messaging.services.decisions import billing, billing_causes
from messaging.services.decisions.billing import Around, BalanceGap, CountLine
from messaging.services.decisions.billing_causes import SignedRates
from messaging.services.gateway import bills

_LATELY: Final = timedelta(days=7)
_AT_ONCE: Final = 5


@dataclass(frozen=True, slots=True)
class Check:
    """Where Sociair's counts and the balance disagree with the portal."""

    lines: list[CountLine]
    gap: BalanceGap | None
    signed: SignedRates

    def cause_of_counts(self) -> str:
        return billing_causes.cause_of_counts(self.lines)

    def cause_of_gap(self, campaign: Campaign) -> str:
        if self.gap is None:
            return ""
        return billing_causes.cause_of_gap(campaign, self.gap, self.lines, self.signed)


def check(campaign: Campaign) -> Check:
    """What is kept of a campaign that is over, or is found now; of one under way nothing."""
    if campaign.is_open or campaign.pending:
        return Check([], None, {})
    kept = BillCheck.objects.filter(campaign=campaign, mark=campaign.gateway.bills_mark)
    if (row := kept.select_related("before", "after").first()) is not None:
        return _from(row)
    return _made(campaign)


def keep_latest(gateway: Gateway) -> None:
    """Check the bills of some campaigns that ended lately, so that whoever opens their page does
    not wait for it: a few at a time, and not always the same, as some cannot be kept yet.
    """
    now = timezone.now()
    over = Campaign.objects.filter(
        gateway=gateway, pending=0, answered_at__range=(now - _LATELY, now - _longest())
    ).exclude(state__in=OPEN_STATES)
    kept = BillCheck.objects.filter(campaign=OuterRef("pk"), mark=gateway.bills_mark)
    unchecked = over.filter(~Exists(kept)).select_related("gateway")
    for campaign in unchecked.order_by("?")[:_AT_ONCE]:
        check(campaign)


def _made(campaign: Campaign) -> Check:
    mark = bills.mark(campaign.gateway_id)  # before anything that is looked at
    around = billing.readings_around(campaign)
    is_final = _is_final(campaign, around)
    gap = billing.gap_between(campaign, around)
    found = Check(
        billing.counts_that_differ(campaign),
        gap,
        billing_causes.signed_rates(campaign) if gap else {},
    )
    if is_final:
        _keep(campaign, found, mark)
    return found


def _is_final(campaign: Campaign, around: Around) -> bool:
    """Whether only what raises the mark can change what is found.

    No reading comes before the first call any more, but one may still come after the last. A call
    that was claimed before that reading may not be known yet to be under way, or is.
    """
    if around.last_call is None or around.before is None:
        until = around.last_call or timezone.now() - _longest()
    elif around.after is None:
        ended = billing.search_ended(campaign, around.last_call)
        if ended is None:
            return False
        until = ended
    else:
        until = around.after.read_at
    if timezone.now() < until + _longest():
        return False
    calls = Batch.objects.filter(state=BatchState.SENDING, campaign__gateway=campaign.gateway_id)
    return not calls.filter(claimed_at__lte=until).exists()


def _longest() -> timedelta:
    """How long a call may take, from its claim to its end."""
    return timedelta(seconds=settings.SOCIAIR_DEADLINE)


def _keep(campaign: Campaign, found: Check, mark: int) -> None:
    """In one statement, as several may look at once. Under a mark that rose it is never read."""
    gap = found.gap
    row = BillCheck(
        campaign=campaign,
        mark=mark,
        lines=[
            [
                line.operator.value,
                line.ours,
                line.theirs,
                None if line.cost is None else str(line.cost),
            ]
            for line in found.lines
        ],
        signed={
            operator.value: [str(rate) for rate in rates]
            for operator, rates in found.signed.items()
        },
        before=gap.before if gap else None,
        after=gap.after if gap else None,
        explained=gap.explained if gap else None,
    )
    names = [one.name for one in BillCheck._meta.concrete_fields if not one.primary_key]
    BillCheck.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["campaign"], update_fields=names
    )


def _from(row: BillCheck) -> Check:
    return Check(
        [
            CountLine(Operator(name), ours, theirs, None if cost is None else Decimal(cost))
            for name, ours, theirs, cost in row.lines
        ],
        _gap(row.before, row.after, row.explained),
        {Operator(name): list(map(Decimal, rates)) for name, rates in row.signed.items()},
    )


def _gap(
    before: BalanceReading | None, after: BalanceReading | None, explained: Decimal | None
) -> BalanceGap | None:
    if before is None or after is None or explained is None:
        return None
    return BalanceGap(before, after, explained)
