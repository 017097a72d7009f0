"""Nothing can be written any more, neither the answer nor a file about it: nothing more is sent."""

import resource
import time
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway, SentMessage
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.test_locked import kept
from tests.proof.workers import until
from tests.sending import check_books, hand_over, numbers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a server has a disk of its own"),
]


def _let_files_grow_to(most: int, pid: int) -> None:
    """As on a full disk, a file of this process can be no longer than so many bytes."""
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


def test_the_answer_is_saved_when_there_is_room_again(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(latency=2)
    worker = start(senders=1)
    until(sandbox.requests)
    _let_files_grow_to(0, worker.pid)
    sandbox.settings(latency=0)
    time.sleep(10)  # several tries
    assert len(sandbox.requests()) == 1
    assert not SentMessage.objects.exists()
    assert not kept(tmp_path)

    _let_files_grow_to(resource.RLIM_INFINITY, worker.pid)
    until(lambda: Campaign.objects.get(pk=campaign.pk).state == CampaignState.DONE)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 6
    gateway.refresh_from_db()
    assert not gateway.is_held
