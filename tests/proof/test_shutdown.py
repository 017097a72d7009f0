"""SIGTERM: a worker claims nothing new, finishes its calls in flight and leaves nothing behind."""

from signal import SIGTERM

import pytest
from pytest_django import Settings

from messaging.models import Batch, BatchState, Gateway
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import in_flight
from tests.proof.workers import AS_INSTALLED, until
from tests.sending import check_books, hand_over, numbers, states

_TOO_LONG = "Shutdown timeout"  # what Huey says before it breaks tasks off

pytestmark = pytest.mark.django_db(transaction=True)


def test_calls_in_flight_end_before_a_worker_stops(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(300))
    sandbox.settings(latency=5)
    worker = start(senders=4, command=AS_INSTALLED)
    until(lambda: len(sandbox.requests()) >= 5)  # one sender more for small campaigns
    worker.send(SIGTERM)
    assert worker.ended() == 0

    assert _TOO_LONG not in worker.log
    assert len(sandbox.requests()) == 5
    assert not in_flight()
    assert Batch.objects.filter(state=BatchState.QUEUED).count() == 295
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert list(states(campaign).values()).count("accepted") == 5


def test_a_wait_for_a_slot_ends_when_a_worker_stops(
    start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """A sender that waits for the rate limit stops waiting, and has claimed nothing."""
    settings.SOCIAIR_BATCH_SIZE = 1
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 1
    campaign = hand_over(gateway, numbers(3))
    worker = start(senders=2)
    until(lambda: "accepted" in states(campaign).values())
    worker.send(SIGTERM)
    assert worker.ended() == 0
    assert _TOO_LONG not in worker.log
    assert len(sandbox.requests()) == 1
    assert not in_flight()
