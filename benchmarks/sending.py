"""What the worker does: throughput, one message while many wait, and memory."""

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles
from typing import ClassVar, Final

import requests
from requests.adapters import HTTPAdapter

from benchmarks.people import group_of
from benchmarks.portal import Gateway, databases, gateway, portal, wait_until
from messaging import tasks
from messaging.models import CampaignState
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, handover, preparation
from messaging.services.campaigns.review import review_of
from messaging.services.gateway import holds
from messaging.services.money import balance

_SECONDS: Final = 15  # of sending, about
_MOST_CPU_MS: Final = 3.5  # of processor a call
_LARGE: Final = 50  # numbers a call

_SAME: Final = "School is closed tomorrow because of the rain."
_OWN: Final = "{name}: school is closed tomorrow because of the rain."
_MESSAGES: Final = 20
_CROWD: Final = 100_000
_PAUSE: Final = 0.5  # seconds between two messages, as people would send them
_MOST_TIMES: Final = 1.3
_FEW, _MANY = 10_000, 1_000_000
_CALLS: Final = 150  # after which nothing new happens to memory


@dataclass(frozen=True)
class Case:
    """So many numbers in each call, senders, and seconds that the gateway takes; and how much of a
    bare loop is to be reached on each database.
    """

    numbers: int
    senders: int
    latency: float
    limits: dict[str, float]

    @property
    def calls(self) -> int:
        return int(self.senders / self.latency * _SECONDS)


_CASES: Final = (
    Case(1, 8, 0.1, {"sqlite": 0.96, "postgresql": 0.94}),
    Case(1, 16, 0.1, {"sqlite": 0.94, "postgresql": 0.88}),
    Case(_LARGE, 8, 0.1, {"sqlite": 0.95, "postgresql": 0.93}),
    Case(1, 8, 0.02, {"sqlite": 0.60, "postgresql": 0.60}),
)


@dataclass(frozen=True)
class Throughput:
    database: str
    case: Case
    per_second: float
    of_bare: float
    cpu_ms: float

    @property
    def limit(self) -> float:
        return self.case.limits[self.database]

    @property
    def is_met(self) -> bool:
        return self.of_bare >= self.limit and self.cpu_ms <= _MOST_CPU_MS

    def __str__(self) -> str:
        case = self.case
        return (
            f"{self.database:<10} {case.numbers:>2} a call, {case.senders:>2} senders, "
            f"{case.latency:.2f} s: {self.per_second:6.1f} calls/s, {self.of_bare:4.0%} of the "
            f"bare loop (at least {self.limit:.0%}), {self.cpu_ms:4.1f} ms of processor a call "
            f"(at most {_MOST_CPU_MS})"
        )


def throughput() -> Iterator[Throughput]:
    """How much the worker reaches of what threads that keep no record do."""
    for case in _CASES:
        bare = _bare(case)
        for database in databases():
            per_second, cpu_ms = _worker(database, case)
            yield Throughput(database, case, per_second, per_second / bare, cpu_ms)


def _bare(case: Case) -> float:
    with (
        gateway(latency=case.latency) as running,
        portal("sqlite", f"{running.root}/api") as empty,
    ):
        empty.run(post, f"{running.root}/api", case.senders, case.calls, case.numbers)
        return _rate(running)


def _worker(database: str, case: Case) -> tuple[float, float]:
    with (
        gateway(latency=case.latency) as running,
        portal(database, f"{running.root}/api", workers=case.senders) as sending,
    ):
        text = _SAME if case.numbers > 1 else _OWN
        sending.run(hand_over, case.calls * case.numbers, prepare=True, text=text)
        with sending.worker() as worker:
            wait_until(lambda: running.summary()["requests"] >= 1, seconds=30)
            before = worker.cpu_seconds()
            wait_until(lambda: running.summary()["requests"] >= case.calls, seconds=_SECONDS * 10)
            cpu = worker.cpu_seconds() - before
        return _rate(running), 1000 * cpu / case.calls


def _rate(running: Gateway) -> float:
    """Calls a second between the first and the last."""
    arrived = [seen["arrived"] for seen in running.requests()]
    return float((len(arrived) - 1) / (max(arrived) - min(arrived)))


