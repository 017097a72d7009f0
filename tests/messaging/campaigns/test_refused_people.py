"""Refused for lack of balance: after a top-up one click sends to these people, once."""

import uuid
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from messaging.answers.refusals import lacks_balance
from messaging.models import (
    BalanceReading,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
)
from messaging.services.campaigns import control, follow_ups, refused_people
from messaging.services.campaigns.resend import Again
from messaging.services.campaigns.review import review_of
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.pages import words
from tests.sending import check_books, hand_over, numbers, reading, send_all, states
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

SIGNED = Again(3, Decimal("2.40"))


@pytest.mark.parametrize(
    ("said", "status", "lacks"),
    [
        ("Sorry! SMS could not be sent. Insufficient balance: Rs 1.59", 200, True),
        ("INSUFFICIENT BALANCE", 422, True),
        ("You do not have enough credits", 400, True),
        ("Not enough balance", 200, True),
        ("Your balance is not sufficient", 200, True),
        ("Balance too low.", 200, True),
        ("The credit is exhausted", 400, True),
        ("You are out of SMS credits", 400, True),
        ("No balance left", 200, True),
        ("", 402, True),
        ("Sorry! SMS could not be sent. The message matches a known scam pattern", 200, False),
        ("No credit was taken: the sender is unknown", 400, False),
        ("The message could not be processed.", 400, False),
        ("", 422, False),
    ],
)
def test_a_refusal_for_lack_of_balance_is_recognised(said: str, status: int, lacks: bool) -> None:
    assert lacks_balance(said, status) is lacks


@pytest.fixture
def short(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    """Three of nine people were refused, because the account was used elsewhere meanwhile."""
    settings.SOCIAIR_BATCH_SIZE = 3
    campaign = hand_over(gateway, numbers(9))
    sandbox.settings(balance="3.00")
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted) == (CampaignState.PAUSED, 3)
    assert (campaign.refused, campaign.pending) == (3, 3)
    sandbox.settings(balance=100)
    balance.read_balance(gateway)
    return campaign


def press(browser: Browser, campaign: Campaign) -> Any:
    """The button on the campaign's page, with what stands on it."""
    page = browser.get(campaign.get_absolute_url()).context
    again = page["again"]
    data = {
        "form_uuid": str(page["again_uuid"]),
        "people": str(again.people),
        "cost": str(again.cost),
    }
    return browser.post(reverse("messaging:send_refused", args=[campaign.pk]), data, follow=True)


def refused(campaign: Campaign) -> set[str]:
    return {mobile for mobile, state in states(campaign).items() if state == "refused"}


