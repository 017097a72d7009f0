"""Who is texted is who was signed for: one contact swapped for another is seen."""

import uuid
from collections.abc import Callable

import pytest
from pytest_django import Settings

from contacts.models import Group
from messaging.models import BalanceReading, Campaign, CampaignState, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import control, drafts, handover, preparation
from messaging.services.campaigns.handover import Reviewed
from messaging.services.campaigns.review import review_of
from messaging.services.money.affordability import SendRefused
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.sending import reading

pytestmark = pytest.mark.django_db

ONE, PERSONAL = "School is closed.", "Dear {name}, school is closed."


@pytest.fixture
def group(db: None) -> Group:
    return GroupFactory.create(members=ContactFactory.create_batch(6))


def draft(gateway: Gateway, group: Group, text: str) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(groups=(group.pk,)),
        gateway=gateway,
        by=None,
    )


def sign(campaign: Campaign) -> Reviewed:
    """By way of the page, which gets what was signed back as text."""
    signed = Reviewed.of(campaign, review_of(campaign, reading(campaign.gateway)))
    return Reviewed.from_json(signed.to_json())


def swap(group: Group) -> None:
    group.members.remove(group.members.order_by("mobile")[2])
    group.members.add(ContactFactory.create())


def another_number(group: Group) -> None:
    contact = group.members.order_by("mobile")[2]
    contact.mobile = "9849999999"
    contact.save()


CHANGES = [swap, another_number]


@pytest.mark.parametrize("text", [ONE, PERSONAL])
@pytest.mark.parametrize("change", CHANGES)
def test_a_small_campaign_with_swapped_people_is_not_sent(
    gateway: Gateway, group: Group, text: str, change: Callable[[Group], None]
) -> None:
    campaign = draft(gateway, group, text)
    signed = sign(campaign)
    change(group)
    with pytest.raises(SendRefused, match="Someone was added"):
        handover.hand_over(campaign, reviewed=signed, by=None)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.DRAFT, 0)
    assert handover.hand_over(campaign, reviewed=sign(campaign), by=None)


@pytest.mark.parametrize("text", [ONE, PERSONAL])
@pytest.mark.parametrize("change", CHANGES)
def test_a_large_campaign_with_swapped_people_pauses(
    gateway: Gateway,
    group: Group,
    text: str,
    change: Callable[[Group], None],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.INLINE_RECIPIENTS = 4
    monkeypatch.setattr(preparation, "_PIECE", 2)
    campaign = draft(gateway, group, text)
    handover.hand_over(campaign, reviewed=sign(campaign), by=None)
    assert campaign.state == CampaignState.PREPARING
    change(group)
    assert preparation.prepare(campaign)
    assert campaign.state == CampaignState.PAUSED
    assert "Someone was added" in campaign.pause_reason
    assert control.resume(campaign, by=None)
    assert campaign.state == CampaignState.SENDING


@pytest.mark.parametrize("text", [ONE, PERSONAL])
@pytest.mark.parametrize("inline", [4, 100])
def test_the_same_people_just_go_whatever_the_pieces(
    gateway: Gateway,
    group: Group,
    text: str,
    inline: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.INLINE_RECIPIENTS = inline
    monkeypatch.setattr(preparation, "_PIECE", 2)
    campaign = draft(gateway, group, text)
    handover.hand_over(campaign, reviewed=sign(campaign), by=None)
    preparation.prepare(campaign)
    assert (campaign.state, campaign.total) == (CampaignState.SENDING, 6)


@pytest.mark.parametrize("inline", [4, 100])
def test_fewer_people_than_reviewed_are_sent_to(
    gateway: Gateway, group: Group, inline: int, settings: Settings
) -> None:
    settings.INLINE_RECIPIENTS = inline
    campaign = draft(gateway, group, ONE)
    signed = sign(campaign)
    OptOutFactory.create(mobile=group.members.order_by("mobile")[2].mobile)
    handover.hand_over(campaign, reviewed=signed, by=None)
    preparation.prepare(campaign)
    assert (campaign.state, campaign.total) == (CampaignState.SENDING, 5)


def test_another_name_in_a_letter_is_another_text(gateway: Gateway, group: Group) -> None:
    campaign = draft(gateway, group, PERSONAL)
    signed = sign(campaign)
    group.members.filter(pk=group.members.order_by("mobile")[0].pk).update(name="Sita")
    with pytest.raises(SendRefused, match="gets a different text"):
        handover.hand_over(campaign, reviewed=signed, by=None)


def test_a_page_of_before_the_upgrade_can_still_be_signed(gateway: Gateway, group: Group) -> None:
    campaign = draft(gateway, group, ONE)
    old = Reviewed.from_json(sign(campaign).to_json()[:4])
    assert handover.hand_over(campaign, reviewed=old, by=None)
    assert BalanceReading.objects.exists()
