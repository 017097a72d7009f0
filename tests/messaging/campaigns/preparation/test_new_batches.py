"""New batches are raw rows, and as good as those that Django would have written."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contacts.phone import Operator, operator_of
from messaging.models import Batch, Campaign, Gateway, Recipient
from messaging.services.audience.addressees import Addressee
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import batches
from sociair_portal.common.bulk_rows import reserve_ids
from tests.at_once import at_once
from tests.messaging.campaigns.preparation.support import draft_of
from tests.sending import numbers

pytestmark = pytest.mark.django_db

_RATES = dict.fromkeys(Operator, Decimal("0.80005"))


def _letters(mobiles: Sequence[str]) -> list[Addressee]:
    return [
        Addressee(mobile, operator_of(mobile), f"Dear {mobile}", 1, "Sita") for mobile in mobiles
    ]


def _cut(campaign: Campaign, people: list[Addressee]) -> None:
    with transaction.atomic():
        batches.cut(campaign, people, _RATES)


def test_a_batch_has_what_django_would_have_filled_in(gateway: Gateway) -> None:
    campaign = draft_of(gateway, Audience())
    (person,) = _letters(numbers(1))
    _cut(campaign, [person])
    ours = Batch.objects.get()
    cost = _RATES[person.operator]
    theirs = Batch.objects.create(campaign=campaign, text=person.text, parts=1, size=1, cost=cost)
    theirs.refresh_from_db()
    for field in Batch._meta.concrete_fields:
        if not field.primary_key:
            assert getattr(ours, field.attname) == getattr(theirs, field.attname), field.name
    assert theirs.pk > ours.pk


def test_everyone_is_in_the_batch_of_the_own_letter_in_order(gateway: Gateway) -> None:
    campaign = draft_of(gateway, Audience())
    _cut(campaign, _letters(numbers(5)))
    _cut(campaign, _letters(numbers(5, first=2000)))
    rows = Recipient.objects.order_by("batch", "pk").values_list("mobile", "batch__text")
    assert [mobile for mobile, _text in rows] == [*numbers(5), *numbers(5, first=2000)]
    assert all(text == f"Dear {mobile}" for mobile, text in rows)


def test_a_letter_for_each_takes_no_more_queries_than_for_one(gateway: Gateway) -> None:
    campaign = draft_of(gateway, Audience())
    with transaction.atomic(), CaptureQueriesContext(connection) as one:
        batches.cut(campaign, _letters(numbers(1)), _RATES)
    with transaction.atomic(), CaptureQueriesContext(connection) as many:
        batches.cut(campaign, _letters(numbers(60, first=2000)), _RATES)
    assert Batch.objects.count() == 61
    assert len(many) == len(one)


def test_ids_of_deleted_batches_are_given_to_nobody_else(gateway: Gateway) -> None:
    campaign = draft_of(gateway, Audience())
    _cut(campaign, _letters(numbers(3)))
    last = Batch.objects.latest("pk").pk
    Batch.objects.all().delete()
    assert min(reserve_ids(Batch, 2)) > last


def test_nobody_gets_ids_where_there_is_nothing_to_save(gateway: Gateway) -> None:
    _cut(draft_of(gateway, Audience()), [])
    assert list(reserve_ids(Batch, 0)) == []
    assert not Batch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_never_share_an_id(gateway: Gateway) -> None:
    campaigns = [draft_of(gateway, Audience()) for _worker in range(4)]
    at_once([partial(_cut, campaign, _letters(numbers(200))) for campaign in campaigns])
    assert Batch.objects.count() == Recipient.objects.count() == 800
    for campaign in campaigns:
        rows = Recipient.objects.filter(campaign=campaign, batch__campaign=campaign)
        assert sorted(rows.values_list("mobile", flat=True)) == sorted(numbers(200))
