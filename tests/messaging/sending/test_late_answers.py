"""Answers that come too late: what they still change, and what they never change."""

import time
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    Gateway,
    Recipient,
    RecipientState,
    SentMessage,
    Verdict,
)
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.decisions import settlement
from messaging.services.sending import dispatch, record, upkeep
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from tests.factories import UserFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, states

pytestmark = pytest.mark.django_db


def _expire() -> None:
    """Its deadline is over, though its call is not."""
    past = timezone.now() - timedelta(seconds=1)
    assert Batch.objects.filter(state=BatchState.SENDING).update(deadline=past) == 1


def _answer_of_a_lost_call(gateway: Gateway, campaign: Campaign) -> sociair.Sent:
    """A call whose answer is there, and not saved when the sweep gives its batch up."""
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    _expire()
    upkeep.sweep(gateway)
    batch = Batch.objects.get(pk=claim.batch.pk)
    assert (batch.state, batch.outcome) == (BatchState.UNCONFIRMED, Outcome.WORKER_LOST)
    return sent


def _everything() -> dict[str, list[Any]]:
    """Every row that an answer could change, but the answers themselves, and that the check of a
    bill must be made anew.
    """
    models: list[type[Model]] = [Gateway, Campaign, Batch, Recipient, Event]
    found = {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }
    for gateway in found["Gateway"]:
        del gateway["bills_mark"]
    return found


@pytest.mark.django_db(transaction=True)
def test_an_answer_counts_after_its_batch_was_given_up(gateway: Gateway, sandbox: Sandbox) -> None:
    """The call is in flight while the sweep looks."""
    campaign = hand_over(gateway, numbers(3))
    sandbox.settings(script=["slow"], slow=0.5)
    sender = Thread(target=_send_one, args=(gateway,))
    sender.start()
    while not sandbox.requests():
        time.sleep(0.01)
    _expire()
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.unconfirmed) == (CampaignState.DONE, 3)

    sender.join()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 3)
    batch = Batch.objects.get()
    assert (batch.state, batch.outcome, batch.tries) == ("accepted", "accepted", 1)
    assert SentMessage.objects.get().cost == Decimal("2.40")


def _send_one(gateway: Gateway) -> None:
    dispatch.send_next(gateway)
    connection.close()


@pytest.mark.parametrize(
    ("fault", "state"),
    [("ok", "accepted"), ("400", "refused"), ("scam", "refused"), ("invalid-all", "refused")],
)
def test_a_clear_late_answer_counts(
    fault: str, state: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(3))
    sandbox.settings(script=[fault])
    record.record(_answer_of_a_lost_call(gateway, campaign))
    assert Batch.objects.get().state == state
    assert set(states(campaign).values()) == {state}
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.state == CampaignState.DONE
    gateway.refresh_from_db()
    assert not gateway.is_held


@pytest.mark.parametrize(
    ("rule", "others"),
    [("ask", "unconfirmed"), ("valid_sent", "accepted"), ("none_sent", "unconfirmed")],
)
def test_a_late_answer_that_refuses_some_queues_nobody(
    rule: str, others: str, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """Nobody is queued again by it, even where it says that none was sent."""
    settings.SOCIAIR_PARTIAL_REJECTION = rule
    sandbox.settings(partial="valid_sent" if rule == "valid_sent" else "none_sent")
    campaign = hand_over(gateway, [INVALID, *numbers(2)])
    record.record(_answer_of_a_lost_call(gateway, campaign))
    assert Batch.objects.get().state == BatchState.PARTLY_REFUSED
    found = states(campaign)
    assert found.pop(INVALID) == "refused"
    assert set(found.values()) == {others}
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


@pytest.mark.parametrize(
    "fault", ["429", "413", "401", "403", "500", "close", "unknown-words", "counts-short"]
)
def test_any_other_late_answer_changes_only_its_own_row(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(3))
    sandbox.settings(script=[fault])
    sent = _answer_of_a_lost_call(gateway, campaign)
    before = _everything()
    record.record(sent)
    assert _everything() == before
    row = SentMessage.objects.get()
    assert (row.outcome, row.attempt) == (sent.answer.outcome, 1)
    assert row.cost == 0


def test_a_late_answer_counts_though_the_campaign_was_cancelled(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    sent = _answer_of_a_lost_call(gateway, campaign)
    assert control.cancel(campaign, by=None)
    record.record(sent)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.state == CampaignState.CANCELLED
    assert (campaign.accepted, campaign.cancelled, campaign.unconfirmed) == (2, 2, 0)


@pytest.mark.parametrize("fault", ["ok", "400", "invalid-all", "429"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_late_answer_does_not_undo_a_persons_word(
    verdict: Verdict, fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=[fault])
    sent = _answer_of_a_lost_call(gateway, campaign)
    someone = UserFactory.create()
    assert settlement.settle(campaign, [sent.batch.pk], verdict, by=someone, why="asked them") == 2
    before = _everything()
    record.record(sent)
    # What Sociair took is known all the same: the balance is read by it.
    campaign.refresh_from_db()
    cost = Decimal("1.60") if fault == "ok" else 0
    assert SentMessage.objects.get().cost == campaign.spent == cost
    Campaign.objects.update(spent=0)
    assert _everything() == before
    assert set(states(campaign).values()) == {RecipientState(verdict.value)}


@pytest.mark.parametrize("fault", ["ok", "500", "429", "413", "403"])
def test_the_same_answer_twice_changes_nothing(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The commit went through, and its confirmation was lost: then it is saved again."""
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=[fault])
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers)
    record.record(sent)
    before = [_everything(), list(SentMessage.objects.values())]
    record.record(sent)
    assert [_everything(), list(SentMessage.objects.values())] == before


def test_an_old_tries_answer_again_does_not_touch_the_next_try(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=["413", "ok"])
    first = claim_batch(campaign.pk)
    assert first is not None
    Batch.objects.update(state=BatchState.QUEUED)  # as a refused connection leaves it
    Recipient.objects.update(state=RecipientState.QUEUED)
    second = claim_batch(campaign.pk)
    assert second is not None
    before = _everything()
    record.record(sociair.send(first.batch, first.numbers))
    assert _everything() == before
    record.record(sociair.send(second.batch, second.numbers))
    assert list(SentMessage.objects.order_by("attempt").values_list("attempt", "outcome")) == [
        (1, "too_large"),
        (2, "accepted"),
    ]
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_an_answer_of_a_claim_undone_by_restore_is_refused(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Its number is another claim's by now, which has no answer yet."""
    campaign = hand_over(gateway, numbers(2))
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers)
    Batch.objects.update(claimed_at=timezone.now() + timedelta(seconds=2))
    before = _everything()
    with pytest.raises(Batch.DoesNotExist):
        record.record(sent)
    assert _everything() == before
    assert not SentMessage.objects.exists()
