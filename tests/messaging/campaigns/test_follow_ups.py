"""Sending to the people a finished campaign did not reach: nobody gets it twice."""

from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway, Recipient
from messaging.services.campaigns import control, follow_ups, handover
from messaging.services.campaigns.handover import Reviewed
from messaging.services.campaigns.review import review_of
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.pages import words
from tests.sending import hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_sent(sender: Browser, gateway: Gateway, settings: Settings) -> Campaign:
    """Cancelled when three of six people had their message."""
    settings.SOCIAIR_BATCH_SIZE = 3
    campaign = hand_over(gateway, numbers(6), by=sender.user)
    dispatch.send_next(gateway)
    control.cancel(campaign, by=None)
    campaign.refresh_from_db()
    assert (campaign.accepted, campaign.cancelled) == (3, 3)
    return campaign


def _send(draft: Campaign, gateway: Gateway) -> None:
    seen = review_of(draft, reading(gateway))
    assert handover.hand_over(draft, reviewed=Reviewed.of(draft, seen), by=draft.created_by)
    send_all(gateway)


def test_a_follow_up_reaches_those_who_were_not_reached(
    sender: Browser, half_sent: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    page = sender.get(half_sent.get_absolute_url())
    assert "Send to people it did not reach" in words(page)
    address = reverse("messaging:follow_up", args=[half_sent.pk])
    response = sender.post(address)
    draft = Campaign.objects.get(state=CampaignState.DRAFT)
    assert response.headers["Location"] == draft.get_absolute_url()
    assert (draft.follows, draft.text, draft.created_by) == (
        half_sent,
        half_sent.text,
        sender.user,
    )
    # Again, it is the same draft.
    assert sender.post(address).headers["Location"] == draft.get_absolute_url()
    assert "Sent again in" not in words(sender.get(half_sent.get_absolute_url()))
    _send(draft, gateway)
    assert sorted(entry.mobile for entry in sandbox.ledger()) == sorted(numbers(6))
    assert "Send to people it did not reach" not in words(sender.get(half_sent.get_absolute_url()))
    with pytest.raises(SendRefused, match="no one in this campaign"):
        follow_ups.follow_up(half_sent, by=sender.user)


def test_a_second_author_of_a_follow_up_is_told(sender: Browser, half_sent: Campaign) -> None:
    follow_ups.follow_up(half_sent, by=UserFactory.create(username="asha"))
    address = reverse("messaging:follow_up", args=[half_sent.pk])
    page = sender.post(address, follow=True)
    assert "asha is already writing a message to these people." in words(page)
    assert Campaign.objects.filter(state=CampaignState.DRAFT).count() == 1


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_draft_one_follow_up(half_sent: Campaign) -> None:
    user = UserFactory.create()
    drafts = at_once([partial(follow_ups.follow_up, half_sent, by=user)] * 4)
    assert len({draft.pk for draft in drafts}) == 1


def test_a_follow_up_in_preparation_bars_another(
    half_sent: Campaign, gateway: Gateway, settings: Settings
) -> None:
    draft = follow_ups.follow_up(half_sent, by=None)
    settings.INLINE_RECIPIENTS = 0
    seen = review_of(draft, reading(gateway))
    handover.hand_over(draft, reviewed=Reviewed.of(draft, seen), by=None)
    assert draft.state == CampaignState.PREPARING
    assert not Recipient.objects.filter(campaign=draft).exists()
    assert not follow_ups.can_be_followed(half_sent)
    control.cancel(draft, by=None)
    assert follow_ups.can_be_followed(half_sent)


@pytest.mark.parametrize("change", [{"unconfirmed": 1, "accepted": 2}, {"state": "sending"}])
def test_a_campaign_not_ended_or_undecided_has_no_follow_up(
    half_sent: Campaign, change: dict[str, Any]
) -> None:
    Campaign.objects.filter(pk=half_sent.pk).update(**change)
    half_sent.refresh_from_db()
    assert not follow_ups.can_be_followed(half_sent)
    with pytest.raises(SendRefused):
        follow_ups.follow_up(half_sent, by=None)


def test_too_many_people_for_a_follow_up_are_refused(
    half_sent: Campaign, settings: Settings
) -> None:
    settings.PASTED_LINES = 2
    with pytest.raises(SendRefused, match="more than 2 people"):
        follow_ups.follow_up(half_sent, by=None)


def test_a_campaign_that_reached_everyone_has_no_follow_up(
    gateway: Gateway, sender: Browser
) -> None:
    campaign = hand_over(gateway, numbers(3), by=sender.user)
    send_all(gateway)
    campaign.refresh_from_db()
    assert not follow_ups.can_be_followed(campaign)
    page = sender.post(reverse("messaging:follow_up", args=[campaign.pk]), follow=True)
    assert "There is no one in this campaign to send to again." in words(page)
