"""An answer that could not be saved: kept in a file, and recorded as it arrived."""

import dataclasses
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError
from django.utils import timezone
from pytest_django import Settings

from contacts.phone import Operator
from messaging.answers.outcomes import Answer, Outcome
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    Event,
    EventKind,
    Gateway,
    HoldReason,
    SentMessage,
)
from messaging.services import sociair
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, kept_answers, persistence, record, upkeep
from messaging.services.storage import database, trouble
from messaging.services.storage.trouble import Cause
from sandbox.server import Sandbox
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all, states

pytestmark = pytest.mark.django_db

LOCKED = OperationalError("database is locked")
FULL = OperationalError("database or disk is full")


@pytest.fixture(autouse=True)
def the_transaction_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "reconnect", lambda: None)
    monkeypatch.setattr(persistence, "_PAUSE", 0.01)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """Sets what the database says to every answer; None when it is well again."""

    def breaks(error: Exception | None) -> None:
        def failing(sent: sociair.Sent) -> None:
            raise error or AssertionError

        monkeypatch.setattr(persistence, "record", failing if error else record.record)

    return breaks


def _told_to_stop(_seconds: float) -> bool:
    return True


def _send_and_leave(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One call whose answer is left in a file, as if the worker had been killed after it."""
    monkeypatch.setattr(persistence, "_SAVE_FOR", 0)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    persistence._left.clear()  # another process
    (file,) = kept_answers.waiting()
    return file


@pytest.fixture
def left(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The answer for two people, in a file alone; the database is well again."""
    hand_over(gateway, numbers(2))
    broken(LOCKED)
    file = _send_and_leave(gateway, monkeypatch)
    broken(None)
    return file


def _give_up(gateway: Gateway) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(state=BatchState.SENDING).update(deadline=past)
    assert record.give_up_lost(gateway) == 1


# -- In the file -----------------------------------------------------------------------------


def test_a_kept_answer_is_readable_by_its_owner_alone(left: Path) -> None:
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert stat.S_IMODE(left.parent.stat().st_mode) == 0o700
    assert [path.name for path in left.parent.iterdir()] == [left.name]


def test_a_kept_answer_holds_no_token(
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SOCIAIR_TOKEN = "12|secret0123456789"
    sandbox.settings(token=settings.SOCIAIR_TOKEN)
    hand_over(gateway, numbers(1))
    broken(LOCKED)
    assert settings.SOCIAIR_TOKEN not in _send_and_leave(gateway, monkeypatch).read_text()


def test_all_of_a_kept_answer_comes_back(gateway: Gateway) -> None:
    hand_over(gateway, numbers(1))
    batch = Batch.objects.get()
    batch.claimed_at = timezone.now()
    answer = Answer(
        outcome=Outcome.MISCOUNTED,
        status=200,
        error="OSError",
        words="नमस्ते",
        raw='{"ntc": 1} \x00 \ud800',
        counts={Operator.NTC: 1, Operator.NCELL: 0},
        invalid=frozenset({"9841234567"}),
        retry_after=1.5,
    )
    plain = Answer(outcome=Outcome.MISCOUNTED)
    for each in dataclasses.fields(Answer):
        if each.name != "outcome":
            assert getattr(answer, each.name) != getattr(plain, each.name)
    sent = sociair.Sent(batch, ["9841234567"], answer, timezone.now(), timezone.now())
    file = kept_answers.keep(sent)
    found = file.read()
    assert found.answer == answer
    assert (found.started_at, found.ended_at) == (sent.started_at, sent.ended_at)
    assert (found.batch, found.claimed_at, found.numbers) == (
        batch.pk,
        batch.claimed_at,
        sent.numbers,
    )


# -- While it is saved -----------------------------------------------------------------------


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

    def failing_twice(sent: sociair.Sent) -> None:
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

    def failing_once(sent: sociair.Sent) -> None:
        if not rounds:
            monkeypatch.setattr(persistence, "record", failing_again)
            raise FULL
        record.record(sent)

    def failing_again(sent: sociair.Sent) -> None:
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

    def failing_often(sent: sociair.Sent) -> None:
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
    persistence.save_surely(sociair.send(claim.batch), gateway, _told_to_stop)
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
    _give_up(gateway)


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
    assert _send_and_leave(gateway, monkeypatch).exists()


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


# -- Afterwards ------------------------------------------------------------------------------


def test_the_sweep_records_a_kept_answer_as_it_arrived(
    left: Path, gateway: Gateway, sandbox: Sandbox
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.update(deadline=past)  # it is recorded before anything is given up
    upkeep.sweep(gateway)
    assert not left.exists()
    campaign = Campaign.objects.get()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (2, 0)
    row = SentMessage.objects.get()
    assert (row.outcome, row.status, sorted(row.numbers)) == (
        Outcome.ACCEPTED,
        200,
        sorted(numbers(2)),
    )
    assert row.cost == campaign.cost == Decimal("1.60")
    assert row.started_at < row.ended_at
    assert trouble.current() is None


def test_the_sweep_queues_again_what_a_file_says_was_not_sent(
    gateway: Gateway,
    sandbox: Sandbox,
    broken: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given up first, it would be unconfirmed: a late answer never queues."""
    campaign = hand_over(gateway, numbers(2))
    sandbox.settings(script=["429"])
    broken(LOCKED)
    _send_and_leave(gateway, monkeypatch)
    broken(None)
    Batch.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    upkeep.sweep(gateway)
    assert set(states(campaign).values()) == {"queued"}
    assert SentMessage.objects.get().outcome == Outcome.THROTTLED


def test_a_kept_answer_counts_for_a_batch_given_up(
    left: Path, gateway: Gateway, sandbox: Sandbox
) -> None:
    _give_up(gateway)
    persistence.catch_up(gateway)
    campaign = Campaign.objects.get()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_a_kept_answer_is_recorded_once(left: Path, gateway: Gateway) -> None:
    again = left.read_bytes()
    persistence.catch_up(gateway)
    left.write_bytes(again)  # deleted by nobody: the power failed after the commit
    persistence.catch_up(gateway)
    assert not left.exists()
    assert SentMessage.objects.count() == 1
    assert Campaign.objects.get().accepted == 2


def test_a_kept_answer_in_use_is_not_taken(left: Path, gateway: Gateway) -> None:
    (held,) = kept_answers.take()
    persistence.catch_up(gateway)
    assert left.exists()
    assert not SentMessage.objects.exists()
    held.leave()
    persistence.catch_up(gateway)
    assert not left.exists()


def test_a_kept_answer_not_renamed_yet_is_found(left: Path, gateway: Gateway) -> None:
    """Killed before the last step: it is whole all the same."""
    early = left.rename(left.with_suffix(".tmp"))
    persistence.catch_up(gateway)
    assert early.exists()  # it may be being written
    os.utime(early, (0, 0))
    persistence.catch_up(gateway)
    assert not early.exists()
    assert Campaign.objects.get().accepted == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"batch": 1}', b"\xff"])
def test_a_torn_file_is_set_aside(
    content: bytes, left: Path, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    left.write_bytes(content)
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.with_suffix(".torn").read_bytes() == content
    assert caplog.text.count("was set aside: it is torn") == 1
    assert kept_answers.set_aside() == 1
    assert not SentMessage.objects.exists()


def test_a_torn_file_does_not_keep_the_others(left: Path, gateway: Gateway) -> None:
    left.with_name(left.name.replace("-2", "-1", 1)).write_bytes(b"")
    persistence.catch_up(gateway)
    assert not left.exists()
    assert Campaign.objects.get().accepted == 2


@pytest.mark.parametrize("changes", [{"pk": 10**6}, {"claimed_at": None}, {"tries": 2}])
def test_a_claim_that_a_restored_database_does_not_know_is_set_aside(
    changes: dict[str, Any],
    left: Path,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its batch's number may be another batch's by now."""
    if "pk" in changes:
        left.write_text(left.read_text().replace('"batch": ', '"batch": 1000000'))
    else:
        Batch.objects.update(**changes)
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.with_suffix(".unknown").exists()
    assert caplog.text.count("was set aside: it is unknown") == 1
    assert not SentMessage.objects.exists()
    assert set(states(Campaign.objects.get()).values()) == {"sending"}


def test_a_kept_answer_of_another_portal_is_left_alone(
    left: Path, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Two portals may share a folder."""
    left.write_text(left.read_text().replace(gateway.base_url, "https://elsewhere.example/api"))
    for _sweep in range(2):
        persistence.catch_up(gateway)
    assert left.exists()
    assert caplog.text.count("it is another gateway's") == 1


def test_a_kept_answer_of_a_former_gateway_is_recorded(left: Path, settings: Settings) -> None:
    settings.SOCIAIR_BASE_URL = "https://elsewhere.example/api"
    persistence.catch_up(holds.current_gateway())
    assert not left.exists()
    assert Campaign.objects.get().accepted == 2


def test_a_kept_answer_that_the_database_refuses_waits(
    left: Path, gateway: Gateway, broken: Callable[[Exception | None], None]
) -> None:
    broken(DatabaseError("no"))
    persistence.catch_up(gateway)
    assert left.exists()
    broken(None)
    persistence.catch_up(gateway)
    assert not left.exists()
    assert SentMessage.objects.count() == 1


def test_a_missing_folder_of_kept_answers_is_no_trouble(
    gateway: Gateway, settings: Settings
) -> None:
    settings.STATE_DIR = Path("/nowhere")
    persistence.catch_up(gateway)
    settings.STATE_DIR = Path(os.devnull)
    persistence.catch_up(gateway)
