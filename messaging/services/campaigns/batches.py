"""Cutting batches: people become recipients in batches, a piece of the audience at a time."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.conf import settings

from contacts.phone import Operator
from messaging.models import (
    Batch,
    Campaign,
    Recipient,
    RecipientState,
)
from messaging.services.audience.addressees import Addressee
from messaging.services.money import prices
from sociair_portal.common.bulk_rows import insert_rows


def cut(campaign: Campaign, people: list[Addressee], rates: prices.Rates) -> None:
    """Save people in batches of one text and at most SOCIAIR_BATCH_SIZE people each."""
    slices = list(_slices(people, settings.SOCIAIR_BATCH_SIZE))
    batches = Batch.objects.bulk_create(
        Batch(
            campaign=campaign,
            text=some[0].text,
            parts=some[0].parts,
            size=len(some),
            cost=_cost(some, rates),
        )
        for some in slices
    )
    insert_rows(
        Recipient,
        ["campaign", "batch", "contact", "mobile", "name", "operator", "state"],
        (
            (
                campaign.pk,
                batch.pk,
                person.contact_id,
                person.mobile,
                person.name,
                person.operator.value,
                RecipientState.QUEUED.value,
            )
            for batch, some in zip(batches, slices, strict=True)
            for person in some
        ),
    )


def _slices(people: list[Addressee], size: int) -> Iterator[list[Addressee]]:
    """At most `size` people of one text each."""
    by_text: dict[str, list[Addressee]] = {}
    for person in people:
        by_text.setdefault(person.text, []).append(person)
    for some in by_text.values():
        yield from (some[start : start + size] for start in range(0, len(some), size))


def _cost(people: list[Addressee], rates: prices.Rates) -> Decimal:
    numbers: Counter[Operator] = Counter(person.operator for person in people)
    return prices.cost_of(numbers, people[0].parts, rates)
