"""Holds: how long, whose, which outranks which, and what ends them."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from messaging import tasks
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services import sociair
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.sending import dispatch, record, upkeep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all, take_slot

pytestmark = pytest.mark.django_db

TIMED, TOKEN, PERSON = HoldKind.TIMED, HoldKind.TOKEN, HoldKind.PERSON


def _delay(gateway: Gateway) -> int:
    """Seconds that a timed hold lasts from now on."""
    gateway.refresh_from_db()
    assert gateway.hold_kind == TIMED
    assert gateway.held_until is not None
    return round((gateway.held_until - timezone.now()).total_seconds())


def _wait_until_over() -> None:
    """A second after the hold's end."""
    Gateway.objects.update(held_until=timezone.now() - timedelta(seconds=1))


def _delays(gateway: Gateway, tries: int) -> list[int]:
    delays = []
    for _try in range(tries):
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
        delays.append(_delay(gateway))
        _wait_until_over()
    return delays


# -- Nobody answers --------------------------------------------------------------------------


def test_unreachable_waits_longer_each_time(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.stop()
    assert _delays(gateway, 8) == [5, 10, 20, 40, 80, 160, 300, 300]
    sandbox.start()
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2
    gateway.refresh_from_db()
    assert (gateway.failures, gateway.is_held) == (0, False)


def test_a_success_makes_the_next_wait_short_again(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(1))
    sandbox.stop()
    assert _delays(gateway, 3) == [5, 10, 20]
    sandbox.start()
    send_all(gateway)
    hand_over(gateway, numbers(1))
    sandbox.stop()
    assert _delays(gateway, 2) == [5, 10]


@pytest.mark.django_db(transaction=True)
def test_calls_that_failed_together_count_once(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(4))
    claims = [claim_batch(campaign.pk) for _claim in range(4)]
    sandbox.stop()
    sent = [sociair.send(claim.batch) for claim in claims if claim is not None]
    at_once([partial(record.record, each) for each in sent])
    assert _delay(gateway) == 5
    assert gateway.failures == 1
    assert Event.objects.filter(kind=EventKind.HELD).count() == 1
    assert Batch.objects.filter(state=BatchState.QUEUED).count() == 4


# -- Slow down -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["429", "429-date"])
def test_throttled_waits_as_long_as_sociair_says(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=[fault], retry_after=97)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert _delay(gateway) == pytest.approx(97, abs=1)
    assert gateway.hold_reason == HoldReason.THROTTLED
    assert gateway.hold_words == "Too Many Attempts."


def test_throttled_the_balance_is_not_asked_for_either(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["429", "429"], retry_after=97)
    for says in (r"asked us to slow down\.$", r"when it may be\.$"):  # the second is not asked
        with pytest.raises(sociair.BalanceUnknown, match=says):
            balance.read_balance(gateway)
    assert _delay(gateway) == pytest.approx(97, abs=1)
    _wait_until_over()
    with pytest.raises(sociair.BalanceUnknown, match=r"asked us to slow down\.$"):
        balance.read_balance(gateway)
    _wait_until_over()
    assert balance.read_balance(gateway).balance


def test_throttled_without_a_time_waits_longer_each_time(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=["429-bare"] * 6)
    assert _delays(gateway, 6) == [60, 120, 240, 480, 900, 900]


def test_throttling_waits_from_a_second_to_a_day(gateway: Gateway, sandbox: Sandbox) -> None:
    hand_over(gateway, numbers(1))
    sandbox.settings(script=["429"], retry_after=0)
    dispatch.send_next(gateway)
    assert _delay(gateway) == 1
    holds.hold_throttled(gateway, retry_after=1e9)
    assert _delay(gateway) == 24 * 60 * 60


def test_a_shorter_wait_does_not_shorten_a_longer_one(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=200)
    holds.hold_throttled(gateway, retry_after=20)
    holds.hold_unreachable(gateway)
    assert _delay(gateway) == 200
    holds.hold_throttled(gateway, retry_after=400)
    assert _delay(gateway) == 400


# -- Which outranks which --------------------------------------------------------------------


def _hold(gateway: Gateway, kind: HoldKind) -> bool:
    reason = {
        TIMED: HoldReason.UNREACHABLE,
        TOKEN: HoldReason.TOKEN_REFUSED,
        PERSON: HoldReason.MISCONFIGURED,
    }[kind]
    until = timezone.now() + timedelta(minutes=1) if kind is TIMED else None
    return holds.hold(gateway, kind, reason, until=until)


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (TIMED, TOKEN, TOKEN),
        (TIMED, PERSON, PERSON),
        (TOKEN, PERSON, PERSON),
        (TOKEN, TIMED, TOKEN),
        (PERSON, TIMED, PERSON),
        (PERSON, TOKEN, PERSON),
        (TOKEN, TOKEN, TOKEN),
        (PERSON, PERSON, PERSON),
    ],
)
def test_a_weaker_hold_does_not_replace_a_stronger_one(
    first: HoldKind, second: HoldKind, left: HoldKind, gateway: Gateway
) -> None:
    assert _hold(gateway, first)
    before = Gateway.objects.values().get()
    assert _hold(gateway, second) is (left != first)
    gateway.refresh_from_db()
    assert gateway.hold_kind == left
    if left == first:
        assert Gateway.objects.values().get() == before
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING


