"""Evidence: what the balance says about unconfirmed messages.

While nothing is in flight and the account is ours alone: the balance before, less what was accepted
since, less the balance now, is what the unconfirmed messages cost together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Least
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
from messaging.services.decisions.settlement import UNDECIDED, undecided_of
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
                "Exactly the cost of the messages that need a decision has left the account. "
                "They probably went out."
            )
        if self.missing == 0:
            return _(
                "Nothing has left the account for the messages that need a decision. They "
                "probably did not go out."
            )
        if 0 < self.missing < self.undecided:
            return _(
                "Part of the cost of the messages that need a decision has left the account. "
                "Some of them probably went out."
            )
        if self.now.gateway.unknown_calls:
            return _(
                "The figures do not match. Messages went out that this database does not know "
                "about, or the account was topped up or used elsewhere. Check Sociair's own "
                "list."
            )
        return _(
            "The figures do not match. The account was topped up or used elsewhere. Ask Sociair."
        )


def evidence_for(campaign: Campaign) -> Evidence | None:
    """The balance around a campaign's undecided calls; None while it proves nothing."""
    return evidence_of([campaign]).get(campaign.pk)


def evidence_of(campaigns: Iterable[Campaign]) -> dict[int, Evidence]:
    """The balance around the undecided calls of each campaign, where it proves something.

    It is looked up once for each gateway, however many campaigns there are.
    """
    by_gateway: dict[Gateway, list[int]] = {}
    for campaign in campaigns:
        by_gateway.setdefault(campaign.gateway, []).append(campaign.pk)
    found: dict[int, Evidence] = {}
    for gateway, pks in by_gateway.items():
        found |= _of_gateway(gateway, pks)
    return found


def _of_gateway(gateway: Gateway, pks: list[int]) -> dict[int, Evidence]:
    before_of = _readings_before(gateway, pks)
    if not before_of or is_in_flight(gateway):
        return {}
    latest = BalanceReading.objects.filter(gateway=gateway).order_by("-id").values("pk")[:1]
    wanted = Q(pk__in=before_of.values()) | Q(pk=Subquery(latest))
    readings = list(BalanceReading.objects.filter(wanted).order_by("id"))
    now = readings[-1]
    now.gateway = gateway
    befores = [one for one in readings if one.pk in before_of.values()]
    since = [one.read_at for one in befores]
    figures = zip(
        befores,
        _last_ends(gateway, since),
        known_since(gateway, since),
        undecided_since(gateway, since),
        strict=True,
    )
    evidence = {
        before.pk: Evidence(before, now, known, cost)
        for before, last_end, known, cost in figures
        if now.asked_at > last_end
    }
    return {pk: evidence[before] for pk, before in before_of.items() if before in evidence}


def _readings_before(gateway: Gateway, pks: list[int]) -> dict[int, int]:
    """The key of the last quiet reading before the first undecided call of each campaign.

    A claim in the future was made by a clock that was wrong: the call was over by its deadline.
    """
    first = undecided_of(OuterRef("pk")).order_by("claimed_at")
    claimed, deadline = (Subquery(first.values(name)[:1]) for name in ("claimed_at", "deadline"))
    begun = Campaign.objects.filter(pk__in=pks).annotate(
        first_call=Least(claimed, Coalesce(deadline, claimed))
    )
    before = _quiet_before(gateway, OuterRef("first_call"), most=_READINGS)
    found = begun.annotate(before=Subquery(before.values("pk")[:1])).values_list("pk", "before")
    return {pk: reading for pk, reading in found if reading is not None}


def is_in_flight(gateway: Gateway) -> bool:
    """Whether a call is under way."""
    return Batch.objects.filter(campaign__gateway=gateway, state=BatchState.SENDING).exists()


_READINGS: Final = 20  # searched for a quiet one


def quiet_before(
    gateway: Gateway, moment: datetime, *, most: int = _READINGS
) -> BalanceReading | None:
    """The last quiet reading before a moment: no call was under way while it was asked for."""
    return _quiet_before(gateway, moment, most=most).first()


def _quiet_before(gateway: Gateway, moment: Any, *, most: int) -> QuerySet[BalanceReading]:
    """The quiet ones of the last readings before a moment, the latest first."""
    readings = BalanceReading.objects.filter(gateway=gateway).order_by("-id")
    earlier = OuterRef(moment) if isinstance(moment, OuterRef) else moment
    last = readings.filter(read_at__lt=earlier).values("pk")[:most]
    return quiet(readings.filter(pk__in=last))


