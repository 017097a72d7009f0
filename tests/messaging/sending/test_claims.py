"""Claiming: who owns a batch, who may not have it, and who is left out of it."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import chain

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.services import forgotten
from messaging.answers.outcomes import Outcome
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    Recipient,
    SentMessage,
)
from messaging.services import sociair, transport
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, record
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import OptOutFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, release, send_all, states

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


def _billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


@pytest.mark.django_db(transaction=True)
def test_threads_claim_each_batch_once(gateway: Gateway, settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(40))
    claimed = at_once([partial(_claim_all, campaign.pk)] * 5)
    assert sorted(chain.from_iterable(claimed)) == sorted(
        Batch.objects.values_list("pk", flat=True)
    )
    assert set(Batch.objects.values_list("state", "tries")) == {("sending", 1)}
    assert set(states(campaign).values()) == {"sending"}


def _claim_all(campaign_id: int) -> list[int]:
    claimed = []
    while (claim := claim_batch(campaign_id)) is not None:
        claimed.append(claim.batch.pk)
    return claimed


@pytest.mark.django_db(transaction=True)
def test_senders_side_by_side_send_each_number_once(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 3
    campaign = hand_over(gateway, numbers(50))
    at_once([partial(send_all, gateway)] * 4)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 50)
    assert len(sandbox.requests()) == 17
    assert SentMessage.objects.count() == 17


def test_a_claim_says_whose_it_is_and_until_when(gateway: Gateway, settings: Settings) -> None:
    campaign = hand_over(gateway, numbers(2))
    before = timezone.now() - timedelta(milliseconds=1)  # SQLite's clock has no microseconds
    claim = claim_batch(campaign.pk)
    assert claim is not None
    batch = claim.batch
    assert (batch.state, batch.tries, batch.outcome) == (BatchState.SENDING, 1, "")
    assert batch.claimed_at is not None
    assert batch.deadline is not None
    assert before <= batch.claimed_at <= timezone.now()
    held_for = (batch.deadline - batch.claimed_at).total_seconds()
    assert held_for == pytest.approx(settings.SOCIAIR_DEADLINE, abs=0.01)
    time_left = claim.start_before - transport.now()
    assert time_left <= settings.SOCIAIR_DEADLINE - settings.SOCIAIR_TOTAL_TIMEOUT


def _assert_not_claimable(campaign: Campaign) -> None:
    assert claim_batch(campaign.pk) is None
    batch = Batch.objects.get()
    assert (batch.state, batch.tries, batch.claimed_at) == (BatchState.QUEUED, 0, None)
    assert set(states(campaign).values()) == {"queued"}


@pytest.mark.parametrize(
    "state", [state for state in CampaignState if state != CampaignState.SENDING]
)
def test_only_a_sending_campaign_is_claimed(state: CampaignState, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    Campaign.objects.update(state=state)
    _assert_not_claimable(campaign)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING


@pytest.mark.parametrize("kind", [HoldKind.PERSON, HoldKind.TOKEN, HoldKind.TIMED])
def test_nothing_is_claimed_while_the_gateway_is_held(kind: HoldKind, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    until = timezone.now() + LATER if kind is HoldKind.TIMED else None
    holds.hold(gateway, kind, HoldReason.UNREACHABLE, until=until)
    _assert_not_claimable(campaign)
    assert dispatch.send_next(gateway) is dispatch.Round.HELD


def test_a_timed_hold_that_is_over_holds_nothing(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    holds.hold(
        gateway, HoldKind.TIMED, HoldReason.UNREACHABLE, until=timezone.now() - timedelta(seconds=1)
    )
    assert claim_batch(campaign.pk) is not None


def test_nothing_is_claimed_for_another_gateway(gateway: Gateway, settings: Settings) -> None:
    campaign = hand_over(gateway, numbers(2))
    settings.SOCIAIR_BASE_URL = "http://127.0.0.1:9/elsewhere"
    _assert_not_claimable(campaign)


def test_a_claimed_batch_is_not_claimed_again(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert claim_batch(campaign.pk) is not None
    assert claim_batch(campaign.pk) is None


def test_who_opted_out_meanwhile_gets_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(5))
    gone = numbers(5)[1:3]
    for mobile in gone:
        OptOutFactory.create(mobile=mobile)
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert sorted(_billed(sandbox)) == sorted(set(numbers(5)) - set(gone))
    assert {states(campaign)[mobile] for mobile in gone} == {"opted_out"}
    assert (campaign.state, campaign.accepted, campaign.opted_out) == (CampaignState.DONE, 3, 2)
    batch = Batch.objects.get()
    assert (batch.size, batch.cost, batch.tries) == (3, Decimal("2.40"), 1)
    assert campaign.cost == SentMessage.objects.get().cost == Decimal("2.40")


def test_who_was_forgotten_meanwhile_gets_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(4))
    OptOutFactory.create(mobile=numbers(4)[0])
    forgotten.forget(numbers(4)[1])
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert sorted(_billed(sandbox)) == sorted(numbers(4)[2:])
    assert (campaign.state, campaign.accepted, campaign.opted_out) == (CampaignState.DONE, 2, 2)


def test_a_batch_of_which_everyone_opted_out_is_not_called(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    first, second = Batch.objects.order_by("pk")
    for mobile in first.recipients.values_list("mobile", flat=True):
        OptOutFactory.create(mobile=mobile)
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted, campaign.opted_out) == (CampaignState.DONE, 2, 2)
    first.refresh_from_db()
    assert (first.state, first.tries, first.size) == (BatchState.CANCELLED, 0, 0)
    assert first.cost == 0
    assert SentMessage.objects.get().batch == second
    assert campaign.cost == Decimal("1.60")


def test_a_campaign_of_which_everyone_opted_out_is_done(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(3))
    for mobile in numbers(3):
        OptOutFactory.create(mobile=mobile)
    assert send_all(gateway) == [dispatch.Round.NOTHING]
    check_books(campaign, [])
    assert not sandbox.requests()
    assert (campaign.state, campaign.opted_out) == (CampaignState.DONE, 3)
    assert campaign.cost == 0
    assert Batch.objects.get().state == BatchState.CANCELLED
    assert Event.objects.filter(campaign=campaign, kind=EventKind.DONE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_senders_side_by_side_leave_the_same_people_out_once(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 3
    campaign = hand_over(gateway, numbers(12))
    for mobile in numbers(12)[:7]:
        OptOutFactory.create(mobile=mobile)
    at_once([partial(send_all, gateway)] * 4)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted, campaign.opted_out) == (CampaignState.DONE, 5, 7)
    assert campaign.cost == 5 * Decimal("0.80")


def test_a_call_without_a_whole_calls_time_is_not_begun(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """The worker stood still between its claim and its call."""
    deadline, settings.SOCIAIR_DEADLINE = settings.SOCIAIR_DEADLINE, settings.SOCIAIR_TOTAL_TIMEOUT
    campaign = hand_over(gateway, numbers(2))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert not sandbox.requests()
    assert Batch.objects.get().state == BatchState.QUEUED  # nothing went out, so it may again
    row = SentMessage.objects.get()
    assert row.outcome == Outcome.UNREACHABLE
    assert "TooLate" in row.error

    settings.SOCIAIR_DEADLINE = deadline
    release(gateway)
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert campaign.accepted == 2


def test_a_worker_posts_nothing_that_it_no_longer_owns(gateway: Gateway, sandbox: Sandbox) -> None:
    """It was suspended until after its deadline, and the sweep gave its batch up."""
    campaign = hand_over(gateway, numbers(2))
    claim = claim_batch(campaign.pk)
    assert claim is not None
    Batch.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    assert record.give_up_lost(gateway) == 1

    record.record(sociair.send(claim.batch, claim.numbers, start_before=transport.now() - 1))
    assert not sandbox.requests()
    batch = Batch.objects.get()
    assert (batch.state, batch.outcome) == (BatchState.UNCONFIRMED, Outcome.WORKER_LOST)
    assert set(Recipient.objects.values_list("state", flat=True)) == {"unconfirmed"}
    assert SentMessage.objects.get().outcome == Outcome.UNREACHABLE
    gateway.refresh_from_db()
    assert not gateway.is_held  # a late answer's word counts for nobody else
    assert send_all(gateway) == [dispatch.Round.NOTHING]


def test_an_opened_connection_does_not_start_a_late_call(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """The connection is kept open by the call before, so that connecting takes no time at all."""
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(2))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers, start_before=transport.now())
    assert sent.answer.outcome is Outcome.UNREACHABLE
    assert len(sandbox.requests()) == 1


def test_a_sender_told_to_stop_leaves_its_wait(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 1
    campaign = hand_over(gateway, numbers(2))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    waits: list[float] = []

    def stop(seconds: float) -> bool:
        waits.append(seconds)
        return True

    assert dispatch.send_next(gateway, stopping=stop) is dispatch.Round.STOPPED
    assert waits == [1.0]  # never longer without looking up
    assert len(sandbox.requests()) == 1
    assert sorted(states(campaign).values()) == ["accepted", "queued"]


def test_nothing_in_doubt_is_claimed(gateway: Gateway) -> None:
    """It was starting just when a restore was noticed."""
    campaign = hand_over(gateway, numbers(2))
    Campaign.objects.update(doubted_at=timezone.now())
    assert claim_batch(campaign.pk) is None
    Campaign.objects.update(doubted_at=None)
    assert claim_batch(campaign.pk) is not None
