"""The receipt before a send: what it says, to whom, and the send itself."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Event, Gateway, LeftOut
from sandbox.server import Sandbox
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.messaging.pages.review_support import Draft, drafts_of, send, url
from tests.pages import words
from tests.sending import check_books, hand_over, numbers, reading, send_all
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Draft:
    return drafts_of(sender, gateway)


def test_a_reviewed_message_is_sent_for_its_price(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    sandbox: Sandbox,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    campaign = draft(*numbers(137))
    reading(gateway)
    shown = sender.get(url(campaign))
    assert "Send to 137 people for Rs 109.60" in words(shown)
    assert "Balance afterwards Rs 9,890.40" in words(shown)
    data = {"signed": shown.context["signed"]}
    tasks = woken(django_capture_on_commit_callbacks, lambda: sender.post(url(campaign), data))
    assert set(tasks) == {"send"}
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 137)
    check_books(campaign, [entry.mobile for entry in sandbox.ledger()])
    assert Event.objects.filter(campaign=campaign).first().by == sender.user  # type: ignore[union-attr]


def test_the_receipt_lists_prices_people_and_omissions(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    hand_over(gateway, numbers(10))
    first, second = ContactFactory.create(name="Asha"), ContactFactory.create(name="Bikram")
    OptOutFactory.create(mobile=second.mobile)
    group = GroupFactory.create(members=[first, second])
    campaign = draft(
        "9801234567", "9611234567", first.mobile, "9801234567", "12", "9721234567",
        text="नमस्ते", groups=(group.pk,),
    )  # fmt: skip
    said = words(sender.get(url(campaign)))
    assert "6 characters (Unicode) · 1 part" in said
    assert "NTC 1 person × 1 part × Rs 0.80 Rs 0.80" in said
    assert "Smart Cell 1 person × 1 part × Rs 0.80 Rs 0.80" in said
    assert "3 people Rs 2.40" in said
    assert "Already committed 1 campaign under way − Rs 8.00" in said
    assert "This message − Rs 2.40" in said
    assert "Balance afterwards Rs 9,989.60" in said
    assert f"Recipients: in {group.name} · 6 entered numbers" in said
    assert "5 left out" in said
    shown = f"{first.mobile[:3]}-{first.mobile[3:]}"
    assert f"{shown} The number of Asha, already chosen. Each number gets one message." in said
    assert "9801234567 Same number as 980-1234567. Each number gets one message." in said
    assert "12 This number is too short" in said
    assert "972-1234567 Sociair has no rate for this operator." in said
    assert f"Bikram {second.mobile[:3]}-{second.mobile[3:]} Opted out on" in said
    assert "3 people get it" in said
    assert "Asha" in said
    assert "Send to 3 people for Rs 2.40" in said


def test_the_receipt_counts_one_in_the_singular(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "1")
    reading(gateway)
    said = words(sender.get(url(campaign)))
    assert "Send to 1 person for Rs 0.80" in said
    assert "1 left out" in said
    assert "1 person gets it" in said


def test_the_receipt_cuts_a_long_list_of_omissions(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    reading(gateway)
    shown = sender.get(url(draft("9801234567", *map(str, range(250)))))
    assert len(shown.context["review"].first_omissions) == 200
    assert "250 left out" in words(shown)
    assert "The first 200 of 250." in words(shown)


def test_omissions_are_kept_with_the_campaign(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567", "1", "9801234567")
    reading(gateway)
    send(sender, campaign)
    reasons = LeftOut.objects.filter(campaign=campaign).values_list("reason", flat=True)
    assert sorted(reasons) == ["duplicate", "invalid"]


def test_a_large_campaign_from_the_review_wakes_the_preparation(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    settings: Settings,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    settings.INLINE_RECIPIENTS = 2
    campaign = draft(*numbers(3))
    reading(gateway)
    tasks = woken(django_capture_on_commit_callbacks, lambda: send(sender, campaign))
    assert tasks == ["prepare"]
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PREPARING


def test_the_review_is_for_those_who_may_send(
    client: Client, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    client.force_login(UserFactory.create())
    for name in ("review", "receipt"):
        assert client.get(reverse(f"messaging:{name}", args=[campaign.pk])).status_code == 403
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert client.post(delete).status_code == 403
    for role in ("Manager", "Sender"):
        assert signed_in(role).get(delete).status_code == 404
        assert signed_in(role).post(delete).status_code == 404
    assert Campaign.objects.count() == 1


def test_a_draft_is_deleted_after_a_question(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert "Delete this draft?" in words(sender.get(delete))
    assert Campaign.objects.count() == 1
    response = sender.post(delete, follow=True)
    assert "The draft is deleted." in words(response)
    assert Campaign.objects.count() == 0


def test_what_was_sent_cannot_be_deleted(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9801234567"], by=sender.user)
    delete = reverse("messaging:delete_draft", args=[campaign.pk])
    assert sender.post(delete).status_code == 404
    assert Campaign.objects.count() == 1
