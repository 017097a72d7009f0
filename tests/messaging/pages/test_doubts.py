"""After a restore: what somebody sees, and says, before anything goes on."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Event, EventKind, Gateway, HoldReason
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts
from messaging.services.decisions.evidence import evidence_for
from messaging.services.gateway import doubts, holds, slot_record
from messaging.services.money import balance
from messaging.services.sending import slots
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.pages import words
from tests.sending import check_books, hand_over, numbers, reading, send_all

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


def test_after_a_restore_a_manager_says_what_went_out(
    manager: Browser, restored: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    said = words(manager.get("/"))
    assert str(HoldReason.RESTORED.label) in said
    assert "2 requests went out that are missing from the database" in said
    response = manager.post(reverse("messaging:release"), follow=True)
    assert response.redirect_chain[-1][0] == reverse("messaging:undecided")
    assert "About 4 messages that went out are missing from this database." in words(response)
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
    assert event.words == "4 messages may have gone out since the backup was made."

    manager.post(reverse("messaging:resume", args=[restored.pk]))
    send_all(gateway)
    check_books(restored, (entry.mobile for entry in sandbox.ledger()))
    assert (restored.accepted, restored.unconfirmed) == (3, 4)
    assert "Needs a decision" in words(manager.get(reverse("messaging:decide", args=[restored.pk])))


def test_a_doubted_campaign_waits_for_a_decision(manager: Browser, restored: Campaign) -> None:
    manager.post(reverse("messaging:release"))
    said = words(manager.get(restored.get_absolute_url()))
    assert "Say what went out" in said
    assert "Resume" not in said
    response = manager.post(reverse("messaging:resume", args=[restored.pk]), follow=True)
    assert "It is not known how much of this message has already gone out." in words(response)
    restored.refresh_from_db()
    assert restored.state == CampaignState.PAUSED


@pytest.mark.parametrize("typed", ["", "some", "-1", "1.5"])
def test_what_went_out_must_be_a_number(typed: str, manager: Browser, restored: Campaign) -> None:
    response = manager.post(page(restored), {"people": typed})
    assert "Type a number. Type 0 if none of them went out." in words(response)
    restored.refresh_from_db()
    assert restored.doubted_at is not None


def test_more_than_wait_cannot_have_gone_out(manager: Browser, restored: Campaign) -> None:
    assert "Only 7 messages are waiting." in words(manager.post(page(restored), {"people": "8"}))


def test_what_went_out_may_be_typed_in_devanagari(manager: Browser, restored: Campaign) -> None:
    manager.post(page(restored), {"people": "२"})
    restored.refresh_from_db()
    assert restored.unconfirmed == 2


def test_a_doubted_campaign_may_have_gone_out_wholly(manager: Browser, restored: Campaign) -> None:
    manager.post(page(restored), {"people": "7"})
    restored.refresh_from_db()
    assert (restored.state, restored.unconfirmed) == (CampaignState.DONE, 7)


def test_a_sender_does_not_say_what_went_out(sender: Browser, restored: Campaign) -> None:
    assert sender.get(page(restored)).status_code == 403
    assert sender.post(page(restored), {"people": "0"}).status_code == 403
    assert "A manager decides." in words(sender.get(reverse("messaging:undecided")))


def test_a_draft_may_have_been_sent_too(sender: Browser, gateway: Gateway) -> None:
    draft = drafts.save_draft(
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
    assert "This message may already have gone out." in said
    assert "Send to" not in said
    response = sender.post(page(draft), {"people": "0"})
    assert "Tick this if nobody has got it." in words(response)
    sender.post(page(draft), {"people": "0", "is_unsent": "on"})
    draft.refresh_from_db()
    assert draft.doubted_at is None


def test_finished_campaigns_are_declared_certain_together(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(script=["scam"])
    ended = hand_over(gateway, numbers(2))
    send_all(gateway)
    slot_record.raise_to(gateway, 5)
    slots.attend(gateway)
    page = words(manager.get(reverse("messaging:undecided")))
    assert "1 finished message did not reach everyone." in page
    manager.post(reverse("messaging:ended_certain"))
    assert Campaign.objects.get(pk=ended.pk).doubted_at is not None  # nothing was ticked
    manager.post(reverse("messaging:ended_certain"), {"is_unsent": "on", "people": "0"})
    ended.refresh_from_db()
    assert ended.doubted_at is None
    assert "did not reach everyone" not in words(manager.get(reverse("messaging:undecided")))


def test_a_certain_campaign_has_no_page_of_doubt(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert manager.get(page(campaign)).status_code == 302
    assert holds.release(gateway, by=None) is False


def test_a_finished_campaign_is_declared_certain_alone(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(script=["scam", "scam"])
    first, second = (hand_over(gateway, numbers(2, first=first)) for first in (1000, 2000))
    send_all(gateway)
    slot_record.raise_to(gateway, 5)
    slots.attend(gateway)
    said = words(manager.get(reverse("messaging:undecided")))
    assert "2 finished messages did not reach everyone." in said
    assert said.count("2 people not reached") == 2
    assert "Has anyone been messaged again?" in words(manager.get(page(first)))
    response = manager.post(page(first), {"people": "0"})
    assert "Check Sociair's list, then tick this." in words(response)
    manager.post(page(first), {"people": "0", "is_unsent": "on"})
    for campaign in (first, second):
        campaign.refresh_from_db()
    assert (first.doubted_at is None, second.doubted_at is None) == (True, False)


def test_calls_are_dealt_to_what_was_being_sent_first(
    manager: Browser, gateway: Gateway, settings: Settings
) -> None:
    """Then to what was paused, and may have been resumed since; to none that is for later."""
    settings.SOCIAIR_BATCH_SIZE = 2
    tomorrow = timezone.now() + timedelta(days=1)
    later, paused, going = (hand_over(gateway, numbers(4, first=n)) for n in (1000, 2000, 3000))
    Campaign.objects.filter(pk=later.pk).update(
        state=CampaignState.SCHEDULED, scheduled_for=tomorrow
    )
    assert control.pause(paused, by=None)
    Event.objects.filter(campaign=paused).update(at=timezone.now() - timedelta(days=1))
    assert slots.attend(gateway)
    dealt = {2: (None, None, 4), 3: (None, 2, 4), 4: (None, 4, 4), 7: (None, 4, 4)}
    for calls, people in dealt.items():
        slot_record.raise_to(gateway, calls)
        assert not slots.attend(gateway)
        for campaign in (later, paused, going):
            campaign.refresh_from_db()
        assert tuple(doubts.suggested(it) for it in (later, paused, going)) == people
    assert manager.get(page(later)).context["form"]["people"].value() is None
    assert "None of it has gone out" in words(manager.get(page(later)))
    said = words(manager.get(reverse("messaging:undecided")))
    assert "About 8 of these messages went out." in said
    assert "3 requests to Sociair belong to no message that is waiting here" in said


def test_no_balance_of_after_the_restore_is_evidence(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """It lacks what nobody knows of already, and would say that nothing has left the account."""
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    assert slots.attend(gateway)
    reading(gateway)  # by whoever looks at a page, before the machine that knows more is there
    slot_record.raise_to(gateway, 2)
    assert not slots.attend(gateway)
    campaign.refresh_from_db()
    assert doubts.say(campaign, 4, by=None) == 4
    balance.read_balance(gateway)
    found = evidence_for(campaign)
    assert found is None or found.before.read_at < campaign.created_at


def test_missing_messages_are_shown_until_a_manager_has_checked(
    manager: Browser, sender: Browser, restored: Campaign, gateway: Gateway
) -> None:
    slot_record.raise_to(gateway, 4)
    assert not slots.attend(gateway)
    manager.post(reverse("messaging:release"))
    undecided, forgotten = (
        reverse("messaging:undecided"),
        "belong to no message that is waiting here",
    )
    looked_up = reverse("messaging:forgotten_looked_up")
    manager.post(looked_up, {"calls": "4"})  # what waits may explain some of it
    assert _unknown(gateway) == 4
    manager.post(page(restored), {"people": "3"})  # two requests of the four
    assert f"2 requests to Sociair {forgotten}" in words(manager.get(undecided))
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Once more?",
        audience=Audience(numbers=numbers(1)[0]),
        gateway=gateway,
        by=sender.user,
    )
    review = reverse("messaging:review", args=[draft.pk])
    assert forgotten in words(sender.get(review))
    assert "I have checked Sociair's list" not in words(sender.get(undecided))
    assert sender.post(reverse("messaging:forgotten_looked_up")).status_code == 403
    response = manager.post(looked_up, {"calls": "1"}, follow=True)  # a page of before
    assert "The number of requests has changed." in words(response)
    response = manager.post(looked_up, {"calls": "2"}, follow=True)
    assert forgotten not in words(response)
    assert forgotten not in words(sender.get(review))
    event = Event.objects.filter(gateway=gateway, kind=EventKind.SETTLED).get()
    assert event.by == manager.user
    assert event.words == (
        "2 requests that no message here explains were checked in Sociair's own list."
    )
    assert not doubts.look_up_forgotten(gateway, 2, by=None)


def _unknown(gateway: Gateway) -> int:
    gateway.refresh_from_db()
    return gateway.unknown_calls
