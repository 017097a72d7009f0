"""Pause, resume and cancel: at any moment, exact to the calls in flight, and who it was."""

import time
from collections.abc import Callable
from functools import partial
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    SentMessage,
)
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.sending import dispatch, record, upkeep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, release, send_all, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory.create()


@pytest.fixture(autouse=True)
def two_a_batch(settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2


def _history(campaign: Campaign) -> list[tuple[str, User | None]]:
    return [(event.kind, event.by) for event in Event.objects.filter(campaign=campaign)]


def _billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


def _in_flight(campaign: Campaign) -> sociair.Sent:
    """A call that has its answer, which is not recorded yet."""
    claim = claim_batch(campaign.pk)
    assert claim is not None
    return sociair.send(claim.batch, claim.numbers)


@pytest.mark.django_db(transaction=True)
def test_pause_lets_the_calls_in_flight_end_and_nothing_else(
    gateway: Gateway, sandbox: Sandbox, someone: User
) -> None:
    campaign = hand_over(gateway, numbers(12))
    sandbox.settings(script=["slow"] * 3, slow=0.5)
    senders = [Thread(target=_send_all, args=(gateway,)) for _sender in range(3)]
    for sender in senders:
        sender.start()
    while len(sandbox.requests()) < 3:
        time.sleep(0.01)
    assert control.pause(campaign, by=someone, why="A mistake in the text.")
    for sender in senders:
        sender.join()

    assert len(sandbox.requests()) == 3
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted, campaign.pending) == (CampaignState.PAUSED, 6, 6)
    assert campaign.pause_reason == "A mistake in the text."
    assert not Batch.objects.filter(state=BatchState.SENDING).exists()
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING

    assert control.resume(campaign, by=someone)
    assert (campaign.state, campaign.pause_reason) == (CampaignState.SENDING, "")
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 12)
    assert _history(campaign) == [
        (EventKind.SENT, None),
        (EventKind.STARTED, None),
        (EventKind.PAUSED, someone),
        (EventKind.RESUMED, someone),
        (EventKind.DONE, None),
    ]
    assert Event.objects.get(kind=EventKind.PAUSED).words == "A mistake in the text."


def _send_all(gateway: Gateway) -> None:
    send_all(gateway)
    connection.close()


def test_pausing_a_campaign_twice_changes_nothing(gateway: Gateway, someone: User) -> None:
    campaign = hand_over(gateway, numbers(2))
    assert control.pause(campaign, by=someone, why="first")
    assert not control.pause(campaign, by=None, why="second")
    assert campaign.pause_reason == "first"
    assert Event.objects.filter(kind=EventKind.PAUSED).count() == 1


def test_a_campaign_that_is_done_cannot_be_paused_or_cancelled(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    history = _history(campaign)
    assert not control.pause(campaign, by=None)
    assert not control.resume(campaign, by=None)
    assert not control.cancel(campaign, by=None)
    assert campaign.state == CampaignState.DONE
    assert _history(campaign) == history


def test_a_call_that_ends_a_paused_campaign_ends_it(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(2))
    sent = _in_flight(campaign)
    assert control.pause(campaign, by=None)
    record.record(sent)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 2)


@pytest.mark.django_db(transaction=True)
def test_several_people_resume_a_campaign_once(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    control.pause(campaign, by=None)
    people = UserFactory.create_batch(4)
    resumed = at_once([partial(_resume, campaign.pk, person) for person in people])
    assert sorted(resumed) == [False, False, False, True]
    event = Event.objects.get(kind=EventKind.RESUMED)
    assert event.by == people[resumed.index(True)]


def _resume(campaign_id: int, by: User) -> bool:
    return control.resume(Campaign.objects.get(pk=campaign_id), by=by)


def test_a_refusal_in_words_pauses_and_resuming_goes_on(
    gateway: Gateway, sandbox: Sandbox, someone: User
) -> None:
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(script=["ok", "scam"])
    assert send_all(gateway)[-1] is dispatch.Round.NOTHING
    check_books(campaign, _billed(sandbox))
    assert campaign.state == CampaignState.PAUSED
    assert (campaign.accepted, campaign.refused, campaign.pending) == (2, 2, 2)
    assert "matches a known scam pattern" in campaign.pause_reason
    assert Event.objects.get(kind=EventKind.PAUSED).words == campaign.pause_reason
    gateway.refresh_from_db()
    assert not gateway.is_held  # other campaigns go on

    assert control.resume(campaign, by=someone)
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted, campaign.refused) == (CampaignState.DONE, 4, 2)


def test_a_pause_after_a_refusal_without_words_says_so(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=["402-empty"])
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "gave no reason (HTTP 402)." in campaign.pause_reason


def test_a_refusal_does_not_pause_what_was_cancelled(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=["scam"])
    sent = _in_flight(campaign)
    control.cancel(campaign, by=None)
    record.record(sent)
    check_books(campaign, [])
    assert (campaign.state, campaign.refused, campaign.cancelled) == ("cancelled", 2, 2)


