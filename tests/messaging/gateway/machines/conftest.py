"""Machines that nobody knows yet, and two that know each other."""

from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.models import Gateway
from messaging.services.gateway import holds
from messaging.services.sending import slots
from sandbox.server import Sandbox
from tests.backups import Worker, workers


@pytest.fixture
def gateway(sandbox: Sandbox, db: None) -> Gateway:
    """A portal that no worker has looked at yet."""
    return holds.current_gateway()


@pytest.fixture
def two(tmp_path: Path, settings: Settings, gateway: Gateway) -> list[Worker]:
    """Two machines that know each other."""
    settings.SOCIAIR_BATCH_SIZE = 2
    found = workers(tmp_path, "AB")
    first, second = found
    with first:
        assert slots.attend(gateway)
    with second:
        assert not slots.attend(gateway)  # a newcomer waits to be noted
    with first:
        slots.attend(gateway)
    with second:
        slots.attend(gateway)
    with first:
        assert slots.attend(gateway)
    with second:
        assert slots.attend(gateway)
    return found
