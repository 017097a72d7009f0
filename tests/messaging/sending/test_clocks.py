"""A clock that was wrong: nothing waits, or stays on its way, for hours because of it.

The clock itself cannot be set in a test, so the moments that are written down are moved instead: a
clock that is set back by twelve hours leaves moments behind that lie twelve hours ahead.
"""

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    Machine,
)
from messaging.services import sociair
from messaging.services.decisions import evidence
from messaging.services.gateway import holds, machines, silence
from messaging.services.money import balance
from messaging.services.sending import dispatch, record, upkeep
from sandbox.server import Sandbox
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all, take_slot

pytestmark = pytest.mark.django_db

CALLED, HELD = dispatch.Round.CALLED, dispatch.Round.HELD
HALF_A_DAY = timedelta(hours=12)


def _set_back(by: timedelta) -> None:
    """The clock shows an earlier time than when these moments were written down."""
    Gateway.objects.update(
        **{
            name: F(name) + by
            for name in ("next_slot", "active_at", "swept_at", "held_at", "held_until", "wake_at")
        }
    )
    Batch.objects.update(claimed_at=F("claimed_at") + by, deadline=F("deadline") + by)
    Campaign.objects.update(sent_at=F("sent_at") + by, resumed_at=F("resumed_at") + by)
    Machine.objects.update(seen_at=F("seen_at") + by)
    BalanceReading.objects.update(asked_at=F("asked_at") + by, read_at=F("read_at") + by)


def _hold(gateway: Gateway, seconds: float) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    holds.hold(gateway, HoldKind.TIMED, HoldReason.UNREACHABLE, until=until)


@pytest.mark.parametrize("by", [timedelta(hours=1), HALF_A_DAY])
def test_a_hold_of_a_second_does_not_last_for_hours(
    by: timedelta, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    _hold(gateway, 1)
    assert dispatch.send_next(gateway) is HELD
    _set_back(by)
    gateway.refresh_from_db()
    assert not gateway.is_held
    assert gateway in Gateway.objects.not_held(timezone.now())
    assert send_all(gateway)[0] is CALLED
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_a_small_correction_ends_no_hold(gateway: Gateway) -> None:
    hand_over(gateway, numbers(1))
    _hold(gateway, 30)
    _set_back(timedelta(seconds=20))
    gateway.refresh_from_db()
    assert gateway.is_held
    assert dispatch.send_next(gateway) is HELD


def test_a_new_hold_replaces_one_of_a_clock_that_was_ahead(gateway: Gateway) -> None:
    _hold(gateway, 300)
    _set_back(HALF_A_DAY)
    _hold(gateway, 5)
    gateway.refresh_from_db()
    assert gateway.is_held
    assert gateway.held_until is not None
    assert gateway.held_until < timezone.now() + timedelta(minutes=1)
    assert holds.reserve_wake_up(gateway) is not None


def test_being_throttled_is_not_believed_from_the_future(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=60)
    assert holds.is_throttled(gateway)
    _set_back(HALF_A_DAY)
    assert not holds.is_throttled(gateway)


def test_a_person_is_waited_for_whatever_the_clock_says(gateway: Gateway) -> None:
    hand_over(gateway, numbers(1))
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    for by in (HALF_A_DAY, -2 * HALF_A_DAY):
        _set_back(by)
        assert dispatch.send_next(gateway) is HELD


def test_no_wait_replaces_a_hold_for_a_person_that_began_in_the_future(gateway: Gateway) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    _set_back(HALF_A_DAY)
    until = timezone.now() + timedelta(seconds=5)
    assert not holds.hold(gateway, HoldKind.TIMED, HoldReason.UNREACHABLE, until=until)
    gateway.refresh_from_db()
    assert gateway.needs_person


def test_a_lost_call_from_the_future_is_given_up(gateway: Gateway, sandbox: Sandbox) -> None:
    """The worker was lost, and its clock was ahead."""
    campaign = hand_over(gateway, numbers(2))
    assert claim_batch(campaign.pk) is not None
    _set_back(HALF_A_DAY)
    upkeep.sweep(gateway)
    batch = Batch.objects.get()
    assert (batch.state, batch.outcome) == (BatchState.UNCONFIRMED, Outcome.WORKER_LOST)
    assert batch.deadline is not None
    assert batch.deadline <= timezone.now()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.unconfirmed) == (CampaignState.DONE, 2)


@pytest.mark.parametrize("by", [HALF_A_DAY, -HALF_A_DAY])
def test_a_call_that_was_in_flight_still_gets_its_outcome(
    by: timedelta, gateway: Gateway, sandbox: Sandbox
) -> None:
    """The clock jumps, either way, while Sociair is being asked."""
    campaign = hand_over(gateway, numbers(2))
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    _set_back(by)
    sent.batch.refresh_from_db(fields=["claimed_at"])  # which no clock would have moved
    upkeep.sweep(gateway)
    record.record(sent)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 2)


def test_a_call_in_time_is_left_alone(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert claim_batch(campaign.pk) is not None
    _set_back(timedelta(seconds=20))
    assert record.give_up_lost(gateway) == 0


def test_the_next_slot_is_never_farther_than_an_interval(
    gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 30
    assert take_slot(gateway) == 0.0
    _set_back(HALF_A_DAY)
    assert take_slot(gateway) == 0.0


def test_hours_of_silence_are_noticed_after_a_clock_that_was_ahead(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(3))
    assert dispatch.send_next(gateway) is CALLED
    _set_back(HALF_A_DAY)
    assert silence.mark_overdue(gateway, now=timezone.now()) == 0
    _set_back(timedelta(hours=-3))
    assert silence.mark_overdue(gateway, now=timezone.now()) == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OVERDUE


def test_a_reading_of_the_future_is_not_fresh_and_is_read_anew(gateway: Gateway) -> None:
    balance.read_balance(gateway)
    _set_back(HALF_A_DAY)
    assert not balance.is_fresh(balance.latest(gateway))
    upkeep.sweep(gateway)
    assert balance.is_fresh(balance.latest(gateway))


def test_a_worker_that_was_seen_in_the_future_is_silent(gateway: Gateway) -> None:
    upkeep.sweep(gateway)
    gateway.refresh_from_db()
    assert not machines.nobody_looks_in(gateway)
    _set_back(HALF_A_DAY)
    gateway.refresh_from_db()
    assert machines.nobody_looks_in(gateway)


def test_what_was_given_up_by_a_wrong_clock_has_its_evidence(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(2))
    assert claim_batch(campaign.pk) is not None
    Batch.objects.update(
        claimed_at=F("claimed_at") + HALF_A_DAY, deadline=F("deadline") + HALF_A_DAY
    )
    upkeep.sweep(gateway)
    moment: datetime | None = Batch.objects.get().deadline
    assert moment is not None
    assert moment <= timezone.now()
    balance.read_balance(gateway)
    found = evidence.evidence_for(campaign)
    assert found is not None
    assert found.missing == 0
