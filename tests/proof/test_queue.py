"""Hours of sweeps leave the queue as short as it was: kicks that are one too many die out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.utils import timezone
from huey import api, utils
from huey.contrib import djhuey
from huey.contrib.djhuey import HUEY

from messaging import tasks
from messaging.models import Gateway, HoldKind, HoldReason
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, upkeep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[4, pytest.param(24, marks=pytest.mark.long)], ids=lambda hours: f"{hours}h")
def hours(request: pytest.FixtureRequest) -> int:
    """What is in the queue lives for a minute, so that a few hours tell as much as a day."""
    return int(request.param)


class Day:
    """Huey's clock, and a worker that lives by it: one second is over in no time."""

    def __init__(self, hours: int, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.minutes = 60 * hours
        self.now = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # as Huey has it
        for module in (api, utils):
            monkeypatch.setattr(module, "utcnow", lambda: self.now)
        monkeypatch.setattr(tasks, "time", SimpleNamespace(monotonic=self.seconds))
        # Not what a sweep finds out is looked at here, but what it puts into the queue.
        monkeypatch.setattr(upkeep, "sweep", lambda gateway: None)
        monkeypatch.setattr(holds, "current_gateway", lambda: gateway)
        monkeypatch.setattr(djhuey, "close_old_connections", lambda: None)
        HUEY.storage.flush_queue()
        HUEY.storage.flush_schedule()

    def seconds(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def run(self) -> int:
        """Every minute a sweep, and what a worker gets done until the next; the longest queue."""
        longest = 0
        for _minute in range(self.minutes):
            next_minute = self.now + timedelta(minutes=1)
            tasks.sweep()
            while self.now < next_minute:
                for due in HUEY.read_schedule():
                    HUEY.enqueue(due)
                if (task := HUEY.dequeue()) is None:
                    break
                HUEY.execute(task)
            self.now = max(self.now, next_minute)
            longest = max(longest, HUEY.storage.queue_size() + HUEY.storage.schedule_size())
        return longest


@pytest.fixture
def day(hours: int, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Day:
    return Day(hours, gateway, monkeypatch)


def _returns(done: dispatch.Round) -> Callable[..., dispatch.Round]:
    return lambda *args, **options: done


def test_the_queue_stays_short_while_held(
    day: Day, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every sender that finds the gateway held would wake the others at the end of the hold."""
    until = timezone.now() + timedelta(days=2)
    holds.hold(gateway, HoldKind.TIMED, HoldReason.THROTTLED, until=until)
    monkeypatch.setattr(dispatch, "send_next", _returns(dispatch.Round.HELD))
    assert day.run() == 1


def test_the_queue_stays_short_with_nothing_to_do(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "send_next", _returns(dispatch.Round.NOTHING))
    assert day.run() == 0


def test_the_queue_stays_short_with_too_much_to_do(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Senders are busy all day, and every sweep kicks more of them."""

    def one_call(*_args: object, **_options: object) -> dispatch.Round:
        day.pass_by(seconds=1)
        return dispatch.Round.CALLED

    monkeypatch.setattr(dispatch, "send_next", one_call)
    assert day.run() <= 4 * settings.SOCIAIR_WORKERS


def test_the_queue_stays_short_with_long_calls(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_call(*_args: object, **_options: object) -> dispatch.Round:
        day.pass_by(seconds=settings.SOCIAIR_TOTAL_TIMEOUT * 30)
        return dispatch.Round.CALLED

    monkeypatch.setattr(dispatch, "send_next", one_call)
    assert day.run() <= 4 * settings.SOCIAIR_WORKERS
