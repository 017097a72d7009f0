"""A database that is lost, read-only or out of reach: what is said, and what ends."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from messaging import tasks
from messaging.models import Gateway
from messaging.services.sending import dispatch, persistence, slots
from messaging.services.storage import database, trouble
from messaging.services.storage.trouble import Cause
from sandbox.server import Sandbox
from sociair_portal.common import shutdown
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a server has no file")


@pytest.fixture(autouse=True)
def goes_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that ends is this test's own."""
    monkeypatch.setattr(shutdown, "_reasons", [])
    yield
    shutdown.stopping.clear()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "portal.sqlite3"
    path.touch()
    monkeypatch.setattr(database, "_file", lambda: path)
    return path


def _is_told_to_end() -> bool:
    return shutdown.stopping.is_set() and bool(shutdown.reason_to_stop())


def test_a_changed_database_file_can_still_be_used(file: Path) -> None:
    assert database.can_be_used()
    file.write_text("changed")
    assert database.can_be_used()
    assert not _is_told_to_end()


def test_a_database_file_may_come_after_the_start(file: Path) -> None:
    file.unlink()
    assert database.can_be_used()
    file.touch()
    assert database.can_be_used()
    assert not _is_told_to_end()


@on_sqlite
@pytest.mark.parametrize("is_gone", [True, False])
def test_nothing_is_sent_from_another_file(
    is_gone: bool, file: Path, gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, numbers(1))
    assert database.can_be_used()
    file.rename(file.with_name("away"))
    if not is_gone:
        file.touch()
    assert dispatch.send_next(gateway) is dispatch.Round.HELD
    tasks.send.call_local()
    tasks.sweep_now()
    assert not sandbox.requests()
    assert _is_told_to_end()
    assert shutdown.reason_to_stop() == (
        f"The database file {file} was replaced while the worker had it open. Nothing has "
        "been sent from it since. Stop everything, read docs/scaling.md, then start again."
    )
    found = trouble.current()
    assert found is not None
    assert found.cause is Cause.REPLACED


@on_sqlite
def test_a_file_that_takes_no_changes_ends_the_worker(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(gateway, numbers(1))

    def fails(_gateway: Gateway) -> float | None:
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(slots, "look", fails)
    tasks.send.call_local()
    assert _is_told_to_end()
    assert "is read-only. Nothing has been sent" in shutdown.reason_to_stop()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_server_that_takes_no_changes_is_waited_for(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A failover may end."""
    hand_over(gateway, numbers(1))
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        assert database.probe() is Cause.READ_ONLY
        tasks.send.call_local()
        tasks.sweep_now()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
    assert not sandbox.requests()
    assert not _is_told_to_end()
    assert "The database is read-only: nothing is sent until it takes changes again." in caplog.text
    found = trouble.current()
    assert found is not None
    assert found.cause is Cause.READ_ONLY
    tasks.sweep_now()
    assert trouble.current() is None
    assert send_all(gateway)[0] is dispatch.Round.CALLED


@on_sqlite
@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("database is locked", Cause.LOCKED),
        ("database table is locked", Cause.LOCKED),
        ("database or disk is full", Cause.FULL),
        ("attempt to write a readonly database", Cause.READ_ONLY),
        ("disk I/O error", Cause.DISK),
        ("unable to open database file", Cause.DISK),
        ("no such table: messaging_batch", Cause.OTHER),
    ],
)
def test_errors_of_sqlite_tell_their_cause(words: str, cause: Cause) -> None:
    assert database.cause_of(OperationalError(words)) is cause


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("25006", Cause.READ_ONLY),
        ("53100", Cause.FULL),
        ("57P01", Cause.UNREACHABLE),
        ("08006", Cause.UNREACHABLE),
        (None, Cause.UNREACHABLE),
        ("23505", Cause.OTHER),
    ],
)
def test_errors_of_postgresql_tell_their_cause(state: str | None, cause: Cause) -> None:
    error = OperationalError()
    error.__cause__ = _StateError()
    error.__cause__.sqlstate = state
    assert database.cause_of(error) is cause


class _StateError(Exception):
    sqlstate: str | None


def test_every_cause_has_its_sentence() -> None:
    assert all(str(cause.label) for cause in Cause)


def test_database_trouble_keeps_since_when_it_lasts(state_dir: Path) -> None:
    trouble.note(Cause.LOCKED)
    first = trouble.current()
    trouble.note(Cause.LOCKED)
    assert trouble.current() == first
    trouble.note(Cause.FULL)
    assert trouble.current() != first
    assert [path.name for path in state_dir.iterdir()] == ["trouble"]


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"cause": "love", "since": "now"})])
def test_a_torn_file_of_trouble_says_nothing(content: str, state_dir: Path) -> None:
    (state_dir / "trouble").write_text(content)
    assert trouble.current() is None
    trouble.note(Cause.FULL)
    assert trouble.current() is not None


def test_without_a_folder_no_trouble_is_noted(settings: Settings) -> None:
    settings.STATE_DIR = Path("/dev/null/nowhere")
    trouble.note(Cause.FULL)
    trouble.clear()
    assert trouble.current() is None


@on_sqlite
def test_a_short_wait_for_locks_ends_with_its_block(gateway: Gateway) -> None:
    def patience() -> int:
        with connection.cursor() as cursor:
            waits: int = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        return waits

    assert patience() == 30_000
    with database.short_wait():
        assert patience() == 5_000
    assert patience() == 30_000


def test_a_worker_that_is_well_may_send(gateway: Gateway) -> None:
    assert persistence.may_send()
    assert database.probe() is None
