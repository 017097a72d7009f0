"""Holds that end by themselves when Sociair answers again, and those that wait for a person."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.models import (
    BatchState,
    Campaign,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    Recipient,
    RecipientState,
    Verdict,
)
from messaging.services.decisions import settlement
from messaging.services.gateway import holds, relief
from messaging.services.money import balance
from messaging.services.sending import dispatch, upkeep
from messaging.services.storage import database
from sandbox.server import Sandbox
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def _released() -> QuerySet[Event, str]:
    return Event.objects.filter(kind=EventKind.RELEASED, by=None).values_list("words", flat=True)


def _is_held(gateway: Gateway) -> bool:
    gateway.refresh_from_db()
    return gateway.is_held


def _held_by_unclear_answers(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    """Two of four people are unconfirmed, in a batch each."""
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=["503", "503"])
    send_all(gateway)
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (HoldKind.PERSON, HoldReason.UNCONFIRMED)
    return campaign


def _undecided(campaign: Campaign) -> list[int]:
    batches = campaign.batches.filter(state=BatchState.UNCONFIRMED).order_by("pk")
    return list(batches.values_list("pk", flat=True))


def test_a_reading_ends_the_wait_for_a_sociair_that_could_not_be_reached(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.stop()
    dispatch.send_next(gateway)
    assert _is_held(gateway)
    sandbox.start()
    balance.read_balance(gateway)
    assert not _is_held(gateway)
    assert list(_released()) == ["Sociair is answering again."]
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_the_sweep_asks_whether_sociair_can_be_reached_again(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    balance.read_balance(gateway)
    Gateway.objects.update(failures=8)
    holds.hold_unreachable(gateway)
    upkeep.sweep(holds.current_gateway())
    assert not _is_held(gateway)


def test_a_wait_that_is_over_is_not_ended_again(gateway: Gateway) -> None:
    past = timezone.now() - timedelta(seconds=1)
    holds.hold(gateway, HoldKind.TIMED, HoldReason.UNREACHABLE, until=past)
    balance.read_balance(gateway)
    assert not _released()


def test_a_reading_that_was_asked_for_before_says_nothing_of_a_hold(gateway: Gateway) -> None:
    reading = balance.read_balance(gateway)
    holds.hold_unreachable(gateway)
    relief.after_reading(gateway, reading)
    assert _is_held(gateway)


def test_a_hold_that_came_meanwhile_stays(gateway: Gateway) -> None:
    holds.hold_unreachable(gateway)
    gateway.refresh_from_db()
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    assert not holds.release_by_itself(gateway, words="")
    assert _is_held(gateway)
    assert not _released()


def test_a_record_that_can_be_kept_again_ends_the_wait(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = timezone.now() + timedelta(minutes=5)
    holds.hold(gateway, HoldKind.TIMED, HoldReason.NO_RECORD, until=until)
    with monkeypatch.context() as patch:
        patch.setattr(database, "can_keep_files", lambda: False)
        upkeep.sweep(gateway)
        assert _is_held(gateway)
    upkeep.sweep(gateway)
    assert not _is_held(gateway)
    assert list(_released()) == ["This machine can keep its record again."]


def test_unclear_answers_wait_for_a_person(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """The server is back, and nobody knows what it did with them."""
    campaign = _held_by_unclear_answers(gateway, sandbox, settings)
    tasks.sweep_now()
    balance.read_balance(gateway)
    assert _is_held(gateway)
    settlement.settle(
        campaign, _undecided(campaign)[:1], Verdict.NOT_SENT, by=None, why="They said so."
    )
    balance.read_balance(gateway)
    assert _is_held(gateway)


def test_when_all_of_them_were_decided_the_next_reading_ends_the_hold(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    campaign = _held_by_unclear_answers(gateway, sandbox, settings)
    settlement.settle(
        campaign, _undecided(campaign), Verdict.NOT_SENT, by=None, why="They said so."
    )
    assert _is_held(gateway)  # Sociair may still fail
    balance.read_balance(gateway)
    assert not _is_held(gateway)
    assert list(_released()) == [
        "Everything that was not known has been decided, and Sociair is answering again."
    ]
    send_all(gateway)
    left = Recipient.objects.filter(campaign=campaign).exclude(state=RecipientState.NOT_SENT)
    assert set(left.values_list("state", flat=True)) == {"accepted"}


def test_an_older_doubt_does_not_keep_a_hold(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    sandbox.settings(script=["500"])
    old = hand_over(gateway, numbers(40, first=5000))
    send_all(gateway)
    campaign = _held_by_unclear_answers(gateway, sandbox, settings)
    settlement.settle(
        campaign, _undecided(campaign), Verdict.ACCEPTED, by=None, why="They said so."
    )
    balance.read_balance(gateway)
    assert not _is_held(gateway)
    old.refresh_from_db()
    assert old.unconfirmed == 1
