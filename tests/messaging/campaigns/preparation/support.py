"""Drafts, what is signed of them, and what the worker does with them."""

import uuid

from contacts.models import Group
from messaging.models import Batch, Campaign, CampaignState, Event, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover, preparation
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from tests.factories import ContactFactory, GroupFactory
from tests.sending import reading

TEXT = "School is closed tomorrow."


def prepare(campaign: Campaign, pieces: int = 1000) -> bool:
    """What the worker does, for so many pieces."""
    left = iter(range(pieces))
    return preparation.prepare_or_pause(campaign, go_on=lambda: next(left, None) is not None)


def group_of(count: int) -> Group:
    return GroupFactory.create(members=ContactFactory.create_batch(count))


def draft_of(gateway: Gateway, audience: Audience, form_uuid: uuid.UUID | None = None) -> Campaign:
    return drafts.save_draft(
        form_uuid=form_uuid or uuid.uuid4(), text=TEXT, audience=audience, gateway=gateway, by=None
    )


def signature_of(draft: Campaign, amount: str = "10000") -> handover.Reviewed:
    return handover.Reviewed.of(draft, review_of(draft, reading(draft.gateway, amount=amount)))


def kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign=campaign).values_list("kind", flat=True))


def assert_still_a_draft(draft: Campaign) -> None:
    draft.refresh_from_db()
    assert (draft.state, draft.total, draft.sent_at) == (CampaignState.DRAFT, 0, None)
    assert not Batch.objects.filter(campaign=draft).exists()
    assert not Event.objects.filter(campaign=draft).exists()


def hand_over_draft(draft: Campaign, signed: handover.Reviewed) -> str:
    try:
        return "sent" if handover.hand_over(draft, reviewed=signed, by=None) else "known"
    except affordability.SendRefused:
        return "refused"
