"""What is decided, or answered late, while messages are copied."""

import uuid
from decimal import Decimal

import pytest

from messaging.models import Batch, BatchState, Campaign, CampaignState, Gateway, Verdict
from messaging.services import sociair
from messaging.services.campaigns import preparation
from messaging.services.decisions import second_try, settlement
from messaging.services.sending import record
from sandbox.server import Sandbox
from tests.messaging.decisions.copies.support import lose, mobiles, prepare, send_again, undecided
from tests.sending import claim_batch, hand_over, numbers, send_all, states

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decision_made_during_copying_stays(verdict: Verdict, first: Campaign) -> None:
    batches = undecided(first)
    theirs = mobiles(batches[4:6])
    follower = send_again(first)
    prepare(follower, pieces=1)
    assert settlement.settle(first, batches[4:6], verdict, by=None, why="I asked them.") == 4
    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 16)
    assert set(theirs).isdisjoint(states(follower))
    assert follower.cost == Decimal("12.80")
    first.refresh_from_db()
    assert (first.unconfirmed, getattr(first, verdict.value)) in [(0, 4), (0, 20)]


def test_a_late_answer_during_copying_counts(gateway: Gateway, sandbox: Sandbox) -> None:
    first = hand_over(gateway, numbers(20))
    preparation.prepare(first)
    claim = claim_batch(first.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    lose(Batch.objects.filter(campaign=first))
    sent.batch.refresh_from_db(fields=["claimed_at"])  # which that has set
    Campaign.objects.filter(pk=first.pk).update(state="done", pending=0, unconfirmed=20)
    follower = send_again(first)

    record.record(sent)
    assert prepare(follower)
    assert follower.total == 18
    send_all(gateway)
    billed = [entry.mobile for entry in sandbox.ledger()]
    assert sorted(billed) == sorted(numbers(20))
    first.refresh_from_db()
    assert (first.accepted, first.not_sent, first.unconfirmed) == (2, 18, 0)


def test_a_late_answer_after_it_was_copied_changes_nothing(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    first = hand_over(gateway, numbers(20))
    preparation.prepare(first)
    claim = claim_batch(first.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    lose(Batch.objects.filter(campaign=first))
    sent.batch.refresh_from_db(fields=["claimed_at"])  # which that has set
    Campaign.objects.filter(pk=first.pk).update(state="done", pending=0, unconfirmed=20)
    follower = send_again(first)
    prepare(follower, pieces=1)
    before = states(first)
    record.record(sent)
    assert states(first) == before
    assert prepare(follower)
    assert follower.total == 20


def test_copying_is_done_when_all_was_decided_otherwise(first: Campaign) -> None:
    follower = send_again(first)
    settlement.settle(first, undecided(first), Verdict.ACCEPTED, by=None, why="They got it.")
    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.DONE, 0)


def test_messages_undecided_later_are_not_copied(first: Campaign) -> None:
    """It is newer than what the manager spoke of, whatever its number."""
    batches = undecided(first)
    Batch.objects.filter(pk=batches[4]).update(state=BatchState.SENDING)
    follower = second_try.send_again(
        first, batches, form_uuid=uuid.uuid4(), people=18, by=None, why="Nobody got it."
    )
    Batch.objects.filter(pk=batches[4]).update(state=BatchState.UNCONFIRMED)
    assert prepare(follower)
    assert follower.total == 18
    assert undecided(first) == [batches[4]]
