"""How long the portal waits: nobody answers, or Sociair asks it to slow down."""

from functools import partial

import pytest
from pytest_django import Settings

from messaging.models import Batch, BatchState, Event, EventKind, Gateway, HoldReason
from messaging.services import sociair
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.sending import dispatch, record
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.messaging.gateway.holds_support import delay_of, delays_of, wait_until_over
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_unreachable_waits_longer_each_time(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.stop()
    assert delays_of(gateway, 8) == [5, 10, 20, 40, 80, 160, 300, 300]
    sandbox.start()
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2
    gateway.refresh_from_db()
    assert (gateway.failures, gateway.is_held) == (0, False)


def test_a_success_makes_the_next_wait_short_again(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(1))
    sandbox.stop()
    assert delays_of(gateway, 3) == [5, 10, 20]
    sandbox.start()
    send_all(gateway)
    hand_over(gateway, numbers(1))
    sandbox.stop()
    assert delays_of(gateway, 2) == [5, 10]


@pytest.mark.django_db(transaction=True)
def test_calls_that_failed_together_count_once(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(4))
    claims = [claim_batch(campaign.pk) for _claim in range(4)]
    sandbox.stop()
    sent = [sociair.send(claim.batch, claim.numbers) for claim in claims if claim is not None]
    at_once([partial(record.record, each) for each in sent])
    assert delay_of(gateway) == 5
    assert gateway.failures == 1
    assert Event.objects.filter(kind=EventKind.HELD).count() == 1
    assert Batch.objects.filter(state=BatchState.QUEUED).count() == 4


@pytest.mark.parametrize("fault", ["429", "429-date"])
def test_throttled_waits_as_long_as_sociair_says(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=[fault], retry_after=97)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert delay_of(gateway) == pytest.approx(97, abs=1)
    assert gateway.hold_reason == HoldReason.THROTTLED
    assert gateway.hold_words == "Too Many Attempts."


def test_throttled_the_balance_is_not_asked_for_either(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["429", "429"], retry_after=97)
    asked, not_asked = r"asked the portal to slow down\.$", r"refresh automatically\.$"
    for says in (asked, not_asked):
        with pytest.raises(sociair.BalanceUnknown, match=says):
            balance.read_balance(gateway)
    assert delay_of(gateway) == pytest.approx(97, abs=1)
    wait_until_over()
    with pytest.raises(sociair.BalanceUnknown, match=r"asked the portal to slow down\.$"):
        balance.read_balance(gateway)
    wait_until_over()
    assert balance.read_balance(gateway).balance


def test_throttled_without_a_time_waits_longer_each_time(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=["429-bare"] * 6)
    assert delays_of(gateway, 6) == [60, 120, 240, 480, 900, 900]


def test_throttling_waits_from_a_second_to_a_day(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=["429"], retry_after=0)
    dispatch.send_next(gateway)
    assert delay_of(gateway) == 1
    holds.hold_throttled(gateway, retry_after=1e9)
    assert delay_of(gateway) == 24 * 60 * 60


def test_a_shorter_wait_does_not_shorten_a_longer_one(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=200)
    holds.hold_throttled(gateway, retry_after=20)
    holds.hold_unreachable(gateway)
    assert delay_of(gateway) == 200
    holds.hold_throttled(gateway, retry_after=400)
    assert delay_of(gateway) == 400
