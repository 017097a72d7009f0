"""How much of the ideal the worker reaches: calls of 50 numbers, 0.1 s each."""

from dataclasses import dataclass
from typing import Final

from benchmarks.portal import Gateway, databases, gateway, portal, wait_until

LATENCY: Final = 0.1
_SECONDS: Final = 15  # of sending, about


@dataclass(frozen=True)
class Row:
    database: str
    workers: int
    per_second: float
    of_ideal: float
    of_bare: float
    cpu_ms: float
    limit: float | None

    @property
    def is_met(self) -> bool:
        return self.limit is None or self.of_bare >= self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"  (at least {self.limit:.0%})"
        return (
            f"{self.database:<10} {self.workers:>2} workers  {self.per_second:6.1f} calls/s  "
            f"{self.of_ideal:4.0%} of the ideal  {self.of_bare:4.0%} of the bare loop{limit}  "
            f"{self.cpu_ms:.1f} ms CPU a call"
        )


_LIMITS: Final = {("sqlite", 8): 0.9, ("postgresql", 8): 0.8}


def measure() -> list[Row]:
    rows = []
    for workers in (8, 16):
        calls = int(workers / LATENCY * _SECONDS)
        bare = _bare(workers, calls)
        for database in databases():
            per_second, cpu_ms = _worker(database, workers, calls)
            rows.append(
                Row(
                    database,
                    workers,
                    per_second,
                    per_second * LATENCY / workers,
                    per_second / bare,
                    cpu_ms,
                    _LIMITS.get((database, workers)),
                )
            )
    return rows


def _bare(workers: int, calls: int) -> float:
    with gateway(latency=LATENCY) as running, portal("sqlite", f"{running.root}/api") as empty:
        empty.run("bare", f"{running.root}/api", str(workers), str(calls))
        return _rate(running)


def _worker(database: str, workers: int, calls: int) -> tuple[float, float]:
    with (
        gateway(latency=LATENCY) as running,
        portal(database, f"{running.root}/api", workers=workers) as sending,
    ):
        sending.run("seed", str(calls * 50), "inline")
        with sending.worker() as worker:
            wait_until(lambda: running.summary()["requests"] >= 1, seconds=30)
            before = worker.cpu_seconds()
            wait_until(lambda: running.summary()["requests"] >= calls, seconds=_SECONDS * 10)
            cpu = worker.cpu_seconds() - before
        return _rate(running), 1000 * cpu / calls


def _rate(running: Gateway) -> float:
    """Calls a second between the first and the last."""
    arrived = [seen["arrived"] for seen in running.requests()]
    return float((len(arrived) - 1) / (max(arrived) - min(arrived)))
