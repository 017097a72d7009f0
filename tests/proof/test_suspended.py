"""A worker suspended past its deadline, then continued, posts nothing that it no longer owns."""

import uuid
from signal import SIGCONT

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import (
    Batch,
    BatchState,
    CampaignState,
    Gateway,
    Recipient,
    SentMessage,
    Verdict,
)
from messaging.services.campaigns import control
from messaging.services.decisions import second_try, settlement
from messaging.services.sending.upkeep import sweep
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import in_flight, see_to_its_end
from tests.proof.steps import Step, suspended_at
from tests.proof.workers import Worker, until
from tests.sending import check_books, hand_over, numbers, reading, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short(start: Start, settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    settings.SOCIAIR_TOTAL_TIMEOUT = 1
    settings.SOCIAIR_DEADLINE = 2


def _sleep_past_the_deadline(worker: Worker, gateway: Gateway) -> Batch:
    """The batch that was taken from a sleeping worker by the first sweep after its deadline."""
    until(lambda: worker.is_suspended)
    (lost,) = in_flight()
    until(lambda: Batch.objects.filter(pk=lost, deadline__lt=Now()).exists())
    assert in_flight() == {lost}
    sweep(gateway)
    batch = Batch.objects.get(pk=lost)
    assert (batch.state, batch.outcome) == (BatchState.UNCONFIRMED, Outcome.WORKER_LOST)
    return batch


def _mobiles(batch: Batch) -> set[str]:
    return set(Recipient.objects.filter(batch=batch).values_list("mobile", flat=True))


def test_a_worker_suspended_before_its_call_posts_nothing_late(
    start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(6))
    worker = start(senders=1, strike=suspended_at(Step.CLAIMED))
    lost = _sleep_past_the_deadline(worker, gateway)
    assert not sandbox.requests()

    worker.send(SIGCONT)
    see_to_its_end(campaign)
    billed = [entry.mobile for entry in sandbox.ledger()]
    assert _mobiles(lost).isdisjoint(billed)
    check_books(campaign, billed)
    assert (campaign.accepted, campaign.unconfirmed) == (4, 2)
    late = SentMessage.objects.get(batch=lost)
    assert (late.outcome, late.error.split(" ")[-1]) == (Outcome.UNREACHABLE, "TooLate")


def test_a_suspended_worker_posts_nothing_that_was_sent_again(
    start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The same people are in another campaign by now; they get one message."""
    campaign = hand_over(gateway, numbers(6))
    worker = start(senders=1, strike=suspended_at(Step.CLAIMED))
    lost = _sleep_past_the_deadline(worker, gateway)
    reading(gateway)
    again = second_try.send_again(
        campaign, [lost.pk], form_uuid=uuid.uuid4(), people=2, by=None, why="It never began."
    )
    with start(senders=2):
        see_to_its_end(campaign)
        see_to_its_end(again)
        worker.send(SIGCONT)
        until(lambda: SentMessage.objects.filter(batch=lost).exists())
    billed = [entry.mobile for entry in sandbox.ledger()]
    assert sorted(billed) == sorted(numbers(6))
    assert set(states(again).values()) == {"accepted"}
    assert (campaign.accepted, campaign.not_sent) == (4, 2)


def test_a_suspended_worker_posts_nothing_of_a_cancelled_campaign(
    start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(6))
    worker = start(senders=1, strike=suspended_at(Step.CLAIMED))
    lost = _sleep_past_the_deadline(worker, gateway)
    control.cancel(campaign, by=None)
    worker.send(SIGCONT)
    until(lambda: SentMessage.objects.filter(batch=lost).exists())
    assert not sandbox.requests()
    check_books(campaign, [])
    assert (campaign.state, campaign.cancelled) == (CampaignState.CANCELLED, 4)


def test_a_worker_suspended_before_its_claim_repeats_nothing(
    start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    """Whoever sleeps before a claim owns nothing; another worker takes everything meanwhile."""
    campaign = hand_over(gateway, numbers(6))
    worker = start(senders=1, strike=suspended_at(Step.BEFORE_CLAIM))
    until(lambda: worker.is_suspended)
    with start(senders=1):
        see_to_its_end(campaign)
    calls = len(sandbox.requests())
    worker.send(SIGCONT)
    follower = hand_over(gateway, numbers(2, first=5000))
    see_to_its_end(follower)
    check_books(follower, [entry.mobile for entry in sandbox.ledger()][6:])
    assert (calls, len(sandbox.requests())) == (3, 4)


def test_a_worker_suspended_in_its_call_posts_once(
    start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    """What had begun may end, and its late answer may still tell what became of it."""
    campaign = hand_over(gateway, numbers(6))
    worker = start(senders=1, strike=suspended_at(Step.CALLING))
    lost = _sleep_past_the_deadline(worker, gateway)
    worker.send(SIGCONT)
    see_to_its_end(campaign)
    until(lambda: SentMessage.objects.filter(batch=lost).exists())
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert len(sandbox.requests()) == 3
    lost.refresh_from_db()
    answer = SentMessage.objects.get(batch=lost).outcome
    assert (answer, lost.state) in {
        (Outcome.ACCEPTED, BatchState.ACCEPTED),
        (Outcome.NO_ANSWER, BatchState.UNCONFIRMED),
    }


@pytest.mark.parametrize("verdict", Verdict)
def test_a_suspended_workers_answer_does_not_undo_a_decision(
    verdict: Verdict, start: Start, gateway: Gateway, sandbox: Sandbox
) -> None:
    """What a person has settled stays settled, whatever a late answer says."""
    campaign = hand_over(gateway, numbers(2))
    worker = start(senders=1, strike=suspended_at(Step.ANSWERED))
    lost = _sleep_past_the_deadline(worker, gateway)
    assert settlement.settle(campaign, [lost.pk], verdict, by=None, why="We asked them.") == 2
    worker.send(SIGCONT)
    until(lambda: SentMessage.objects.filter(batch=lost).exists())
    lost.refresh_from_db()
    assert (lost.state, lost.settled_as) == (BatchState.SETTLED, verdict)
    assert set(states(campaign).values()) == {verdict.value}
    assert len(sandbox.ledger()) == 2
