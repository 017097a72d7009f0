"""Handing over and preparing: once, in pieces, resumably, and never dearer than was signed for."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.models import Contact, Group
from messaging import tasks
from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    LeftOut,
    LeftOutReason,
    Recipient,
)
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.campaigns import control, drafts, handover, pieces, preparation
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows
from tests.at_once import at_once
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.sending import check_books, hand_over, numbers, reading, send_all, states

pytestmark = pytest.mark.django_db
TEXT = "School is closed tomorrow."


@pytest.fixture
def by_the_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every campaign is a large one, prepared three people at a time."""
    settings.INLINE_RECIPIENTS = 0
    settings.SOCIAIR_BATCH_SIZE = 2
    monkeypatch.setattr(preparation, "_PIECE", 3)


def _prepare(campaign: Campaign, pieces: int = 1000) -> bool:
    """What the worker does, for so many pieces."""
    left = iter(range(pieces))
    return preparation.prepare_or_pause(campaign, go_on=lambda: next(left, None) is not None)


def _group(count: int) -> Group:
    return GroupFactory.create(members=ContactFactory.create_batch(count))


def _draft(gateway: Gateway, audience: Audience, form_uuid: uuid.UUID | None = None) -> Campaign:
    return drafts.save_draft(
        form_uuid=form_uuid or uuid.uuid4(), text=TEXT, audience=audience, gateway=gateway, by=None
    )


def _signed(draft: Campaign, amount: str = "10000") -> handover.Reviewed:
    return handover.Reviewed.of(draft, review_of(draft, reading(draft.gateway, amount=amount)))


def _kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign=campaign).values_list("kind", flat=True))


# -- At once ---------------------------------------------------------------------------------


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
    assert left_out[0].words == "Shares the number with Mina Rai: one message stands for both."


# -- Piece by piece --------------------------------------------------------------------------


@pytest.mark.usefixtures("by_the_worker")
def test_a_large_campaign_is_prepared_by_the_worker(gateway: Gateway, sandbox: Sandbox) -> None:
    OptOutFactory.create(mobile=numbers(8)[4])
    campaign = hand_over(gateway, [*numbers(8), "12"])
    assert (campaign.state, campaign.total) == (CampaignState.PREPARING, 0)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING

    assert not _prepare(campaign, pieces=1)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.PREPARING, 3)
    assert campaign.prepared_up_to == sorted(numbers(8))[2]
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING  # not before all is known

    assert _prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.SENDING, 7)
    assert campaign.prepared_up_to == Campaign.PREPARED
    assert campaign.cost == campaign.reviewed_cost == Decimal("5.60")
    assert LeftOut.objects.filter(campaign=campaign).count() == 2
    assert max(Batch.objects.values_list("size", flat=True)) == 2
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 7)


