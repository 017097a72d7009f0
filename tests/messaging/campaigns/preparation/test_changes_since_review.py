"""Who or what changed since the review: never more expensive than was signed for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from contacts.models import Contact
from messaging.models import BalanceReading, Campaign, CampaignState, Event, EventKind, Gateway
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.campaigns import control, drafts, handover
from messaging.services.money import affordability
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.factories import ContactFactory, OptOutFactory, UserFactory
from tests.messaging.campaigns.preparation.support import (
    assert_still_a_draft,
    draft_of,
    group_of,
    prepare,
    signature_of,
)
from tests.sending import check_books, hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_more_expensive_than_reviewed_asks_first(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    group = group_of(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    group.members.add(ContactFactory.create())
    assert prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.PAUSED, 5)
    assert "The message now costs Rs 4.00 instead of Rs 3.20" in campaign.pause_reason
    assert send_all(gateway) == [dispatch.Round.NOTHING]

    _refused_to_resume(campaign, seen=None, says="It now costs Rs 4.00")
    _refused_to_resume(campaign, seen=Decimal("3.20"), says="It now costs Rs 4.00")
    BalanceReading.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    _refused_to_resume(campaign, seen=Decimal("4.00"), says="Press Resume again in a few seconds")
    reading(gateway, amount="3.99")
    _refused_to_resume(campaign, seen=Decimal("4.00"), says="Not enough balance left")
    reading(gateway, amount="4.00")
    assert control.resume(campaign, by=UserFactory.create(), seen=Decimal("4.00"))
    assert (campaign.state, campaign.reviewed_cost) == (CampaignState.SENDING, Decimal("4.00"))
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 5


def _refused_to_resume(campaign: Campaign, *, seen: Decimal | None, says: str) -> None:
    with pytest.raises(SendRefused, match=says):
        control.resume(campaign, by=None, seen=seen)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_cheaper_than_reviewed_goes_out(gateway: Gateway, sandbox: Sandbox) -> None:
    group = group_of(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    OptOutFactory.create(mobile=Contact.objects.order_by("pk")[0].mobile)
    prepare(campaign)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.cost) == (3, Decimal("2.40"))


@pytest.mark.usefixtures("by_the_worker")
def test_a_group_that_is_gone_pauses_with_a_sentence(gateway: Gateway) -> None:
    group = group_of(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    prepare(campaign, pieces=1)
    group.delete()
    assert prepare(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.startswith("A group that you chose was deleted.")
    assert control.cancel(campaign, by=None)
    check_books(campaign, [])


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_with_nobody_left_is_done(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    for mobile in numbers(2):
        OptOutFactory.create(mobile=mobile)
    assert prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.DONE, 0)
    assert campaign.cost == 0
    assert Event.objects.get(kind=EventKind.DONE).words == "There was no one left to send to."


def test_a_draft_more_expensive_than_reviewed_stays_a_draft(gateway: Gateway) -> None:
    group = group_of(2)
    draft = draft_of(gateway, Audience(groups=(group.pk,)))
    signed = signature_of(draft)
    group.members.add(ContactFactory.create())
    with pytest.raises(affordability.SendRefused, match="it now costs more"):
        handover.hand_over(draft, reviewed=signed, by=None)
    assert_still_a_draft(draft)


def test_a_draft_with_nobody_left_stays_a_draft(gateway: Gateway) -> None:
    group = group_of(2)
    draft = draft_of(gateway, Audience(groups=(group.pk,)))
    signed = signature_of(draft)
    group.members.clear()
    with pytest.raises(affordability.SendRefused, match="There is no one left"):
        handover.hand_over(draft, reviewed=signed, by=None)
    assert_still_a_draft(draft)


def test_a_draft_whose_group_is_gone_stays_a_draft(gateway: Gateway) -> None:
    group = group_of(2)
    draft = draft_of(gateway, Audience(groups=(group.pk,)))
    signed = signature_of(draft)
    group.delete()
    with pytest.raises(GroupGone):
        handover.hand_over(draft, reviewed=signed, by=None)
    assert_still_a_draft(draft)


def test_a_draft_changed_since_the_review_is_not_sent(gateway: Gateway) -> None:
    audience = Audience(numbers="\n".join(numbers(2)))
    draft = draft_of(gateway, audience)
    signed = signature_of(draft)
    drafts.save_draft(
        form_uuid=draft.form_uuid, text="Other words", audience=audience, gateway=gateway, by=None
    )
    with pytest.raises(affordability.SendRefused, match="changed in another window"):
        handover.hand_over(draft, reviewed=signed, by=None)
    assert_still_a_draft(draft)
