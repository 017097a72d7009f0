"""The SQLite file vanishes, is replaced or becomes read-only under a worker: the worker ends."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from django.db import connection
from pytest_django import Settings

from messaging import tasks
from messaging.models import Gateway
from sandbox.server import Sandbox
from sociair_portal.common.shutdown import NEEDS_PERSON
from tests.proof.conftest import Start
from tests.proof.test_locked import kept
from tests.proof.workers import LAUNCHED, Worker, until
from tests.sending import hand_over, numbers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a server has no file"),
]

# root may write whatever is read-only, unless it gives that up.
_AS_ANYBODY: Final = f"""
import ctypes, os, sys
DROP_FROM_BOUNDING_SET, DAC_OVERRIDE = 24, 1
ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *{LAUNCHED!r}])
"""


@pytest.fixture
def file(start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Path:
    """A copy of the test's database for the worker alone, with three requests to make."""
    settings.SOCIAIR_BATCH_SIZE = 2
    hand_over(gateway, numbers(6))
    sandbox.settings(latency=2)
    return _copy(Path(settings.STATE_DIR) / "portal.sqlite3")


def _copy(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as copy:
        assert connection.connection is not None
        connection.connection.backup(copy)
    return path


def _start(start: Start, file: Path) -> Worker:
    return start(senders=1, command=("-c", _AS_ANYBODY), DATABASE_URL=f"sqlite:///{file}")


def _replace(file: Path) -> None:
    _copy(file.with_name("backup.sqlite3")).replace(file)


@pytest.mark.parametrize("lose", [_replace, Path.unlink])
def test_a_worker_whose_file_is_lost_ends_with_its_answer_in_a_file(
    lose: Callable[[Path], object], file: Path, start: Start, sandbox: Sandbox, tmp_path: Path
) -> None:
    worker = _start(start, file)
    until(sandbox.requests)
    lose(file)
    assert worker.ended() == NEEDS_PERSON
    assert f"The database file {file} was replaced while the worker had it open." in worker.log
    assert len(sandbox.requests()) == 1
    assert len(kept(tmp_path)) == 1
    assert "Traceback" not in worker.log


def test_a_worker_does_not_start_with_a_file_that_is_read_only(
    file: Path, start: Start, sandbox: Sandbox
) -> None:
    file.chmod(0o444)
    worker = _start(start, file)
    assert worker.ended() == NEEDS_PERSON
    assert f"The database file {file} is read-only." in worker.log
    assert not sandbox.requests()


def test_a_worker_whose_file_becomes_read_only_ends(
    file: Path, start: Start, sandbox: Sandbox
) -> None:
    worker = _start(start, file)
    until(sandbox.requests)
    file.chmod(0o444)
    tasks.sweep()
    assert worker.ended() == NEEDS_PERSON
    assert f"The database file {file} is read-only." in worker.log
    assert "Traceback" not in worker.log
