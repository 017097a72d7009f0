"""Cutting batches: people become recipients in batches, a piece of the audience at a time.

A personal text has a batch for each person, so that batches are written as raw rows, as recipients
are: a model for each would take most of the time in which a campaign is made
(benchmarks/creation.py).
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection

from contacts.phone import Operator
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    Recipient,
    RecipientState,
)
from messaging.services.audience.addressees import Addressee
from messaging.services.money import prices
from sociair_portal.common.bulk_rows import insert_rows, reserve_ids


class NewBatch(NamedTuple):
    """A batch to save, with its people."""

    text: str
    parts: int
    people: Sequence[Addressee]


def cut(campaign: Campaign, people: list[Addressee], rates: prices.Rates) -> None:
    """Save people in batches of one text and at most SOCIAIR_BATCH_SIZE people each."""
    slices = _slices(people, settings.SOCIAIR_BATCH_SIZE)
    save(campaign, [NewBatch(some[0].text, some[0].parts, some) for some in slices], rates)


def _slices(people: list[Addressee], size: int) -> Iterator[list[Addressee]]:
    """At most `size` people of one text each."""
    by_text: dict[str, list[Addressee]] = {}
    for person in people:
        by_text.setdefault(person.text, []).append(person)
    for some in by_text.values():
        if len(some) <= size:  # as where everyone gets a text of their own
            yield some
        else:
            yield from (some[start : start + size] for start in range(0, len(some), size))


# With what a batch is that nobody has claimed yet.
_NEW: Final = {
    "state": BatchState.QUEUED.value,
    "outcome": "",
    "tries": 0,
    "settled_as": "",
    "settled_why": "",
}


def save(campaign: Campaign, batches: Sequence[NewBatch], rates: prices.Rates) -> Decimal:
    """Save queued batches and their recipients, within the caller's transaction. Returns what they
    cost together (rupees).
    """
    ids = reserve_ids(Batch, len(batches))
    cost_of = _calculator(rates)
    costs = [cost_of(batch) for batch in batches]
    kept = cache(_as_kept)
    new = tuple(_NEW.values())
    insert_rows(
        Batch,
        ["id", "campaign", "text", "parts", "size", "cost", *_NEW],
        (
            (pk, campaign.pk, batch.text, batch.parts, len(batch.people), kept(cost), *new)
            for pk, batch, cost in zip(ids, batches, costs, strict=True)
        ),
    )
    campaign_id, queued = campaign.pk, RecipientState.QUEUED.value
    names = {operator: operator.value for operator in Operator}
    insert_rows(
        Recipient,
        ["campaign", "batch", "contact", "mobile", "name", "operator", "state"],
        (
            (campaign_id, pk, contact, mobile, name, names[operator], queued)
            for pk, batch in zip(ids, batches, strict=True)
            for mobile, operator, _text, _parts, name, contact, _others in batch.people
        ),
    )
    return sum(costs, Decimal(0))


def _calculator(rates: prices.Rates) -> Callable[[NewBatch], Decimal]:
    """What a batch costs (rupees), where the cost of one message is worked out once."""

    @cache
    def each(operator: Operator, parts: int) -> Decimal:
        return prices.cost_of({operator: 1}, parts, rates)

    def cost_of(batch: NewBatch) -> Decimal:
        parts = batch.parts
        return sum([each(person.operator, parts) for person in batch.people], Decimal(0))

    return cost_of


def _as_kept(cost: Decimal) -> object:
    """An amount as the database keeps it."""
    return Batch._meta.get_field("cost").get_db_prep_save(cost, connection)
