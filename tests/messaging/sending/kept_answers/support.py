"""Databases that save nothing, and answers that are left in files."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from messaging.models import Batch, BatchState, Gateway
from messaging.services.sending import dispatch, kept_answers, persistence, record

LOCKED = OperationalError("database is locked")
FULL = OperationalError("database or disk is full")


def send_and_leave(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One call whose answer is left in a file, as if the worker had been killed after it."""
    monkeypatch.setattr(persistence, "_SAVE_FOR", 0)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    persistence._left.clear()  # another process
    (file,) = kept_answers.waiting()
    return file


def give_up(gateway: Gateway) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(state=BatchState.SENDING).update(deadline=past)
    assert record.give_up_lost(gateway) == 1
