"""kill -9 of the worker, at each named step and at random moments: never twice, never lost."""

import random
import time
from functools import partial
from signal import SIGKILL

import pytest
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import Batch, BatchState, Campaign, Gateway
from messaging.services.sending.upkeep import sweep
from sandbox.server import Sandbox
from tests.proof.conftest import Start
from tests.proof.person import in_flight, let_deadlines_pass, see_to_its_end
from tests.proof.steps import Step, Strike
from tests.proof.workers import until
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = [
    Step.BEFORE_CLAIM,
    Step.CLAIMED,
    Step.CLAIMING_ALONG,
    Step.CLAIMED_ALONG,
    Step.CALLING,
    Step.ANSWERED,
    Step.SAVING,
]
# A sender claims so its first batch alone.
ONCE = (Step.BEFORE_CLAIM, Step.CLAIMED)


def _kills(few: int, many: int) -> list[object]:
    """So many each in `make test`, and so many in `make test-long`."""
    return [few, pytest.param(many, marks=pytest.mark.long)]


@pytest.mark.parametrize("kills", _kills(2, 20))
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_each_step_sends_nothing_twice(
    step: Step, kills: int, start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(2 * 4 * kills))
    for kill in range(kills):
        nth = 1 if step in ONCE else 1 + kill % 3
        with start(senders=1, strike=Strike(step, nth=nth)) as worker:
            assert worker.ended() == -SIGKILL
    _give_up_what_is_left(gateway)
    start(senders=1)
    see_to_its_end(campaign)
    _check(campaign, sandbox)

    lost = Batch.objects.filter(outcome=Outcome.WORKER_LOST)
    assert lost.count() == (0 if step is Step.BEFORE_CLAIM else kills)
    billed = {entry.mobile for entry in sandbox.ledger()}
    if step in (Step.CLAIMED, Step.CLAIMED_ALONG):
        assert campaign.accepted == len(billed) == campaign.total - 2 * kills
    if step in (Step.ANSWERED, Step.SAVING, Step.CLAIMING_ALONG):
        assert len(billed) == campaign.total


@pytest.mark.parametrize("kills", _kills(5, 50))
@pytest.mark.parametrize("seed", [1, 2])
def test_a_worker_killed_at_any_moment_sends_nothing_twice(
    seed: int, kills: int, start: Start, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    moments = random.Random(seed)
    sandbox.settings(latency=0.1)
    campaign = hand_over(gateway, numbers(2 * 16 * kills))
    for _kill in range(kills):
        before = len(sandbox.requests())
        with start(senders=4) as worker:
            until(partial(_was_asked_again, sandbox, before))
            time.sleep(moments.uniform(0, 0.25))  # the moment itself
            worker.kill()
            assert worker.ended() == -SIGKILL
    _give_up_what_is_left(gateway)
    sandbox.settings(latency=0)
    start(senders=4)
    see_to_its_end(campaign)
    _check(campaign, sandbox)


def _was_asked_again(sandbox: Sandbox, before: int) -> bool:
    return len(sandbox.requests()) > before


def _give_up_what_is_left(gateway: Gateway) -> None:
    """The first sweep after its deadline leaves nothing of a killed worker in flight."""
    left = in_flight()
    let_deadlines_pass()
    sweep(gateway)
    assert not in_flight()
    states = Batch.objects.filter(pk__in=left).values_list("state", "outcome")
    assert set(states) <= {(BatchState.UNCONFIRMED, Outcome.WORKER_LOST)}


def _check(campaign: Campaign, sandbox: Sandbox) -> None:
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.pending == 0
    assert not Batch.objects.filter(state__in=[BatchState.QUEUED, BatchState.SENDING]).exists()
