"""How the gateway behaves at one moment."""

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.account import Partial
from sandbox.operators import Rates, same_rate


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed while the sandbox runs. Times are in seconds.

    `hang` is how long an answer that never comes is withheld, `slow` how late a slow one is,
    `drip` the pause between two bytes of a dripping one.
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
