"""One message while a campaign of 100,000 runs: how long until its request arrives."""

import time
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.portal import databases, gateway, portal, wait_until

_MESSAGES = 20
_CROWD = 100_000


@dataclass(frozen=True)
class Row:
    database: str
    seconds: list[float]

    def __str__(self) -> str:
        p95 = quantiles(self.seconds, n=20)[-1]
        return (
            f"{self.database:<10} request arrives after {1000 * median(self.seconds):.0f} ms (p50) "
            f"or {1000 * p95:.0f} ms (p95, {len(self.seconds)} messages)"
        )


def measure() -> list[Row]:
    return [Row(name, _waits(name)) for name in databases()]


def _waits(database: str) -> list[float]:
    with gateway(latency=0.1) as running, portal(database, f"{running.root}/api") as sending:
        sending.run("seed", str(_CROWD), "inline")
        with sending.worker():
            wait_until(lambda: running.summary()["requests"] >= 50, seconds=60)
            handed = sending.run("single", str(_MESSAGES))["handed_over"]
            wait_until(
                lambda: sum(seen["numbers"] == 1 for seen in running.requests()) >= _MESSAGES,
                seconds=60,
            )
            arrived = sorted(seen["at"] for seen in running.requests() if seen["numbers"] == 1)
        return [there - here for here, there in zip(sorted(handed), arrived, strict=True)]


def pace() -> None:
    """Between two messages, as people would send them."""
    time.sleep(0.5)