@dataclass(frozen=True)
class Priority:
    """It has no limit."""

    is_met: ClassVar[bool] = True
    database: str
    seconds: list[float]

    def __str__(self) -> str:
        p95 = quantiles(self.seconds, n=20)[-1]
        return (
            f"{self.database:<10} request arrives after {1000 * median(self.seconds):.0f} ms (p50) "
            f"or {1000 * p95:.0f} ms (p95, {len(self.seconds)} messages)"
        )


def priority() -> Iterator[Priority]:
    """One message while a campaign of 100,000 runs: how long until its request arrives."""
    for database in databases():
        yield Priority(database, _waits(database))


def _waits(database: str) -> list[float]:
    with gateway(latency=0.1) as running, portal(database, f"{running.root}/api") as sending:
        sending.run(hand_over, _CROWD, prepare=True)
        with sending.worker():
            wait_until(lambda: running.summary()["requests"] >= 50, seconds=60)
            handed = sending.run(hand_over_singly, _MESSAGES)
            wait_until(
                lambda: sum(seen["numbers"] == 1 for seen in running.requests()) >= _MESSAGES,
                seconds=60,
            )
            arrived = sorted(seen["at"] for seen in running.requests() if seen["numbers"] == 1)
        return [there - here for here, there in zip(sorted(handed), arrived, strict=True)]


@dataclass(frozen=True)
class Memory:
    database: str
    few: float
    many: float

    @property
    def is_met(self) -> bool:
        return self.many <= self.few * _MOST_TIMES

    def __str__(self) -> str:
        return (
            f"{self.database:<10} {_FEW:,} people {self.few:.0f} MB, {_MANY:,} people "
            f"{self.many:.0f} MB: {self.many / self.few:.2f} times (at most {_MOST_TIMES})"
        )


def memory() -> Iterator[Memory]:
    """The worker's peak memory while it prepares and sends to few and to many."""
    for database in databases():
        yield Memory(database, _peak(database, _FEW), _peak(database, _MANY))


def _peak(database: str, people: int) -> float:
    with gateway(latency=0.01) as running, portal(database, f"{running.root}/api") as sending:
        sending.run(hand_over, people, prepare=False)
        with sending.worker() as worker:
            wait_until(lambda: running.summary()["requests"] >= _CALLS, seconds=900, every=0.5)
            return worker.peak_memory()


def hand_over(people: int, *, prepare: bool, text: str = _SAME) -> None:
    """A campaign to so many people, handed over as the browser does, and prepared here or there."""
    account = holds.current_gateway()
    reading = balance.read_balance(account)
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(groups=(group_of(people).pk,)),
        gateway=account,
        by=None,
    )
    seen = review_of(draft, reading)
    balance.read_balance(account)  # filling the database took longer than one stays fresh
    handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    if prepare and draft.state == CampaignState.PREPARING:
        preparation.prepare(draft)
    elif draft.state == CampaignState.PREPARING:
        tasks.kick_prepare()


def hand_over_singly(messages: int) -> list[float]:
    """Messages to one number each, one after another; the times (s) when each was handed over."""
    account = holds.current_gateway()
    handed = []
    for place in range(messages):
        draft = drafts.save_draft(
            form_uuid=uuid.uuid4(),
            text="Your child is well and waits at the gate.",
            audience=Audience(numbers=f"985{7_000_000 + place:07d}"),
            gateway=account,
            by=None,
        )
        seen = review_of(draft, balance.read_balance(account))
        handed.append(time.time())
        handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
        tasks.kick(1)
        time.sleep(_PAUSE)
    return handed


def post(base_url: str, threads: int, calls: int, size: int) -> None:
    """The ideal that anyone could write: threads that post with `requests` and keep no record."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=threads))
    headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
    numbers = ",".join(f"984{6_000_000 + n:07d}" for n in range(size))
    payload = {"message": _SAME, "mobile": numbers}
    left = iter(range(calls))
    lock = threading.Lock()

    def loop() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            session.post(f"{base_url}/sms", json=payload, headers=headers, timeout=30).json()

    running = [threading.Thread(target=loop) for _thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
