"""The worker's peak memory while it prepares and sends 10,000 and 1,000,000 recipients."""

from dataclasses import dataclass

from benchmarks.portal import databases, gateway, portal, wait_until

LIMIT = 1.3
_FEW, _MANY = 10_000, 1_000_000
_CALLS = 150  # after which nothing new happens to memory


@dataclass(frozen=True)
class Row:
    database: str
    few: float
    many: float

    @property
    def is_met(self) -> bool:
        return self.many <= self.few * LIMIT

    def __str__(self) -> str:
        return (
            f"{self.database:<10} {_FEW:,} people {self.few:.0f} MB, {_MANY:,} people "
            f"{self.many:.0f} MB: {self.many / self.few:.2f} times (at most {LIMIT})"
        )


def measure() -> list[Row]:
    return [Row(name, _peak(name, _FEW), _peak(name, _MANY)) for name in databases()]


def _peak(database: str, people: int) -> float:
    with gateway(latency=0.01) as running, portal(database, f"{running.root}/api") as sending:
        sending.run("seed", str(people), "worker")
        with sending.worker() as worker:
            wait_until(lambda: running.summary()["requests"] >= _CALLS, seconds=900, every=0.5)
            return worker.peak_memory()
