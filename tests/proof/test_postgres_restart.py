"""PostgreSQL goes away in mid-campaign and comes back: never twice, never lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from messaging import tasks
from messaging.models import Campaign
from messaging.services.gateway import holds
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import see_to_its_end
from tests.proof.postgres import Server, programs
from tests.proof.test_many_processes import machines
from tests.proof.workers import until
from tests.sending import check_books, hand_over, numbers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.skipif(programs() is None, reason="there is no PostgreSQL server to start"),
]


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    """The test's database, and that of whatever it starts, is one on this server."""
    at = programs()
    assert at is not None
    usual = dict(connection.settings_dict)
    connection.close()
    with Server(at) as running:
        connection.settings_dict |= {
            **dict.fromkeys(("PASSWORD", "HOST", "PORT"), ""),
            **dict.fromkeys(("NAME", "USER"), "postgres"),
            "OPTIONS": {**usual["OPTIONS"], "host": str(running.folder)},
        }
        try:
            call_command("migrate", verbosity=0)
            yield running
        finally:
            connection.close()
            connection.settings_dict |= usual


@pytest.fixture
def start(server: Server, start: Start) -> Start:
    """Workers of this server: it is there before their queue is."""
    return start


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_postgresql_loses_and_repeats_nothing(
    mode: str,
    server: Server,
    queue: Any,
    start: Start,
    sandbox: Sandbox,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 10
    settings.SOCIAIR_TOTAL_TIMEOUT, settings.SOCIAIR_DEADLINE = 4, 8
    sandbox.settings(latency=0.2)
    campaign = hand_over(holds.current_gateway(), numbers(900))
    for machine in machines(tmp_path, 3):
        start(senders=2, STATE_DIR=str(machine))
    until(lambda: len(sandbox.requests()) >= 10)
    server.stop(mode)
    # Answers come to workers that cannot save them.
    until(lambda: all(request.status for request in sandbox.requests()))
    server.start()
    connection.close()
    queue.close()
    assert Campaign.objects.get().accepted < 900
    tasks.sweep()
    see_to_its_end(campaign)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
