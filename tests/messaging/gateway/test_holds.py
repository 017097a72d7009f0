"""Holds: which outranks which, and what ends them."""

import pytest
from pytest_django import Settings

from messaging.models import Event, EventKind, Gateway, HoldKind, HoldReason
from messaging.services import sociair
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.sending import dispatch, upkeep
from sandbox.server import Sandbox
from tests.factories import UserFactory
from tests.messaging.gateway.holds_support import PERSON, TIMED, TOKEN, hold, wait_until_over
from tests.sending import check_books, hand_over, numbers, send_all, take_slot

pytestmark = pytest.mark.django_db


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
    assert hold(gateway, first)
    before = Gateway.objects.values().get()
    assert hold(gateway, second) is (left != first)
    gateway.refresh_from_db()
    assert gateway.hold_kind == left
    if left == first:
        assert Gateway.objects.values().get() == before
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING


def test_an_expired_timed_hold_is_none(gateway: Gateway) -> None:
    hold(gateway, TIMED)
    assert take_slot(gateway) is None
    wait_until_over()
    gateway.refresh_from_db()
    assert not gateway.is_held
    assert take_slot(gateway) == 0.0
    assert holds.reserve_wake_up(gateway) is None


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
    hold(gateway, TOKEN)
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
    hold(gateway, PERSON)
    balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == PERSON


def test_a_reading_that_is_refused_holds(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["401"])
    with pytest.raises(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_kind == TOKEN


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
    wait_until_over()
    dispatch.send_next(gateway)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.UNCONFIRMED)


@pytest.mark.parametrize("kind", [TIMED, PERSON])
def test_releasing_says_who_and_forgets_what_was_counted(kind: HoldKind, gateway: Gateway) -> None:
    Gateway.objects.update(failures=4, unconfirmed=2)
    hold(gateway, kind)
    someone = UserFactory.create()
    assert holds.release(gateway, by=someone)
    assert not holds.release(gateway, by=None)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason, gateway.hold_words) == ("", "", "")
    assert (gateway.held_at, gateway.held_until) == (None, None)
    assert (gateway.failures, gateway.unconfirmed) == (0, 0)
    events = list(Event.objects.filter(gateway=gateway).values_list("kind", "by"))
    assert events == [(EventKind.HELD, None), (EventKind.RELEASED, someone.pk)]
