"""Asking the worker for a fresh balance when a page needs one.

Pages never ask Sociair themselves: the worker reads the balance, prepares and sends.
"""

from messaging import tasks
from messaging.models import BalanceReading, Gateway
from messaging.services.money import balance

# A page that may lead to a send asks for a new reading when the last one is older than this.
_ASK_AFTER = 30  # seconds


def recent_reading(gateway: Gateway) -> BalanceReading | None:
    """The last reading; if it begins to grow old, the worker is asked for a new one."""
    reading = balance.latest(gateway)
    if not balance.is_fresh(reading, within=_ASK_AFTER) and balance.may_ask(gateway):
        tasks.kick_balance()
    return reading