def is_quiet(reading: BalanceReading) -> bool:
    """Whether no call was under way while it was asked for."""
    return quiet(BalanceReading.objects.filter(pk=reading.pk)).exists()


def quiet(readings: QuerySet[BalanceReading]) -> QuerySet[BalanceReading]:
    """Those readings that were asked for while no call was under way."""
    longest = Value(timedelta(seconds=settings.SOCIAIR_DEADLINE))
    calls = SentMessage.objects.filter(
        gateway=OuterRef("gateway"),
        started_at__gte=OuterRef("asked_at") - longest,
        started_at__lte=OuterRef("read_at"),
        ended_at__gte=OuterRef("asked_at"),
    )
    lost = Batch.objects.filter(
        campaign__gateway=OuterRef("gateway"),
        outcome=Outcome.WORKER_LOST,
        claimed_at__lte=OuterRef("read_at"),
        deadline__gte=OuterRef("asked_at"),
    )
    return readings.filter(~Exists(calls), ~Exists(lost))


def _last_ends(gateway: Gateway, since: Sequence[datetime]) -> list[datetime]:
    """When the last call since each moment was certainly over, and billed if it ever will be."""
    calls = SentMessage.objects.filter(gateway=gateway, started_at__gte=min(since))
    silent = Q(outcome=Outcome.NO_ANSWER)
    called = calls.aggregate(
        **{f"end{n}": Max("ended_at", filter=Q(started_at__gte=at)) for n, at in enumerate(since)},
        **{
            f"silent{n}": Max("ended_at", filter=silent & Q(started_at__gte=at))
            for n, at in enumerate(since)
        },
    )
    lost = Batch.objects.filter(
        campaign__gateway=gateway,
        state__in=UNDECIDED,
        outcome=Outcome.WORKER_LOST,
        claimed_at__gte=min(since),
    ).aggregate(
        **{f"end{n}": Max("deadline", filter=Q(claimed_at__gte=at)) for n, at in enumerate(since)}
    )
    found = []
    for n, at in enumerate(since):
        unanswered = called[f"silent{n}"]
        late = unanswered and unanswered + timedelta(seconds=settings.SOCIAIR_TOTAL_TIMEOUT)
        ends = [called[f"end{n}"], late, lost[f"end{n}"]]
        found.append(max((end for end in ends if end is not None), default=at))
    return found


def known(gateway: Gateway, since: datetime, *, until: datetime | None = None) -> Decimal:
    """Rupees certainly taken since: accepted calls, and what people know to have gone out."""
    return known_since(gateway, [since], until=until)[0]


def known_since(
    gateway: Gateway, since: Sequence[datetime], *, until: datetime | None = None
) -> list[Decimal]:
    """The same since each of several moments."""
    within = (min(since), until or timezone.now())
    calls = SentMessage.objects.filter(gateway=gateway, started_at__range=within)
    accepted = calls.aggregate(
        **{
            f"cost{n}": Sum("cost", filter=Q(started_at__gte=at), default=Decimal(0))
            for n, at in enumerate(since)
        }
    )
    settled = Batch.objects.filter(
        campaign__gateway=gateway,
        claimed_at__range=within,
        state=BatchState.SETTLED,
        settled_as=Verdict.ACCEPTED,
    ).exclude(calls__outcome=Outcome.ACCEPTED)  # its late answer is counted above
    people = Recipient.objects.filter(batch__in=settled, state=RecipientState.ACCEPTED)
    by_word = prices.costs_of_recipients(people, _called_since(since))
    return [accepted[f"cost{n}"] + cost for n, cost in enumerate(by_word)]


def undecided_cost(gateway: Gateway, since: datetime) -> Decimal:
    """Rupees that unconfirmed messages, and those on their way, may have cost."""
    return undecided_since(gateway, [since])[0]


def undecided_since(gateway: Gateway, since: Sequence[datetime]) -> list[Decimal]:
    """The same since each of several moments."""
    batches = Batch.objects.filter(
        campaign__gateway=gateway,
        claimed_at__gte=min(since),
        state__in=[*UNDECIDED, BatchState.SENDING],
    )
    doubtful = [RecipientState.UNCONFIRMED, RecipientState.SENDING]
    people = Recipient.objects.filter(batch__in=batches, state__in=doubtful)
    return prices.costs_of_recipients(people, _called_since(since))


def _called_since(since: Sequence[datetime]) -> list[Q]:
    return [Q(batch__claimed_at__gte=at) for at in since]
