"""Making a person anonymised while others send, or do the same."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from contacts.models import ForgottenNumber
from messaging.models import Campaign, Erasure, Gateway, Recipient
from messaging.services.privacy.erasing import NotNow, begin, go_on_with
from sandbox.server import Sandbox
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.messaging.privacy.people import OTHER, SITA, plant, written_down
from tests.sending import hand_over, send_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("durable")]

_CAMPAIGNS = 12


def forget() -> Erasure:
    """As a manager would, who tries again while a message is being sent."""
    while True:
        try:
            erasure = begin(SITA, by=None, reason="")
        except NotNow:
            time.sleep(0.01)
            continue
        while not go_on_with(erasure):
            time.sleep(0.01)
        return erasure


def test_several_workers_do_it_once(gateway: Gateway) -> None:
    plant(gateway, UserFactory.create())
    erasure = begin(SITA, by=None, reason="")

    at_once([partial(go_on_with, erasure)] * 3)

    assert written_down() == {}
    erasure.refresh_from_db()
    assert erasure.counts["messages"] == 3
    assert erasure.counts["left_out"] == 5
    assert Entry.objects.filter(deed=Deed.FORGOTTEN).count() == 1


def test_two_managers_forget_once(gateway: Gateway) -> None:
    plant(gateway, UserFactory.create())

    at_once([forget, forget])

    assert written_down() == {}
    assert ForgottenNumber.objects.count() == 1


def test_whatever_is_sent_meanwhile_is_billed_as_the_books_say(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    for text in range(_CAMPAIGNS):
        hand_over(gateway, [SITA, OTHER], text=f"Notice {text}.")

    everybody: list[Callable[[], object]] = [partial(send_all, gateway)] * 2
    at_once([*everybody, forget])
    send_all(gateway)

    assert written_down() == {}
    billed = [entry.mobile for entry in sandbox.ledger()]
    hers = Recipient.objects.exclude(mobile=OTHER)
    assert hers.count() == billed.count(OTHER) == _CAMPAIGNS
    assert set(hers.values_list("state", flat=True)) <= {"accepted", "opted_out"}
    assert billed.count(SITA) == hers.filter(state="accepted").count()
    for campaign in Campaign.objects.all():
        assert campaign.accepted + campaign.opted_out == campaign.total == 2
        assert campaign.cost == campaign.batches.get().cost
