"""A database that saves no answer, and an answer that was left in a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from messaging.models import Gateway
from messaging.services import sociair
from messaging.services.sending import persistence, record
from sandbox.server import Sandbox
from tests.messaging.sending.kept_answers.support import LOCKED, send_and_leave
from tests.sending import hand_over, numbers


@pytest.fixture(autouse=True)
def the_transaction_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persistence, "reconnect", lambda: None)
    monkeypatch.setattr(persistence, "_PAUSE", 0.01)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """Sets what the database says to every answer; None when it is well again."""

    def breaks(error: Exception | None) -> None:
        def failing(sent: sociair.Sent, _then: object = None) -> None:
            raise error or AssertionError

        monkeypatch.setattr(persistence, "record", failing if error else record.record)

    return breaks


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
    file = send_and_leave(gateway, monkeypatch)
    broken(None)
    return file
