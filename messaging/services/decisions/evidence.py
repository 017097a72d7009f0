"""Evidence: what the balance says about unconfirmed messages.

While nothing is in flight and the account is ours alone: the balance before, less what was accepted
since, less the balance now, is what the unconfirmed messages cost together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.answers.outcomes import Outcome
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
    Verdict,
)
from messaging.services.decisions.settlement import UNDECIDED, undecided
from messaging.services.money import prices


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures in rupees. `missing` left the account and no known message explains it."""

    before: BalanceReading
    now: BalanceReading
    known: Decimal
    undecided: Decimal

    @property
    def missing(self) -> Decimal:
        return self.before.balance - self.known - self.now.balance

    @property
    def sentence(self) -> str:
        if self.missing == self.undecided:
            return _(
                "Exactly the cost of the undecided messages has left the account: they probably "
                "went out."
            )
        if self.missing == 0:
            return _(
                "Nothing has left the account for the undecided messages: they probably did not "
                "go out."
            )
        if 0 < self.missing < self.undecided:
            return _(
                "A part of the cost of the undecided messages has left the account: some of them "
                "probably went out."
            )
        if self.now.gateway.unknown_calls:
            return _(
                "The figures do not fit: messages went out that this database does not know, or "
                "the account was topped up or used elsewhere. Look at Sociair's own list."
            )
        return _(
            "The figures do not fit: the account was topped up or used elsewhere meanwhile. "
            "Ask Sociair."
        )


def evidence_for(campaign: Campaign) -> Evidence | None:
    """The balance around a campaign's undecided calls; None while it proves nothing."""
    gateway = campaign.gateway
    first = undecided(campaign).order_by("claimed_at").first()
    if first is None or first.claimed_at is None or is_in_flight(gateway):
        return None
    # A claim in the future was made by a clock that was wrong: the call was over by its deadline.
    before = quiet_before(gateway, min(first.claimed_at, first.deadline or first.claimed_at))
    now = BalanceReading.objects.filter(gateway=gateway).order_by("-id").first()
    if before is None or now is None or now.asked_at <= _last_end(gateway, before.read_at):
        return None
    return Evidence(
        before, now, known(gateway, before.read_at), undecided_cost(gateway, before.read_at)
    )


def is_in_flight(gateway: Gateway) -> bool:
    """Whether a call is under way."""
    return Batch.objects.filter(campaign__gateway=gateway, state=BatchState.SENDING).exists()


_READINGS: Final = 20  # searched for a quiet one


def quiet_before(
    gateway: Gateway, moment: datetime, *, most: int = _READINGS
) -> BalanceReading | None:
    """The last quiet reading before a moment: no call was under way while it was asked for."""
    readings = BalanceReading.objects.filter(gateway=gateway, read_at__lt=moment)
    return next(filter(is_quiet, readings.order_by("-id")[:most]), None)


def is_quiet(reading: BalanceReading) -> bool:
    """Whether no call was under way while it was asked for."""
    calls = SentMessage.objects.filter(
        gateway=reading.gateway_id,
        started_at__gte=reading.asked_at - timedelta(seconds=settings.SOCIAIR_DEADLINE),
        started_at__lte=reading.read_at,
        ended_at__gte=reading.asked_at,
    )
    lost = Batch.objects.filter(
        campaign__gateway=reading.gateway_id,
        outcome=Outcome.WORKER_LOST,
        claimed_at__lte=reading.read_at,
        deadline__gte=reading.asked_at,
    )
    return not calls.exists() and not lost.exists()


def _last_end(gateway: Gateway, since: datetime) -> datetime:
    """When the last call since a moment was certainly over, and billed if it ever will be."""
    calls = SentMessage.objects.filter(gateway=gateway, started_at__gte=since)
    unanswered = calls.filter(outcome=Outcome.NO_ANSWER).aggregate(end=Max("ended_at"))["end"]
    lost = Batch.objects.filter(
        campaign__gateway=gateway,
        state__in=UNDECIDED,
        outcome=Outcome.WORKER_LOST,
        claimed_at__gte=since,
    )
    ends = [
        calls.aggregate(end=Max("ended_at"))["end"],
        unanswered and unanswered + timedelta(seconds=settings.SOCIAIR_TOTAL_TIMEOUT),
        lost.aggregate(end=Max("deadline"))["end"],
    ]
    return max((end for end in ends if end is not None), default=since)


def known(gateway: Gateway, since: datetime, *, until: datetime | None = None) -> Decimal:
    """Rupees certainly taken since: accepted calls, and what people know to have gone out."""
    until = until or timezone.now()
    calls = SentMessage.objects.filter(gateway=gateway, started_at__range=(since, until))
    accepted: Decimal = calls.aggregate(cost=Sum("cost", default=Decimal(0)))["cost"]
    settled = Batch.objects.filter(
        campaign__gateway=gateway,
        claimed_at__range=(since, until),
        state=BatchState.SETTLED,
        settled_as=Verdict.ACCEPTED,
    ).exclude(calls__outcome=Outcome.ACCEPTED)  # its late answer is counted above
    people = Recipient.objects.filter(batch__in=settled, state=RecipientState.ACCEPTED)
    return accepted + prices.cost_of_recipients(people)


def undecided_cost(gateway: Gateway, since: datetime) -> Decimal:
    """Rupees that unconfirmed messages, and those on their way, may have cost."""
    batches = Batch.objects.filter(
        campaign__gateway=gateway,
        claimed_at__gte=since,
        state__in=[*UNDECIDED, BatchState.SENDING],
    )
    doubtful = [RecipientState.UNCONFIRMED, RecipientState.SENDING]
    people = Recipient.objects.filter(batch__in=batches, state__in=doubtful)
    return prices.cost_of_recipients(people)
