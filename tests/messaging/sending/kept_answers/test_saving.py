"""While an answer cannot be saved: it is kept, and nothing more is sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from messaging.models import Campaign, Event, EventKind, Gateway, HoldReason, SentMessage
from messaging.services import sociair
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, kept_answers, persistence, record
from messaging.services.storage import database, trouble
from messaging.services.storage.trouble import Cause
from sandbox.server import Sandbox
from tests.messaging.sending.kept_answers.support import FULL, LOCKED, give_up, send_and_leave
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all, states

pytestmark = pytest.mark.django_db


def _told_to_stop(_seconds: float) -> bool:
    return True


@pytest.mark.parametrize("cause", [Cause.LOCKED, Cause.FULL, Cause.UNREACHABLE])
def test_an_answer_is_kept_in_a_file_until_saved(
    cause: Cause,
    gateway: Gateway,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = hand_over(gateway, numbers(2))
    monkeypatch.setattr(database, "cause_of", lambda _error: cause)
    seen: list[Any] = []

    def failing_twice(sent: sociair.Sent, _then: object = None) -> None:
        said = trouble.current()
        seen.append(
            (len(kept_answers.waiting()), said.cause if said else None, list(kept_answers.take()))
        )
        if len(seen) < 3:
            raise OperationalError
        record.record(sent)

    monkeypatch.setattr(persistence, "record", failing_twice)
    send_all(gateway)
    assert seen == [(0, None, []), (1, cause, []), (1, cause, [])]  # nobody else may take it
    assert not kept_answers.waiting()
    assert trouble.current() is None
    assert persistence.may_send()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2
    gateway.refresh_from_db()
    assert not gateway.is_held


def test_nothing_is_sent_while_an_answer_cannot_be_saved(
    gateway: Gateway, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    hand_over(gateway, numbers(2))
    monkeypatch.setattr(persistence, "_HOLD_AFTER", 0)
    rounds: list[dispatch.Round] = []

    def failing_once(sent: sociair.Sent, _then: object = None) -> None:
        if not rounds:
            monkeypatch.setattr(persistence, "record", failing_again)
            raise FULL
        record.record(sent)

    def failing_again(sent: sociair.Sent, _then: object = None) -> None:
        rounds.append(dispatch.send_next(gateway))
        monkeypatch.setattr(persistence, "record", record.record)
        raise FULL

    def not_held(*_args: object, **_options: object) -> bool:
        raise FULL

    monkeypatch.setattr(persistence, "record", failing_once)
    monkeypatch.setattr(holds, "hold", not_held)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert rounds == [dispatch.Round.HELD]
    assert len(sandbox.requests()) == 1
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED  # it is saved by now


@pytest.mark.parametrize(("cause", "is_held"), [(Cause.FULL, True), (Cause.LOCKED, False)])
def test_a_person_is_asked_when_it_is_late_but_not_about_a_lock(
    cause: Cause,
    is_held: bool,
    gateway: Gateway,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_over(gateway, numbers(1))
    monkeypatch.setattr(persistence, "_HOLD_AFTER", 0)
    monkeypatch.setattr(database, "cause_of", lambda _error: cause)
    tries = []

    def failing_often(sent: sociair.Sent, _then: object = None) -> None:
        tries.append(sent)
        if len(tries) < 5:
            raise OperationalError
        record.record(sent)

    monkeypatch.setattr(persistence, "record", failing_often)
    dispatch.send_next(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_reason == (HoldReason.NOT_SAVED if is_held else "")
    assert Event.objects.filter(kind=EventKind.HELD).count() == is_held
    assert SentMessage.objects.count() == 1


def test_a_stopped_worker_leaves_its_answer_to_the_next(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = hand_over(gateway, numbers(2))
    claim = claim_batch(campaign.pk)
    assert claim is not None
    broken(LOCKED)
    monkeypatch.setattr(persistence, "_STOP_WITHIN", 0)
    persistence.save_surely(sociair.send(claim.batch, claim.numbers), gateway, _told_to_stop)
    assert len(kept_answers.waiting()) == 1
    broken(None)
    persistence.catch_up(gateway)
    assert set(states(campaign).values()) == {"accepted"}


def test_no_room_for_a_kept_answer_asks_a_person(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk is full for both: when time is over it is lost, and a person is asked."""
    hand_over(gateway, numbers(2))
    monkeypatch.setattr(persistence, "_SAVE_FOR", 0)
    monkeypatch.setattr(kept_answers, "keep", _no_room)
    broken(FULL)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    assert not persistence.may_send()
    persistence.catch_up(gateway)
    gateway.refresh_from_db()
    assert gateway.hold_reason == HoldReason.NOT_SAVED
    assert persistence.may_send()
    assert trouble.current() is None
    give_up(gateway)


def _no_room(_sent: sociair.Sent) -> kept_answers.Kept:
    raise OSError(28, "No space left on device")


def test_an_answer_for_an_unknown_campaign_is_kept(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Restored under a worker that waited for an answer."""
    hand_over(gateway, numbers(1))
    broken(Campaign.DoesNotExist())
    assert send_and_leave(gateway, monkeypatch).exists()


def test_what_is_recorded_and_cannot_be_deleted_is_recorded_once(
    left: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_args: object, **_options: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", denied)
        persistence.catch_up(gateway)
    assert left.exists()
    persistence.catch_up(gateway)
    assert not left.exists()
    assert SentMessage.objects.count() == 1


def test_a_worker_that_lost_its_database_waits_until_its_answer_is_in_a_file(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(gateway, numbers(1))
    keep, tries = kept_answers.keep, []

    def no_room_at_first(sent: sociair.Sent) -> kept_answers.Kept:
        tries.append(sent)
        return keep(sent) if len(tries) == 3 else _no_room(sent)

    monkeypatch.setattr(kept_answers, "keep", no_room_at_first)
    monkeypatch.setattr(database, "is_ours", lambda: not sandbox.requests())
    monkeypatch.setattr(database, "ends_it", lambda _cause: True)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert len(kept_answers.waiting()) == 1
    assert not SentMessage.objects.exists()


def test_sending_goes_on_once_the_kept_answer_is_recorded(
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(2))
    monkeypatch.setattr(persistence, "_SAVE_FOR", 0)
    broken(LOCKED)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert dispatch.send_next(gateway) is dispatch.Round.HELD
    with pytest.raises(OperationalError):
        persistence.catch_up(gateway)
    assert dispatch.send_next(gateway) is dispatch.Round.HELD
    assert trouble.current() is not None
    broken(None)
    persistence.catch_up(gateway)
    assert trouble.current() is None
    send_all(gateway)
    assert set(states(campaign).values()) == {"accepted"}
