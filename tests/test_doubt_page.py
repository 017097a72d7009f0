"""After a restore: what somebody sees, and says, before anything goes on."""

import uuid

import pytest
from django.urls import reverse
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Event, EventKind, Gateway, HoldReason
from messaging.services import campaigns, holds, slot_record, slots
from messaging.services.audience import Audience
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.pages import words
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def restored(gateway: Gateway, settings: Settings) -> Campaign:
    """Seven people wait, and the worker's record knows of two requests more than the database."""
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(7))
    assert slots.attend(gateway)
    slot_record.raise_to(gateway, 2)
    assert not slots.attend(gateway)
    campaign.refresh_from_db()
    return campaign


def page(campaign: Campaign) -> str:
    return reverse("messaging:doubt", args=[campaign.pk])


def test_it_works(manager: Browser, restored: Campaign, gateway: Gateway, sandbox: Sandbox) -> None:
    said = words(manager.get("/"))
    assert str(HoldReason.RESTORED.label) in said
    assert "2 requests went out that the database does not know" in said
    response = manager.post(reverse("messaging:release"), follow=True)
    assert response.redirect_chain[-1][0] == reverse("messaging:undecided")
    assert "About 4 messages went out that this database does not know." in words(response)
    assert "7 messages waiting" in words(response)

    response = manager.get(page(restored))
    assert "about 4 of them went out" in words(response)
    assert response.context["form"]["people"].value() == 4
    response = manager.post(page(restored), {"people": "3"}, follow=True)
    assert "4 messages wait under Needs a decision" in words(response)
    restored.refresh_from_db()
    assert (restored.unconfirmed, restored.pending, restored.doubted_at) == (4, 3, None)
    event = Event.objects.get(kind=EventKind.SETTLED)
    assert event.by == manager.user
    assert event.words == "4 messages may have gone out since the backup was taken."

    manager.post(reverse("messaging:resume", args=[restored.pk]))
    send_all(gateway)
    check_books(restored, (entry.mobile for entry in sandbox.ledger()))
    assert (restored.accepted, restored.unconfirmed) == (3, 4)
    assert "Needs a decision" in words(manager.get(reverse("messaging:decide", args=[restored.pk])))


def test_nothing_goes_on_before_somebody_has_said(manager: Browser, restored: Campaign) -> None:
    manager.post(reverse("messaging:release"))
    said = words(manager.get(restored.get_absolute_url()))
    assert "Say what went out" in said
    assert "Resume" not in said
    response = manager.post(reverse("messaging:resume", args=[restored.pk]), follow=True)
    assert "It is not certain what of this message has gone out already." in words(response)
    restored.refresh_from_db()
    assert restored.state == CampaignState.PAUSED


@pytest.mark.parametrize("typed", ["", "some", "-1", "1.5"])
def test_what_is_no_number_is_asked_again(typed: str, manager: Browser, restored: Campaign) -> None:
    response = manager.post(page(restored), {"people": typed})
    assert "Type a number. Type 0 if none of them went out." in words(response)
    restored.refresh_from_db()
    assert restored.doubted_at is not None


def test_more_than_wait_cannot_have_gone_out(manager: Browser, restored: Campaign) -> None:
    assert "Only 7 messages are waiting." in words(manager.post(page(restored), {"people": "8"}))


def test_devanagari_digits_are_a_number(manager: Browser, restored: Campaign) -> None:
    manager.post(page(restored), {"people": "२"})
    restored.refresh_from_db()
    assert restored.unconfirmed == 2


def test_all_of_it_may_have_gone_out(manager: Browser, restored: Campaign) -> None:
    manager.post(page(restored), {"people": "7"})
    restored.refresh_from_db()
    assert (restored.state, restored.unconfirmed) == (CampaignState.DONE, 7)


def test_a_sender_does_not_decide(sender: Browser, restored: Campaign) -> None:
    assert sender.get(page(restored)).status_code == 403
    assert sender.post(page(restored), {"people": "0"}).status_code == 403
    assert "A manager decides." in words(sender.get(reverse("messaging:undecided")))


def test_a_draft_may_have_been_sent_too(sender: Browser, gateway: Gateway) -> None:
    draft = campaigns.save_draft(
        form_uuid=uuid.uuid4(),
        text="School is closed.",
        audience=Audience(numbers=numbers(1)[0]),
        gateway=gateway,
        by=sender.user,
    )
    assert slots.attend(gateway)
    slot_record.raise_to(gateway, 2)
    slots.attend(gateway)
    said = words(sender.get(draft.get_absolute_url()))
    assert "this message may have gone out already" in said
    assert "Send to" not in said
    response = sender.post(page(draft), {"people": "0"})
    assert "Tick this if nobody has got it." in words(response)
    sender.post(page(draft), {"people": "0", "is_unsent": "on"})
    draft.refresh_from_db()
    assert draft.doubted_at is None


def test_of_what_has_ended_it_is_said_once(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(script=["scam"])
    ended = hand_over(gateway, numbers(2))
    send_all(gateway)
    slot_record.raise_to(gateway, 5)
    slots.attend(gateway)
    page = words(manager.get(reverse("messaging:undecided")))
    assert "1 finished message did not reach everybody." in page
    manager.post(reverse("messaging:ended_certain"))
    ended.refresh_from_db()
    assert ended.doubted_at is None
    assert "did not reach everybody" not in words(manager.get(reverse("messaging:undecided")))


def test_nothing_to_say_of_what_is_certain(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert manager.get(page(campaign)).status_code == 302
    assert holds.release(gateway, by=None) is False
