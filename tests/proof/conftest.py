"""Workers in processes of their own, and the queue through which the test wakes them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils.module_loading import import_string
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from sociair_portal.values import queue_settings
from tests.proof.workers import LOG, Worker, queue_url

Start = Callable[..., Worker]


@pytest.fixture(autouse=True)
def careful(durable: None) -> None:
    """The test's own connections keep what they write as the workers' do."""


@pytest.fixture
def queue(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The workers' own queue: `tasks.kick()` in the test reaches them as a web request's would."""
    found = queue_settings(queue_url(tmp_path), connections[DEFAULT_DB_ALIAS].settings_dict)
    huey_class = import_string(found.pop("huey_class"))
    found |= found.pop("connection", {})
    found["create_tables"] = True
    storage = huey_class("sociair", immediate=False, **found).storage
    storage.flush_queue()
    storage.flush_schedule()
    monkeypatch.setattr(HUEY, "storage", storage)
    yield storage
    storage.close()


@pytest.fixture
def start(queue: Any, tmp_path: Path, settings: Settings) -> Iterator[Start]:
    """Starts workers; none of them outlives the test."""
    settings.SOCIAIR_TOTAL_TIMEOUT = 10  # so that a busy machine is not taken for a fault
    settings.SOCIAIR_DEADLINE = 20
    log = tmp_path / LOG
    log.touch()
    with ExitStack() as running:
        yield lambda **options: running.enter_context(Worker(tmp_path, **options))
    connection.close()
    sys.stdout.write(log.read_text())  # pytest shows it if the test failed
