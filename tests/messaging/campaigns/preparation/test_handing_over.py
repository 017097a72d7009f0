"""Handing over: batches of one text, and one campaign for one form."""

import uuid
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    CampaignState,
    EventKind,
    Gateway,
    LeftOut,
    LeftOutReason,
    Recipient,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover
from messaging.services.money import affordability
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.messaging.campaigns.preparation.support import (
    TEXT,
    draft_of,
    hand_over_draft,
    kinds,
    signature_of,
)
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_batches_have_one_text_and_no_more_numbers_than_allowed(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 4
    campaign = hand_over(gateway, numbers(11))
    assert (campaign.state, campaign.total, campaign.is_large) == (CampaignState.SENDING, 11, False)
    batches = list(Batch.objects.order_by("pk"))
    assert [batch.size for batch in batches] == [4, 4, 3]
    assert [batch.recipients.count() for batch in batches] == [4, 4, 3]
    assert {batch.text for batch in batches} == {campaign.text}
    assert sum(batch.cost for batch in batches) == campaign.cost == Decimal("8.80")
    send_all(gateway)
    assert sorted(request.numbers for request in sandbox.requests()) == [3, 4, 4]


def test_a_family_on_one_number_gets_one_message(gateway: Gateway, sandbox: Sandbox) -> None:
    mother = ContactFactory.create(name="Mina Rai", mobile="9841000001")
    son = ContactFactory.create(name="Bibek Rai", mobile="9841000001")
    group = GroupFactory.create(members=[mother, son])
    audience = Audience(groups=(group.pk,), contacts=(son.pk,), numbers="+977 9841000001")
    campaign = hand_over(gateway, audience)
    send_all(gateway)
    assert [entry.mobile for entry in sandbox.ledger()] == ["9841000001"]
    assert Recipient.objects.get().name == "Mina Rai"
    left_out = list(LeftOut.objects.filter(campaign=campaign).order_by("id"))
    assert {out.reason for out in left_out} == {LeftOutReason.DUPLICATE}
    assert [out.entry for out in left_out] == ["Bibek Rai 984-1000001", "984-1000001"]
    assert left_out[0].words == "Shares a number with Mina Rai. Each number gets one message."


@pytest.mark.django_db(transaction=True)
def test_the_same_form_fifty_times_in_parallel_is_one_campaign(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Whoever clicked again is told that it is sent, even where it could not be paid twice."""
    form_uuid, audience = uuid.uuid4(), Audience(numbers="\n".join(numbers(3)))
    first = draft_of(gateway, audience, uuid.uuid4())
    signed = signature_of(first, amount="3.00")
    first.delete()
    outcomes = at_once([partial(_send_form, gateway, audience, form_uuid, signed)] * 50)
    assert Counter(outcomes) == {"sent": 1, "known": 49}
    campaign = Campaign.objects.get()
    assert kinds(campaign) == [EventKind.SENT, EventKind.STARTED]
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 3


def _send_form(
    gateway: Gateway, audience: Audience, form_uuid: uuid.UUID, signed: handover.Reviewed
) -> str:
    return hand_over_draft(draft_of(gateway, audience, form_uuid), signed)


def test_a_form_that_was_sent_is_known_long_after(gateway: Gateway) -> None:
    draft = draft_of(gateway, Audience(numbers="\n".join(numbers(2))))
    signed = signature_of(draft)
    assert handover.hand_over(draft, reviewed=signed, by=None)
    send_all(gateway)
    BalanceReading.objects.all().delete()
    assert not handover.hand_over(draft, reviewed=signed, by=None)
    assert Recipient.objects.count() == 2


@pytest.mark.parametrize("sent", [True, False])
def test_a_form_that_was_sent_takes_no_other_content(sent: bool, gateway: Gateway) -> None:
    audience = Audience(numbers="\n".join(numbers(2)))
    draft = draft_of(gateway, audience)
    if not sent:  # a draft may still change
        changed = draft_of(gateway, Audience(numbers="9841000001"), draft.form_uuid)
        assert (changed.pk, changed.audience["numbers"]) == (draft.pk, "9841000001")
        return
    handover.hand_over(draft, reviewed=signature_of(draft), by=None)
    for text, other in ((TEXT, Audience(numbers="9841000001")), ("Other words", audience)):
        with pytest.raises(affordability.SendRefused, match="was already sent"):
            drafts.save_draft(
                form_uuid=draft.form_uuid, text=text, audience=other, gateway=gateway, by=None
            )
    assert draft_of(gateway, audience, draft.form_uuid).pk == draft.pk
    draft.refresh_from_db()
    assert draft.text == TEXT


def test_a_form_of_someone_else_is_refused(gateway: Gateway) -> None:
    draft = draft_of(gateway, Audience(numbers="9841000001"))
    with pytest.raises(affordability.SendRefused, match="belongs to someone else"):
        drafts.save_draft(
            form_uuid=draft.form_uuid,
            text=TEXT,
            audience=Audience(numbers="9841000001"),
            gateway=gateway,
            by=UserFactory.create(),
        )
