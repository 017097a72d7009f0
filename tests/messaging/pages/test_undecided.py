"""The page of what is undecided asks the database as often for many campaigns as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    Gateway,
    Recipient,
    SentMessage,
)
from tests.conftest import Browser
from tests.pages import words
from tests.queries import FRAME
from tests.sending import hand_over, numbers, reading

pytestmark = pytest.mark.django_db
_UNDECIDED = reverse("messaging:undecided")


def undecided(gateway: Gateway, *, batches: int, first: int) -> Campaign:
    """A campaign whose calls nobody answered, with a reading of the balance before each."""
    campaign = hand_over(gateway, numbers(batches, first=first))
    Batch.objects.filter(campaign=campaign).delete()
    at = min(BalanceReading.objects.earliest("id").read_at, timezone.now() - timedelta(minutes=10))
    BalanceReading.objects.filter(gateway=gateway).update(read_at=at, asked_at=at)
    for called, mobile in enumerate(numbers(batches, first=first)):
        moment = at + timedelta(seconds=called + 1)
        batch = Batch.objects.create(
            campaign=campaign, text="x", parts=1, size=1, cost=1, tries=1, state="unconfirmed",
            outcome="no_answer", claimed_at=moment,
        )  # fmt: skip
        SentMessage.objects.create(
            batch=batch, gateway=gateway, attempt=1, numbers=[mobile], outcome="no_answer",
            started_at=moment, ended_at=moment, error=f"No {mobile}",
        )  # fmt: skip
        Recipient.objects.create(
            campaign=campaign, batch=batch, mobile=mobile, operator="ntc", state="unconfirmed"
        )
    Campaign.objects.filter(pk=campaign.pk).update(
        state="done", pending=0, unconfirmed=batches, total=batches, rates={"ntc": "0.80"}
    )
    return Campaign.objects.get(pk=campaign.pk)


def test_its_queries_do_not_grow_with_the_campaigns(manager: Browser, gateway: Gateway) -> None:
    counted = []
    for more in range(3):
        for place in range(more * 3 + 1):
            undecided(gateway, batches=7, first=1000 * (more * 10 + place + 1))
        reading(gateway)
        with CaptureQueriesContext(connection) as queries:
            page = manager.get(_UNDECIDED)
        counted.append(len(queries))
        assert len(page.context["cases"]) == (1, 5, 10)[more]
        assert all(case["evidence"] for case in page.context["cases"])
    assert counted[0] == counted[1] == counted[2]
    assert counted[0] <= FRAME + 18


def test_of_each_campaign_it_shows_the_first_and_how_many_more(
    manager: Browser, gateway: Gateway
) -> None:
    few, many = (
        undecided(gateway, batches=2, first=1000),
        undecided(gateway, batches=8, first=2000),
    )
    reading(gateway)
    cases = {case["campaign"]: case for case in manager.get(_UNDECIDED).context["cases"]}
    assert [batch.pk for batch in cases[few]["batches"]] == [
        *few.batches.order_by("id").values_list("pk", flat=True)
    ]
    assert cases[few]["more"] == 0
    assert [batch.pk for batch in cases[many]["batches"]] == [
        *many.batches.order_by("id").values_list("pk", flat=True)[:5]
    ]
    assert cases[many]["more"] == 3
    batch = cases[many]["batches"][0]
    assert (batch.people, len(batch.first_people), len(batch.last_calls)) == (1, 1, 1)
    assert "And 3 more requests" in words(manager.get(_UNDECIDED))


def test_evidence_is_that_of_the_campaigns_own_page(manager: Browser, gateway: Gateway) -> None:
    some = [undecided(gateway, batches=n + 1, first=1000 * (n + 1)) for n in range(3)]
    reading(gateway)
    cases = {case["campaign"]: case for case in manager.get(_UNDECIDED).context["cases"]}
    for campaign in some:
        own = manager.get(reverse("messaging:decide", args=[campaign.pk])).context["evidence"]
        assert own is not None
        assert cases[campaign]["evidence"] == own
