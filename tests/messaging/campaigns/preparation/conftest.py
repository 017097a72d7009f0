"""Campaigns that the worker prepares."""

import pytest
from pytest_django import Settings

from messaging.services.campaigns import preparation


@pytest.fixture
def by_the_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every campaign is a large one, prepared three people at a time."""
    settings.INLINE_RECIPIENTS = 0
    settings.SOCIAIR_BATCH_SIZE = 2
    monkeypatch.setattr(preparation, "_PIECE", 3)
