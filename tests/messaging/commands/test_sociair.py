"""`manage.py sociair balance|status|release`: JSON for scripts and for whoever has no browser."""

import errno
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services.gateway import holds
from messaging.services.sending import upkeep
from messaging.services.storage import database, trouble
from messaging.services.storage.trouble import Cause
from sandbox.server import Sandbox
from tests.command_line import run, run_process
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_the_balance_command_reads_a_fresh_balance(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.settings(balance="19.20", ncell_rate="0.75")
    ended = run("sociair", "balance")
    assert (ended.code, ended.err) == (0, "")
    said = ended.json()
    assert datetime.fromisoformat(said.pop("read_at")) <= timezone.now()
    assert said == {
        "balance": "19.20",
        "ntc_rate": "0.80",
        "ncell_rate": "0.75",
        "smartcell_rate": "0.80",
    }
    assert BalanceReading.objects.count() == 1


def test_the_balance_command_says_that_nobody_answers(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.stop()
    ended = run("sociair", "balance")
    assert (ended.code, ended.json()) == (1, {"error": "Sociair cannot be reached."})


def test_the_balance_command_says_that_the_token_is_refused(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(token="another")
    ended = run("sociair", "balance")
    assert (ended.code, ended.json()) == (1, {"error": "Sociair refused the token."})
    assert run("sociair", "status").json()["hold"] == "token"


def test_the_status_of_an_idle_gateway_is_empty(gateway: Gateway) -> None:
    ended = run("sociair", "status")
    assert (ended.code, ended.json()) == (
        0,
        {
            "gateway": gateway.base_url,
            "held": False,
            "hold": "",
            "reason": "",
            "words": "",
            "until": None,
            "campaigns": {},
            "batches": {},
            "unconfirmed": 0,
            "campaigns_undecided": 0,
            "campaigns_in_doubt": 0,
            "unknown_calls": 0,
            "machines_waited_for": [],
            "answers_in_files": 0,
            "answers_set_aside": 0,
            "trouble": None,
            "worker_last_seen": None,
        },
    )


def test_the_status_tells_holds_and_queued_messages(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    hand_over(gateway, numbers(6))
    hand_over(gateway, numbers(2, first=2000), at=timezone.now() + timedelta(hours=1))
    sandbox.settings(script=["500", "ok", "429"], retry_after=90)
    upkeep.sweep(gateway)
    send_all(gateway)
    gateway.refresh_from_db()
    said = run("sociair", "status").json()
    assert (said["held"], said["hold"], said["words"]) == (True, "timed", "Too Many Attempts.")
    assert said["reason"] == "Sociair asked the portal to slow down. Nothing was sent."
    assert datetime.fromisoformat(said["until"]) == gateway.held_until
    assert said["campaigns"] == {"sending": 1, "scheduled": 1}
    assert said["batches"] == {"accepted": 1, "queued": 2, "unconfirmed": 1}
    assert (said["unconfirmed"], said["campaigns_undecided"]) == (2, 1)  # people, and campaigns
    assert datetime.fromisoformat(said["worker_last_seen"]) == gateway.swept_at


def test_the_status_leaves_out_a_hold_that_is_over(gateway: Gateway) -> None:
    past = timezone.now() - timedelta(seconds=1)
    holds.hold(gateway, HoldKind.TIMED, HoldReason.THROTTLED, until=past)
    said = run("sociair", "status").json()
    assert (said["held"], said["hold"], said["reason"], said["until"]) == (False, "", "", None)


def test_the_status_tells_of_a_full_disk(gateway: Gateway) -> None:
    """It could not save a hold either: it said so in a file."""
    trouble.note(Cause.FULL)
    said = run("sociair", "status").json()
    assert (said["held"], said["hold"]) == (True, "")
    assert said["reason"] == "The disk is full. Nothing can be saved."
    assert said["trouble"]["cause"] == "full"
    assert datetime.fromisoformat(said["trouble"]["since"]) <= timezone.now()
    trouble.clear()
    assert not run("sociair", "status").json()["held"]


def test_a_hold_is_named_before_what_is_wrong_with_the_database(gateway: Gateway) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.NOT_SAVED)
    trouble.note(Cause.LOCKED)
    said = run("sociair", "status").json()
    assert (said["hold"], said["trouble"]["cause"]) == ("person", "locked")
    assert said["reason"] == (
        "An answer from Sociair could not be saved. Its messages may have gone out."
    )


@pytest.mark.parametrize(
    ("number", "cause"),
    [(errno.ENOSPC, "full"), (errno.EROFS, "read_only"), (errno.EIO, "disk"), (errno.EACCES, None)],
)
def test_the_status_finds_trouble_that_nobody_could_note(
    number: int, cause: str | None, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    said = run("sociair", "status").json()
    assert said["held"] is (cause is not None)
    assert (said["trouble"] or {}).get("cause") == cause


def test_the_status_tells_of_a_read_only_database(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "probe", lambda: Cause.READ_ONLY)
    said = run("sociair", "status").json()
    assert (said["held"], said["trouble"]["since"]) == (True, None)
    assert said["reason"] == "The database is read-only. Nothing can be saved."


def test_the_status_of_an_unreadable_database_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Gateway:
        raise OperationalError

    monkeypatch.setattr(holds, "current_gateway", fails)
    ended = run("sociair", "status")
    assert (ended.code, ended.json()["held"]) == (1, True)
    with pytest.raises(OperationalError):
        run("sociair", "balance")


@pytest.mark.parametrize("kind", [HoldKind.PERSON, HoldKind.TIMED])
def test_the_release_command_releases_a_hold(kind: HoldKind, gateway: Gateway) -> None:
    until = timezone.now() + timedelta(hours=1) if kind is HoldKind.TIMED else None
    holds.hold(gateway, kind, HoldReason.MISCONFIGURED, until=until)
    ended = run("sociair", "release")
    assert (ended.code, ended.json()) == (0, {"released": True})
    gateway.refresh_from_db()
    assert not gateway.is_held
    assert Event.objects.filter(kind=EventKind.RELEASED).count() == 1
    assert run("sociair", "release").json() == {"released": False}


def test_the_release_command_tries_a_refused_token_first(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
    sandbox.settings(balance_script=["401"])
    ended = run("sociair", "release")
    assert ended.code == 1
    assert ended.json() == {"released": False, "error": "Sociair refused the token."}
    gateway.refresh_from_db()
    assert gateway.is_held

    ended = run("sociair", "release")
    assert (ended.code, ended.json()) == (0, {"released": True})
    gateway.refresh_from_db()
    assert not gateway.is_held


def test_an_unknown_sociair_command_is_refused(gateway: Gateway) -> None:
    assert run("sociair", "pause").code != 0


@pytest.mark.django_db(transaction=True)
def test_the_sociair_command_runs_as_a_process(
    gateway: Gateway, sandbox: Sandbox, tmp_path: Path
) -> None:
    read = run_process("sociair", "balance", folder=tmp_path)
    assert (read.code, read.json()["balance"]) == (0, "10000.00")
    sandbox.stop()
    failed = run_process("sociair", "balance", folder=tmp_path)
    assert (failed.code, failed.json()) == (1, {"error": "Sociair cannot be reached."})
