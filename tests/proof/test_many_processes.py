"""Several worker processes, as on several machines: together they send everything once."""

from pathlib import Path

import pytest
from pytest_django import Settings

from messaging import tasks
from messaging.models import Gateway
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import see_to_its_end
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db(transaction=True)

# A bad day: one request in six goes wrong, in every way there is.
BAD_DAY = {
    "reset": 0.02,
    "cut": 0.02,
    "half": 0.02,
    "500": 0.02,
    "503": 0.02,
    "429": 0.01,
    "401": 0.01,
    "413": 0.02,
    "scam": 0.01,
    "invalid-some": 0.02,
}


def machines(folder: Path, count: int) -> list[Path]:
    """A folder for each machine, where it keeps how much it has sent."""
    others = [folder / f"machine-{number}" for number in range(1, count)]
    for machine in others:
        machine.mkdir()
    return [folder, *others]  # the test's own, and those that join


@pytest.mark.parametrize("people", [2000, pytest.param(20_000, marks=pytest.mark.long)])
def test_three_worker_processes_send_everything_once(
    people: int,
    start: Start,
    gateway: Gateway,
    sandbox: Sandbox,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 10
    sandbox.settings(chances=BAD_DAY, seed=people, latency=0.1, retry_after=1, balance=100_000)
    three = machines(tmp_path, 3)
    for machine in three:
        start(senders=2, STATE_DIR=str(machine))
    campaign = hand_over(gateway, numbers(people), amount="100000")
    tasks.kick_prepare()
    see_to_its_end(campaign)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert all(list(machine.iterdir()) for machine in three), "somebody had nothing to do"
