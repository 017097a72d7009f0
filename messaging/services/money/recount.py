"""Counting parts and operators of queued messages again, after an upgrade of the portal."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Substr

from contacts.phone import Operator
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
)
from messaging.services.money import prices, rules
from messaging.text.length import measure

AT_ONCE: Final = 2000  # recipients, or batches, in one transaction
# Nothing of these is claimed, so that what they have queued can be priced.
_WAITING: Final = [CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.OVERDUE]


def queued(campaign: Campaign) -> QuerySet[Recipient]:
    """The recipients of a campaign that are still queued."""
    return Recipient.objects.filter(campaign=campaign, state=RecipientState.QUEUED)


def pieces(campaign: Campaign) -> Iterator[list[int]]:
    """Queued batches of some thousand people together."""
    batches = Batch.objects.filter(campaign=campaign, state=BatchState.QUEUED).order_by("id")
    piece: list[int] = []
    people = 0
    for pk, size in list(batches.values_list("pk", "size")):
        piece.append(pk)
        people += size
        if people >= AT_ONCE:
            yield piece
            piece, people = [], 0
    if piece:
        yield piece


def lock(campaign: Campaign) -> Campaign | None:
    """Lock a campaign of which nothing can be claimed; None if it has begun meanwhile, or was
    signed at other rates.
    """
    waiting = Campaign.objects.filter(pk=campaign.pk, state__in=_WAITING)
    locked = waiting.select_for_update().first()
    return locked if locked is not None and locked.rates == campaign.rates else None


def measure_anew(campaign: Campaign, rates: prices.Rates) -> None:
    """Count parts and operators of queued messages by today's rules; the cost stays as signed."""
    ranges = queued(campaign).values_list(Substr("mobile", 1, 3), "operator")
    for prefix, signed in list(ranges.distinct().order_by()):
        operator = rules.operator_now(prefix, signed, rates)
        if operator != signed:
            of_range = queued(campaign).filter(mobile__startswith=prefix, operator=signed)
            _change_operator(campaign, of_range, operator)
    for batches in pieces(campaign):
        _measure_some(campaign, batches)


def _change_operator(campaign: Campaign, people: QuerySet[Recipient], operator: Operator) -> None:
    while some := list(people.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            if lock(campaign) is None:
                return
            Recipient.objects.filter(pk__in=some).update(operator=operator.value)


def _measure_some(campaign: Campaign, batches: list[int]) -> None:
    texts = Batch.objects.filter(pk__in=batches).values_list("pk", "text", "parts")
    same: dict[int, list[int]] = defaultdict(list)
    known: dict[str, int] = {}
    for pk, text, parts in texts:
        if text not in known:
            known[text] = measure(text).parts
        if known[text] != parts:
            same[known[text]].append(pk)
    if not same:
        return
    with transaction.atomic():
        if lock(campaign) is not None:
            for parts, some in same.items():
                Batch.objects.filter(pk__in=some).update(parts=parts)