def test_people_refused_for_lack_of_balance_are_sent_to(
    sender: Browser,
    gateway: Gateway,
    sandbox: Sandbox,
    short: Campaign,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    page = words(sender.get(short.get_absolute_url()))
    assert "3 people were refused because the balance was not enough." in page
    assert "Send now to 3 people for Rs 2.40" in page
    assert "Sociair said: “Sorry! SMS could not be sent. Insufficient balance: Rs 0.60”." in page
    before = list(Recipient.objects.filter(campaign=short).values())
    assert "send" in woken(django_capture_on_commit_callbacks, lambda: press(sender, short))
    follower = Campaign.objects.get(follows=short)
    assert (follower.created_by, follower.text) == (sender.user, short.text)
    assert follower.cost == follower.reviewed_cost == Decimal("2.40")
    assert set(states(follower)) == refused(short)
    assert list(Recipient.objects.filter(campaign=short).values()) == before
    event = Event.objects.get(kind=EventKind.SENT_AGAIN)
    assert (event.campaign, event.by) == (short, sender.user)
    assert "Send now to 3 people" not in words(sender.get(short.get_absolute_url()))

    send_all(gateway)
    control.resume(short, by=sender.user)
    send_all(gateway)
    assert sorted(entry.mobile for entry in sandbox.ledger()) == sorted(numbers(9))
    billed = [entry.mobile for entry in sandbox.ledger()]
    check_books(short, [mobile for mobile in billed if mobile not in states(follower)])
    check_books(follower, [mobile for mobile in billed if mobile in states(follower)])


def test_letters_to_refused_people_stay_as_they_were(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(2), text="Your number is {number}.")
    sandbox.settings(script=["402"])
    send_all(gateway)
    balance.read_balance(gateway)
    seen = Again(1, Decimal("0.80"))
    follower = refused_people.send_to_refused(campaign, form_uuid=uuid.uuid4(), seen=seen, by=None)
    recipient = Recipient.objects.select_related("batch").get(campaign=follower)
    assert recipient.mobile in recipient.batch.text.replace("-", "")


@pytest.mark.parametrize("ends", ["cancelled", "done"])
def test_refused_people_are_sent_to_after_the_end_too(
    sender: Browser, gateway: Gateway, short: Campaign, ends: str
) -> None:
    if ends == "cancelled":
        control.cancel(short, by=None)
    else:
        control.resume(short, by=None)
        send_all(gateway)
    press(sender, short)
    assert set(states(Campaign.objects.get(follows=short))) == refused(short)


def test_other_refusals_are_not_offered(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=["scam"])
    send_all(gateway)
    assert "because the balance was not enough" not in words(
        sender.get(campaign.get_absolute_url())
    )
    assert not refused_people.refused_for_balance(campaign).exists()


@pytest.mark.parametrize(
    "signed", [Again(2, Decimal("2.40")), Again(3, Decimal("1.60")), Again(0, Decimal(0))]
)
def test_sending_to_refused_people_needs_the_sum_shown(short: Campaign, signed: Again) -> None:
    with pytest.raises(SendRefused, match=r"It now costs Rs 2\.40 for 3 people"):
        refused_people.send_to_refused(short, form_uuid=uuid.uuid4(), seen=signed, by=None)
    assert not short.followed_by.exists()


def test_sending_to_refused_people_needs_a_fresh_balance(
    gateway: Gateway, sandbox: Sandbox, short: Campaign
) -> None:
    reading(gateway, amount="4.79")  # of which the rest of the campaign will take 2.40
    with pytest.raises(SendRefused, match="Not enough balance left"):
        refused_people.send_to_refused(short, form_uuid=uuid.uuid4(), seen=SIGNED, by=None)
    BalanceReading.objects.all().delete()
    with pytest.raises(SendRefused, match="Press Send again in a few seconds"):
        refused_people.send_to_refused(short, form_uuid=uuid.uuid4(), seen=SIGNED, by=None)
    assert not short.followed_by.exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_sends_to_refused_people_once(short: Campaign) -> None:
    form_uuid = uuid.uuid4()
    send = partial(refused_people.send_to_refused, short, form_uuid=form_uuid, seen=SIGNED, by=None)
    followers = at_once([send] * 4)
    assert len({follower.pk for follower in followers}) == 1
    assert Recipient.objects.filter(campaign=followers[0]).count() == 3


@pytest.mark.django_db(transaction=True)
def test_several_people_send_to_refused_people_once(short: Campaign) -> None:
    people = UserFactory.create_batch(3)
    sent = at_once([partial(_try, short, person) for person in people])
    assert sorted(sent) == [False, False, True]
    assert short.followed_by.count() == 1


def _try(campaign: Campaign, by: Any) -> bool:
    try:
        refused_people.send_to_refused(campaign, form_uuid=uuid.uuid4(), seen=SIGNED, by=by)
    except SendRefused:
        return False
    return True


def test_a_draft_to_the_same_people_stands_in_the_way(gateway: Gateway, short: Campaign) -> None:
    control.cancel(short, by=None)
    follow_ups.follow_up(short, by=UserFactory.create())
    with pytest.raises(SendRefused, match="already being written"):
        refused_people.send_to_refused(short, form_uuid=uuid.uuid4(), seen=SIGNED, by=None)


def test_sending_to_refused_people_needs_the_permission(short: Campaign, client: Any) -> None:
    address = reverse("messaging:send_refused", args=[short.pk])
    client.force_login(UserFactory.create())
    assert client.post(address).status_code == 403
    assert client.get(address).status_code == 403


def test_an_outdated_form_sends_nothing_to_refused_people(sender: Browser, short: Campaign) -> None:
    address = reverse("messaging:send_refused", args=[short.pk])
    assert "out of date" in words(sender.post(address, {"people": "3"}, follow=True))
    other = {"form_uuid": str(short.form_uuid), "people": "3", "cost": "2.40"}
    assert "out of date" in words(sender.post(address, other, follow=True))
    assert not short.followed_by.exists()


def test_the_review_shows_why_people_were_refused_before(
    sender: Browser, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """Whatever they were refused for: a refusal that comes again may have been a success."""
    campaign = hand_over(gateway, numbers(2), by=sender.user)
    sandbox.settings(script=["scam"])
    send_all(gateway)
    campaign.refresh_from_db()
    draft = follow_ups.follow_up(campaign, by=sender.user)
    reading(gateway)
    page = words(sender.get(draft.get_absolute_url()))
    assert "Some of these people were refused before." in page
    assert "Sociair said: “Sorry! SMS could not be sent. The message matches" in page
    assert review_of(draft, reading(gateway)).people == 2


def test_nothing_is_said_where_no_one_was_refused(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 3
    campaign = hand_over(gateway, numbers(6), by=sender.user)
    dispatch.send_next(gateway)
    control.cancel(campaign, by=None)
    campaign.refresh_from_db()
    draft = follow_ups.follow_up(campaign, by=sender.user)
    reading(gateway)
    assert "refused before" not in words(sender.get(draft.get_absolute_url()))