def test_an_expired_timed_hold_is_none(gateway: Gateway) -> None:
    _hold(gateway, TIMED)
    assert take_slot(gateway) is None
    _wait_until_over()
    gateway.refresh_from_db()
    assert not gateway.is_held
    assert take_slot(gateway) == 0.0
    assert holds.reserve_wake_up(gateway) is None


# -- The token -------------------------------------------------------------------------------


def test_a_refused_token_holds_until_sociair_accepts_one(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(token="the-new-one")
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (TOKEN, HoldReason.TOKEN_REFUSED)
    assert not holds.release(gateway, by=None)  # a person's word does not make it valid
    upkeep.sweep(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == TOKEN
    assert gateway.balance_error == "Sociair refused the token."
    assert dispatch.send_next(gateway) is dispatch.Round.HELD

    settings.SOCIAIR_TOKEN = "the-new-one"
    upkeep.sweep(gateway)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.balance_error) == (HoldKind.NONE, "")
    assert Event.objects.filter(kind=EventKind.RELEASED, by=None).count() == 1
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_a_token_that_may_not_send_waits_for_a_person(gateway: Gateway, sandbox: Sandbox) -> None:
    """It would be refused, accepted and refused again, once a minute for ever."""
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=["401"] * 4)
    kinds = []
    for _round in range(3):
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
        gateway.refresh_from_db()
        kinds.append(gateway.hold_kind)
        upkeep.sweep(gateway)
    assert kinds == [TOKEN, TOKEN, PERSON]
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.MAY_NOT_SEND)
    assert dispatch.send_next(gateway) is dispatch.Round.HELD

    assert holds.release(gateway, by=None)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED  # a person's word counts anew
    gateway.refresh_from_db()
    assert gateway.hold_kind == TOKEN
    upkeep.sweep(gateway)
    send_all(gateway)
    gateway.refresh_from_db()
    assert gateway.token_refusals == 0
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_a_failed_balance_reading_releases_no_hold(gateway: Gateway, sandbox: Sandbox) -> None:
    _hold(gateway, TOKEN)
    sandbox.settings(balance_script=["503", "html"])
    for _try in range(2):
        with pytest.raises(sociair.BalanceUnknown):
            balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == TOKEN
    balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == HoldKind.NONE


def test_a_reading_ends_no_hold_of_a_person(gateway: Gateway) -> None:
    _hold(gateway, PERSON)
    balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == PERSON


