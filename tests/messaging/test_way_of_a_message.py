"""The whole way, through the real parts: compose, review, hand over, send, look back."""

import uuid

import pytest

from messaging.models import Campaign, CampaignState, Gateway, SentMessage
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.campaigns.review import review_of
from messaging.services.money import balance
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_message_goes_the_whole_way(gateway: Gateway, sandbox: Sandbox) -> None:
    people = ContactFactory.create_batch(3)
    OptOutFactory.create(mobile=people[2].mobile)
    group = GroupFactory.create(members=people)
    user = UserFactory.create()
    audience = Audience(groups=(group.pk,), numbers=f"+977 980-1234567, 12, {people[0].mobile}")
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="School is closed.",
        audience=audience,
        gateway=gateway,
        by=user,
    )
    reading = balance.read_balance(gateway)
    seen = review_of(draft, reading)
    assert (seen.people, str(seen.cost), seen.omitted) == (3, "2.4000", 3)

    assert handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=user)
    assert draft.state == CampaignState.SENDING
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.accepted, campaign.pending) == (CampaignState.DONE, 3, 0)
    assert sorted(entry.mobile for entry in sandbox.ledger()) == sorted(
        [people[0].mobile, people[1].mobile, "9801234567"]
    )
    assert SentMessage.objects.get().outcome == "accepted"
    assert balance.read_balance(gateway).balance == reading.balance - seen.cost
