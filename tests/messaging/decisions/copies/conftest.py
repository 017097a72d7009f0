"""Ten requests of which nobody knows, which the worker copies in pieces."""

import pytest
from pytest_django import Settings

from messaging.models import Campaign, Gateway
from messaging.services.decisions import copies
from sandbox.server import Sandbox
from tests.messaging.decisions.copies.support import REQUESTS, unconfirmed

_A_PIECE = 3  # requests


@pytest.fixture(autouse=True)
def by_the_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of two people; more than two requests are copied by the worker."""
    settings.SOCIAIR_BATCH_SIZE = 2
    settings.INLINE_RECIPIENTS = 4
    monkeypatch.setattr(copies, "_PIECE", 2 * _A_PIECE)


@pytest.fixture
def first(gateway: Gateway, sandbox: Sandbox) -> Campaign:
    """Ten requests of two, and nobody knows of any of them; none went out."""
    return unconfirmed(gateway, 2 * REQUESTS)
