"""A backup tool locks the SQLite file while answers arrive: none is lost, whoever is killed."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

import pytest
from django.db import connection
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway, SentMessage
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import let_deadlines_pass
from tests.proof.workers import until
from tests.sending import check_books, hand_over, numbers, states

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks no file"),
]


@contextmanager
def locked() -> Iterator[None]:
    """Another program has the file to itself: it can be read, and not written."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def locked_when_called(sandbox: Sandbox) -> Iterator[None]:
    """The lock is there from the middle of a call on, so that its answer meets it."""
    until(sandbox.requests)
    with locked():
        sandbox.settings(latency=0)
        yield


def kept(folder: Path) -> list[Path]:
    return list((folder / "answers").glob("answer-*.json"))


def _hand_over(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(latency=2)
    return campaign


def _check_that_all_is_known(campaign: Campaign, sandbox: Sandbox) -> None:
    until(lambda: Campaign.objects.get(pk=campaign.pk).state == CampaignState.DONE)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert set(states(campaign).values()) == {"accepted"}
    assert SentMessage.objects.count() == 3


@pytest.mark.long
def test_an_answer_outlives_a_lock_of_forty_seconds(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    campaign = _hand_over(gateway, sandbox, settings)
    start(senders=1)
    with locked_when_called(sandbox):
        time.sleep(40)  # longer than anybody waits for a lock
    _check_that_all_is_known(campaign, sandbox)


def test_an_answer_that_is_only_in_a_file_outlives_its_worker(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    """Killed while the file was locked; the next worker records the answer as it arrived."""
    campaign = _hand_over(gateway, sandbox, settings)
    with start(senders=1) as worker, locked_when_called(sandbox):
        until(lambda: kept(tmp_path))
        worker.kill()
    assert len(sandbox.requests()) == 1
    assert not SentMessage.objects.exists()
    let_deadlines_pass()
    start(senders=1)
    _check_that_all_is_known(campaign, sandbox)
    assert not kept(tmp_path)


def test_a_worker_that_is_told_to_stop_leaves_its_answer_to_the_next(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    campaign = _hand_over(gateway, sandbox, settings)
    worker = start(senders=1)
    with locked_when_called(sandbox):
        until(lambda: kept(tmp_path))
        worker.send(SIGTERM)
        assert worker.ended() == 0
    assert "Shutdown timeout" not in worker.log
    assert not SentMessage.objects.exists()
    start(senders=1)
    _check_that_all_is_known(campaign, sandbox)