@pytest.mark.usefixtures("by_the_worker")
def test_preparation_goes_on_where_it_broke_off(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies within a piece: that piece is undone as a whole, and made again."""
    campaign = hand_over(gateway, numbers(8))
    with monkeypatch.context() as patch:
        failing = _failing(on_call=4)
        patch.setattr(pieces, "insert_rows", failing)
        patch.setattr(preparation, "insert_rows", failing)
        with pytest.raises(RuntimeError):
            _prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total, campaign.pending) == (CampaignState.PREPARING, 3, 3)
    assert Recipient.objects.count() == 3
    assert sum(Batch.objects.values_list("size", flat=True)) == 3

    assert _prepare(campaign)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted, campaign.cost) == ("done", 8, Decimal("6.40"))


def _failing(*, on_call: int) -> Callable[..., None]:
    calls: list[object] = []

    def insert_or_fail(*args: Any) -> None:
        insert_rows(*args)
        calls.append(args)
        if len(calls) == on_call:
            raise RuntimeError("killed")

    return insert_or_fail


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_workers_side_by_side_prepare_each_recipient_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(20))
    at_once([partial(_prepare, Campaign.objects.get(pk=campaign.pk)) for _worker in range(4)])
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total, campaign.pending) == (CampaignState.SENDING, 20, 20)
    assert sorted(states(campaign)) == sorted(numbers(20))
    assert sum(Batch.objects.values_list("size", flat=True)) == 20
    assert campaign.cost == campaign.reviewed_cost
    assert _kinds(campaign) == [EventKind.SENT, EventKind.STARTED]
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 20


@pytest.mark.usefixtures("by_the_worker")
def test_preparation_stops_when_paused_or_cancelled(gateway: Gateway) -> None:
    paused = hand_over(gateway, numbers(8))
    _prepare(paused, pieces=1)
    assert control.pause(paused, by=None)
    assert _prepare(paused)
    paused.refresh_from_db()
    assert (paused.state, paused.total) == (CampaignState.PAUSED, 3)
    assert control.resume(paused, by=None)
    assert paused.state == CampaignState.PREPARING
    _prepare(paused, pieces=1)
    assert control.cancel(paused, by=None)
    assert _prepare(paused)
    paused.refresh_from_db()
    assert (paused.state, paused.total) == (CampaignState.CANCELLED, 6)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_the_workers_task_prepares_what_waits(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(8))
    tasks.prepare.call_local()
    tasks.send.call_local()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 8)


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_prepared_before_its_time_waits(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(4), at=timezone.now() + timedelta(hours=1))
    assert campaign.state == CampaignState.PREPARING
    assert _prepare(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED


# -- Changed since the review ----------------------------------------------------------------


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_dearer_than_reviewed_asks_first(gateway: Gateway, sandbox: Sandbox) -> None:
    group = _group(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    group.members.add(ContactFactory.create())
    assert _prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.PAUSED, 5)
    assert "it would cost Rs 4.00 instead of Rs 3.20" in campaign.pause_reason
    assert send_all(gateway) == [dispatch.Round.NOTHING]

    _refused_to_resume(campaign, seen=None, says="It costs Rs 4.00 now.")
    _refused_to_resume(campaign, seen=Decimal("3.20"), says="It costs Rs 4.00 now.")
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
    group = _group(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    OptOutFactory.create(mobile=Contact.objects.order_by("pk")[0].mobile)
    _prepare(campaign)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.cost) == (3, Decimal("2.40"))


@pytest.mark.usefixtures("by_the_worker")
def test_a_group_that_is_gone_pauses_with_a_sentence(gateway: Gateway) -> None:
    group = _group(4)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    _prepare(campaign, pieces=1)
    group.delete()
    assert _prepare(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.startswith("A group that you chose has been deleted meanwhile.")
    assert control.cancel(campaign, by=None)
    check_books(campaign, [])


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_with_nobody_left_is_done(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    for mobile in numbers(2):
        OptOutFactory.create(mobile=mobile)
    assert _prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.DONE, 0)
    assert campaign.cost == 0
    assert Event.objects.get(kind=EventKind.DONE).words == "Nobody was left to send to."


def _assert_still_a_draft(draft: Campaign) -> None:
    draft.refresh_from_db()
    assert (draft.state, draft.total, draft.sent_at) == (CampaignState.DRAFT, 0, None)
    assert not Batch.objects.filter(campaign=draft).exists()
    assert not Event.objects.filter(campaign=draft).exists()


def test_a_draft_dearer_than_reviewed_stays_a_draft(gateway: Gateway) -> None:
    group = _group(2)
    draft = _draft(gateway, Audience(groups=(group.pk,)))
    signed = _signed(draft)
    group.members.add(ContactFactory.create())
    with pytest.raises(affordability.SendRefused, match="it would now cost more"):
        handover.hand_over(draft, reviewed=signed, by=None)
    _assert_still_a_draft(draft)


def test_a_draft_with_nobody_left_stays_a_draft(gateway: Gateway) -> None:
    group = _group(2)
    draft = _draft(gateway, Audience(groups=(group.pk,)))
    signed = _signed(draft)
    group.members.clear()
    with pytest.raises(affordability.SendRefused, match="Nobody is left"):
        handover.hand_over(draft, reviewed=signed, by=None)
    _assert_still_a_draft(draft)


def test_a_draft_whose_group_is_gone_stays_a_draft(gateway: Gateway) -> None:
    group = _group(2)
    draft = _draft(gateway, Audience(groups=(group.pk,)))
    signed = _signed(draft)
    group.delete()
    with pytest.raises(GroupGone):
        handover.hand_over(draft, reviewed=signed, by=None)
    _assert_still_a_draft(draft)


def test_a_draft_changed_since_the_review_is_not_sent(gateway: Gateway) -> None:
    audience = Audience(numbers="\n".join(numbers(2)))
    draft = _draft(gateway, audience)
    signed = _signed(draft)
    drafts.save_draft(
        form_uuid=draft.form_uuid, text="Other words", audience=audience, gateway=gateway, by=None
    )
    with pytest.raises(affordability.SendRefused, match="changed in another window"):
        handover.hand_over(draft, reviewed=signed, by=None)
    _assert_still_a_draft(draft)


# -- The bill --------------------------------------------------------------------------------


def test_a_balance_that_does_not_suffice_sends_nothing(gateway: Gateway) -> None:
    draft = _draft(gateway, Audience(numbers="\n".join(numbers(2))))
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=_signed(draft, amount="1.59"), by=None)
    _assert_still_a_draft(draft)
    assert handover.hand_over(draft, reviewed=_signed(draft, amount="1.60"), by=None)


@pytest.mark.parametrize("state", [CampaignState.SENDING, CampaignState.PREPARING])
def test_the_cost_of_other_campaigns_is_not_spent_twice(
    state: CampaignState, gateway: Gateway
) -> None:
    other = hand_over(gateway, numbers(3))
    Campaign.objects.filter(pk=other.pk).update(state=state)
    draft = _draft(gateway, Audience(numbers="\n".join(numbers(2, first=2000))))
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=_signed(draft, amount="3.99"), by=None)
    assert handover.hand_over(draft, reviewed=_signed(draft, amount="4.00"), by=None)


@pytest.mark.parametrize("fault", ["ok", "500"])
def test_what_was_sent_since_the_reading_is_spent(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The reading is fresh, and yet of before another campaign."""
    hand_over(gateway, numbers(3))
    sandbox.settings(script=[fault])
    BalanceReading.objects.all().delete()
    reading(gateway, amount="3.99")
    send_all(gateway)
    draft = _draft(gateway, Audience(numbers="\n".join(numbers(2, first=2000))))
    seen = review_of(draft, BalanceReading.objects.get())
    assert seen.available == Decimal("1.59")
    signed = handover.Reviewed.of(draft, seen)
    with pytest.raises(affordability.SendRefused, match="Not enough balance left"):
        handover.hand_over(draft, reviewed=signed, by=None)
    # The next reading knows it.
    reading(gateway, amount="1.60")
    assert handover.hand_over(draft, reviewed=signed, by=None)


def test_an_old_reading_signs_no_bill(gateway: Gateway, settings: Settings) -> None:
    draft = _draft(gateway, Audience(numbers="\n".join(numbers(2))))
    signed = _signed(draft)
    stale = timezone.now() - timedelta(seconds=settings.BALANCE_FRESH_SECONDS + 1)
    BalanceReading.objects.update(asked_at=stale, read_at=stale)
    with pytest.raises(affordability.SendRefused, match="Refreshing the balance"):
        handover.hand_over(draft, reviewed=signed, by=None)
    BalanceReading.objects.all().delete()
    with pytest.raises(affordability.SendRefused, match="Refreshing the balance"):
        handover.hand_over(draft, reviewed=signed, by=None)
    _assert_still_a_draft(draft)


@pytest.mark.django_db(transaction=True)
def test_two_campaigns_do_not_spend_the_same_rupee(gateway: Gateway) -> None:
    written = [
        _draft(gateway, Audience(numbers="\n".join(numbers(2, first=1000 * place))))
        for place in range(1, 5)
    ]
    signed = [_signed(draft, amount="3.50") for draft in written]  # for two of them
    outcomes = at_once(
        [partial(_hand_over, draft, bill) for draft, bill in zip(written, signed, strict=True)]
    )
    assert sorted(outcomes) == ["refused", "refused", "sent", "sent"]
    assert Recipient.objects.count() == 4


def _hand_over(draft: Campaign, signed: handover.Reviewed) -> str:
    try:
        return "sent" if handover.hand_over(draft, reviewed=signed, by=None) else "known"
    except affordability.SendRefused:
        return "refused"


# -- The same form ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_same_form_fifty_times_in_parallel_is_one_campaign(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Whoever clicked again is told that it is sent, even where it could not be paid twice."""
    form_uuid, audience = uuid.uuid4(), Audience(numbers="\n".join(numbers(3)))
    first = _draft(gateway, audience, uuid.uuid4())
    signed = _signed(first, amount="3.00")
    first.delete()
    outcomes = at_once([partial(_send_form, gateway, audience, form_uuid, signed)] * 50)
    assert Counter(outcomes) == {"sent": 1, "known": 49}
    campaign = Campaign.objects.get()
    assert _kinds(campaign) == [EventKind.SENT, EventKind.STARTED]
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 3


def _send_form(
    gateway: Gateway, audience: Audience, form_uuid: uuid.UUID, signed: handover.Reviewed
) -> str:
    return _hand_over(_draft(gateway, audience, form_uuid), signed)


def test_a_form_that_was_sent_is_known_long_after(gateway: Gateway) -> None:
    draft = _draft(gateway, Audience(numbers="\n".join(numbers(2))))
    signed = _signed(draft)
    assert handover.hand_over(draft, reviewed=signed, by=None)
    send_all(gateway)
    BalanceReading.objects.all().delete()
    assert not handover.hand_over(draft, reviewed=signed, by=None)
    assert Recipient.objects.count() == 2


@pytest.mark.parametrize("sent", [True, False])
def test_a_form_that_was_sent_takes_no_other_content(sent: bool, gateway: Gateway) -> None:
    audience = Audience(numbers="\n".join(numbers(2)))
    draft = _draft(gateway, audience)
    if not sent:  # a draft may still change
        changed = _draft(gateway, Audience(numbers="9841000001"), draft.form_uuid)
        assert (changed.pk, changed.audience["numbers"]) == (draft.pk, "9841000001")
        return
    handover.hand_over(draft, reviewed=_signed(draft), by=None)
    for text, other in ((TEXT, Audience(numbers="9841000001")), ("Other words", audience)):
        with pytest.raises(affordability.SendRefused, match="has been sent already"):
            drafts.save_draft(
                form_uuid=draft.form_uuid, text=text, audience=other, gateway=gateway, by=None
            )
    assert _draft(gateway, audience, draft.form_uuid).pk == draft.pk
    draft.refresh_from_db()
    assert draft.text == TEXT


def test_a_form_of_somebody_else_is_refused(gateway: Gateway) -> None:
    draft = _draft(gateway, Audience(numbers="9841000001"))
    with pytest.raises(affordability.SendRefused, match="belongs to somebody else"):
        drafts.save_draft(
            form_uuid=draft.form_uuid,
            text=TEXT,
            audience=Audience(numbers="9841000001"),
            gateway=gateway,
            by=UserFactory.create(),
        )