def test_cancelling_before_the_first_call_sends_nothing(
    gateway: Gateway, sandbox: Sandbox, someone: User
) -> None:
    campaign = hand_over(gateway, numbers(5))
    assert control.cancel(campaign, by=someone)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    check_books(campaign, [])
    assert not sandbox.requests()
    assert (campaign.state, campaign.cancelled) == (CampaignState.CANCELLED, 5)
    assert set(Batch.objects.values_list("state", "tries")) == {("cancelled", 0)}
    assert _history(campaign)[-1] == (EventKind.CANCELLED, someone)
    assert not control.cancel(campaign, by=None)
    assert not control.resume(campaign, by=None)


def test_cancelling_lets_the_call_in_flight_count(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(6))
    sent = _in_flight(campaign)
    assert control.cancel(campaign, by=None)
    assert (campaign.pending, campaign.cancelled) == (2, 4)
    record.record(sent)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.accepted, campaign.cancelled) == ("cancelled", 2, 4)
    assert SentMessage.objects.get().outcome == "accepted"


@pytest.mark.parametrize("fault", ["429", "401", "413", "403", "refused connection"])
def test_what_would_be_tried_again_is_cancelled_with_its_campaign(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(4))
    if fault == "refused connection":
        sandbox.stop()
    else:
        sandbox.settings(script=[fault])
    sent = _in_flight(campaign)
    control.cancel(campaign, by=None)
    record.record(sent)
    check_books(campaign, [])
    assert (campaign.state, campaign.cancelled, campaign.pending) == ("cancelled", 4, 0)
    assert set(Batch.objects.values_list("state", flat=True)) == {"cancelled"}
    if fault == "refused connection":
        sandbox.start()
    release(gateway)
    assert send_all(gateway) == [dispatch.Round.NOTHING]
    assert not sandbox.ledger()


@pytest.mark.parametrize("fault", ["500", "close"])
def test_an_unclear_call_stays_unconfirmed_when_its_campaign_is_cancelled(
    fault: str, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=[fault])
    sent = _in_flight(campaign)
    control.cancel(campaign, by=None)
    record.record(sent)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.unconfirmed, campaign.cancelled) == ("cancelled", 2, 2)


@pytest.mark.parametrize(
    "before",
    [
        CampaignState.PREPARING,
        CampaignState.SCHEDULED,
        CampaignState.PAUSED,
        CampaignState.OVERDUE,
    ],
)
def test_a_campaign_is_cancelled_in_any_state(before: CampaignState, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(3))
    Campaign.objects.update(state=before)
    assert control.cancel(campaign, by=None)
    check_books(campaign, [])
    assert (campaign.state, campaign.cancelled) == (CampaignState.CANCELLED, 3)


def test_a_large_campaign_is_closed_piece_by_piece_by_the_sweep(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = hand_over(gateway, numbers(10))
    settings.INLINE_RECIPIENTS = 5
    monkeypatch.setattr(control, "_CLOSED_AT_ONCE", 4)
    closed = _counting(control._close_some, monkeypatch)
    assert control.cancel(campaign, by=None)
    assert closed == []  # whoever clicked does not wait for it
    assert campaign.pending == 10
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    assert claim_batch(campaign.pk) is None

    upkeep.sweep(gateway)
    assert closed == [2, 2, 1, 0]
    check_books(campaign, [])
    assert (campaign.state, campaign.cancelled) == (CampaignState.CANCELLED, 10)
    upkeep.sweep(gateway)
    assert len(closed) == 4


def _counting(close_some: Callable[[Campaign], int], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    closed: list[int] = []

    def counted(campaign: Campaign) -> int:
        closed.append(close_some(campaign))
        return closed[-1]

    monkeypatch.setattr(control, "_close_some", counted)
    return closed


@pytest.mark.django_db(transaction=True)
def test_cancelling_while_senders_run_keeps_the_books(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(40))
    sandbox.settings(latency=0.02)
    senders = [Thread(target=_send_all, args=(gateway,)) for _sender in range(4)]
    for sender in senders:
        sender.start()
    while len(sandbox.requests()) < 6:
        time.sleep(0.005)
    assert control.cancel(campaign, by=None)
    for sender in senders:
        sender.join()
    check_books(campaign, _billed(sandbox))
    assert campaign.state == CampaignState.CANCELLED
    assert campaign.pending == 0
    assert set(states(campaign).values()) == {"accepted", "cancelled"}


@pytest.mark.django_db(transaction=True)
def test_a_campaign_resumed_and_cancelled_at_once_is_cancelled(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(6))
    control.pause(campaign, by=None)
    at_once([partial(_resume, campaign.pk, UserFactory.create()), partial(_cancel, campaign.pk)])
    send_all(gateway)
    check_books(campaign, _billed(sandbox))
    assert (campaign.state, campaign.cancelled) == (CampaignState.CANCELLED, 6)


def _cancel(campaign_id: int) -> bool:
    return control.cancel(Campaign.objects.get(pk=campaign_id), by=None)
