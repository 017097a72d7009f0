"""The sandbox's settings at one moment."""

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.account import Partial
from sandbox.operators import Rates, same_rate


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed while the sandbox runs. Times are in seconds.

    `hang` is how long an answer that never comes is withheld, `slow` how late a slow one is,
    `drip` the pause between two bytes of a dripping one. `idle` is how long a connection may wait
    for its next request before it is closed (0: for ever), `keep_alive` how long the answers say
    that it may (0: they do not say).
    """

    token: str = "sandbox"
    latency: float = 0.0
    rates: Rates = field(default_factory=lambda: same_rate(Decimal("0.80")))
    partial: Partial = Partial.NONE_SENT
    max_numbers: int = 1000
    hang: float = 120.0
    slow: float = 10.0
    drip: float = 0.5
    retry_after: int = 5
    idle: float = 0.0
    keep_alive: int = 0
