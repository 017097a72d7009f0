"""Settling unconfirmed messages: a person decides what happened to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from messaging.models import (
    OPEN_STATES,
    Batch,
    BatchState,
    Campaign,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
    Verdict,
)
from messaging.services import states
from messaging.services.gateway import bills
from messaging.services.states import count, finish_if_empty
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import noted_count, together

_AT_ONCE = 50  # batches in one transaction
UNDECIDED = [BatchState.UNCONFIRMED, BatchState.PARTLY_REFUSED]


def open_cases(gateway: Gateway) -> int:
    """How many cases need a decision: campaigns with something unconfirmed or in doubt; without
    any, 1 if there are calls that no campaign explains.
    """
    unconfirmed = Campaign.objects.filter(unconfirmed__gt=0)
    # Asked apart, because each has an index.
    in_doubt = Campaign.objects.filter(doubted_at__isnull=False, state__in=OPEN_STATES)
    cases = unconfirmed.values("pk").union(in_doubt.values("pk")).count()
    return cases or int(gateway.unknown_calls > 0)


def undecided(campaign: Campaign) -> QuerySet[Batch]:
    """Batches with people of whom nobody knows whether the message went out."""
    return _undecided(campaign=campaign)


def undecided_of(campaign: OuterRef) -> QuerySet[Batch]:
    """The same of a campaign that an outer query names."""
    return _undecided(campaign=campaign)


def undecided_in(campaigns: Sequence[int]) -> QuerySet[Batch]:
    """The same of several campaigns."""
    return _undecided(campaign__in=campaigns)


def _undecided(**of: Any) -> QuerySet[Batch]:
    # Looked up for each batch: for a few, the database need not read all people of the campaign.
    unclear = Recipient.objects.filter(batch=OuterRef("pk"), state=RecipientState.UNCONFIRMED)
    return Batch.objects.filter(Exists(unclear), state__in=UNDECIDED, settled_as="", **of)


def undecided_with_calls(campaign: Campaign) -> QuerySet[Batch]:
    """The undecided batches, oldest first, each with its undecided `people`, the first of them in
    `first_people`, and its last call in `last_calls`.
    """
    return with_calls(undecided(campaign))


def with_calls(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """The same of any undecided batches."""
    last = SentMessage.objects.order_by("-attempt").defer("raw", "numbers")[:1]
    unclear = Recipient.objects.filter(state=RecipientState.UNCONFIRMED)
    people = unclear.filter(batch=OuterRef("pk")).order_by().values("batch")
    first = unclear.order_by("id")[:1]
    return (
        # Counted for each batch that is shown: a join would count all of the campaign's.
        batches.annotate(people=Subquery(people.values(number=Count("pk"))))
        .prefetch_related(
            Prefetch("recipients", first, to_attr="first_people"),
            Prefetch("calls", last, to_attr="last_calls"),
        )
        .order_by("id")
    )


@dataclass(frozen=True, slots=True)
class FirstOnes:
    """The first undecided batches of a campaign, and how many more there are."""

    batches: list[Batch]
    more: int


def first_undecided(campaigns: Sequence[Campaign], most: int) -> dict[int, FirstOnes]:
    """Of each campaign its first undecided batches, with their calls; asked for all at once."""
    pks = [campaign.pk for campaign in campaigns]
    numbered = undecided_in(pks).annotate(
        place=Window(RowNumber(), partition_by="campaign", order_by="id"),
        of_all=Window(Count("pk"), partition_by="campaign"),
    )
    places = numbered.filter(place__lte=most).values_list("pk", "campaign", "of_all")
    of_all = {campaign: number for _pk, campaign, number in places}
    found: dict[int, list[Batch]] = {}
    for batch in with_calls(Batch.objects.filter(pk__in=[pk for pk, *_rest in places])):
        found.setdefault(batch.campaign_id, []).append(batch)
    return {pk: FirstOnes(found.get(pk, []), max(of_all.get(pk, 0) - most, 0)) for pk in pks}


def settle(
    campaign: Campaign, batches: Sequence[int], verdict: Verdict, *, by: Actor, why: str
) -> int:
    """Note a person's verdict on some batches' unconfirmed recipients. Returns how many people.

    Batches that someone else has settled meanwhile are left as they are. Many are settled some at
    a time, so that saving an answer never waits long for the database.
    """
    people = 0
    for start in range(0, len(batches), _AT_ONCE):
        with transaction.atomic():
            locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
            some = batches[start : start + _AT_ONCE]
            settled = settle_some(locked, some, verdict, by=by, why=why)
            finish_if_empty(locked)
            if settled:
                record(
                    Deed.SETTLED,
                    by=by,
                    about=locked,
                    words=why,
                    verdict=verdict.value,
                    people=settled,
                )
        people += settled
    if people:
        words = together(_went_out(verdict, people), why)
        Event.objects.create(campaign=campaign, kind=EventKind.SETTLED, by=user_of(by), words=words)
    campaign.refresh_from_db()
    return people


def _went_out(verdict: Verdict, people: int) -> str:
    if verdict is Verdict.ACCEPTED:
        return noted_count(
            "%(people)d message went out.", "%(people)d messages went out.", people, people=people
        )
    return noted_count(
        "%(people)d message did not go out.",
        "%(people)d messages did not go out.",
        people,
        people=people,
    )


def settle_some(
    campaign: Campaign, batches: Sequence[int], verdict: Verdict, *, by: Actor, why: str
) -> int:
    """Settle those of the batches that are undecided. Returns how many people.

    The caller holds the campaign's lock, without which no batch is settled.
    """
    state = RecipientState(verdict.value)
    open_ones = list(undecided(campaign).filter(pk__in=batches).values_list("pk", flat=True))
    people = Recipient.objects.filter(batch__in=open_ones, state=RecipientState.UNCONFIRMED).update(
        state=state
    )
    states.move_batches(
        Batch.objects.filter(pk__in=open_ones),
        UNDECIDED,
        BatchState.SETTLED,
        settled_as=verdict,
        settled_at=timezone.now(),
        settled_by=user_of(by),
        settled_why=why,
    )
    count(campaign, RecipientState.UNCONFIRMED, -people)
    count(campaign, state, people)
    if open_ones:
        bills.changed(campaign.gateway_id)
    return people