def test_a_reading_that_is_refused_holds(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["401"])
    with pytest.raises(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == TOKEN


# -- Without a clear answer ------------------------------------------------------------------


def test_two_unclear_answers_in_a_row_wait_for_a_person(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(script=["500", "500"])
    assert send_all(gateway)[-1] is dispatch.Round.HELD
    someone = UserFactory.create()
    assert holds.release(gateway, by=someone)
    assert Event.objects.get(kind=EventKind.RELEASED).by == someone
    # The count began anew: one more is one.
    sandbox.settings(script=["500"])
    assert send_all(gateway)[-1] is dispatch.Round.NOTHING
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (3, 3)


@pytest.mark.parametrize(("last", "held"), [(10, True), (11, False)])
def test_three_unclear_answers_of_the_last_ten_wait_for_a_person(
    last: int, held: bool, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """However many were clear between them."""
    settings.SOCIAIR_BATCH_SIZE = 1
    hand_over(gateway, numbers(11))
    calls = range(1, last + 1)
    sandbox.settings(script=["500" if call in (1, 5, last) else "ok" for call in calls])
    for _call in calls:
        gateway.refresh_from_db()
        assert not gateway.is_held
        dispatch.send_next(gateway)
    gateway.refresh_from_db()
    assert gateway.is_held is held
    if held:
        assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.UNCONFIRMED)


def test_what_certainly_was_not_sent_does_not_interrupt_a_row(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    hand_over(gateway, numbers(3))
    sandbox.settings(script=["500", "429", "500"])
    dispatch.send_next(gateway)
    dispatch.send_next(gateway)
    _wait_until_over()
    dispatch.send_next(gateway)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.UNCONFIRMED)


@pytest.mark.parametrize("kind", [TIMED, PERSON])
def test_releasing_says_who_and_forgets_what_was_counted(kind: HoldKind, gateway: Gateway) -> None:
    Gateway.objects.update(failures=4, unconfirmed=2)
    _hold(gateway, kind)
    someone = UserFactory.create()
    assert holds.release(gateway, by=someone)
    assert not holds.release(gateway, by=None)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason, gateway.hold_words) == ("", "", "")
    assert (gateway.held_at, gateway.held_until) == (None, None)
    assert (gateway.failures, gateway.unconfirmed) == (0, 0)
    events = list(Event.objects.filter(gateway=gateway).values_list("kind", "by"))
    assert events == [(EventKind.HELD, None), (EventKind.RELEASED, someone.pk)]


# -- Waking up -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_of_many_senders_reserves_the_wake_up(gateway: Gateway) -> None:
    _hold(gateway, TIMED)
    woken = at_once([partial(_reserve, gateway.pk)] * 6)
    gateway.refresh_from_db()
    assert [at for at in woken if at is not None] == [gateway.held_until]
    assert holds.reserve_wake_up(gateway) is None


def _reserve(gateway_id: int) -> object:
    return holds.reserve_wake_up(Gateway.objects.get(pk=gateway_id))


def test_a_hold_that_grew_is_waited_for_anew(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=10)
    assert holds.reserve_wake_up(gateway) is not None
    holds.hold_throttled(gateway, retry_after=60)
    gateway.refresh_from_db()
    assert holds.reserve_wake_up(gateway) == gateway.held_until


def test_a_shorter_hold_after_a_release_is_waited_for(gateway: Gateway) -> None:
    holds.hold_throttled(gateway, retry_after=600)
    assert holds.reserve_wake_up(gateway) is not None
    holds.release(gateway, by=None)
    holds.hold_unreachable(gateway)
    gateway.refresh_from_db()
    assert holds.reserve_wake_up(gateway) == gateway.held_until


@pytest.mark.parametrize("kind", [TOKEN, PERSON])
def test_no_wake_up_for_a_hold_without_an_end(kind: HoldKind, gateway: Gateway) -> None:
    _hold(gateway, kind)
    assert holds.reserve_wake_up(gateway) is None


def test_a_sender_that_meets_a_timed_hold_leaves_one_wake_up_behind(gateway: Gateway) -> None:
    HUEY.flush()
    campaign = hand_over(gateway, numbers(1))
    holds.hold_throttled(gateway, retry_after=60)
    for _sender in range(3):
        tasks.send.call_local()
    gateway.refresh_from_db()
    [woken] = HUEY.pending()
    assert gateway.held_until is not None
    # Huey's times are in UTC without saying so.
    assert woken.eta == gateway.held_until.replace(tzinfo=None)
    assert Campaign.objects.get(pk=campaign.pk).pending == 1
    HUEY.flush()
