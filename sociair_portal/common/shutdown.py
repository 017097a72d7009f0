"""Stopping a worker: it is told to, or has to; once `stopping` is set, nothing new is begun."""

import threading
from typing import Final

# A worker's exit code when a person has to look before it may start again (EX_CONFIG).
NEEDS_PERSON: Final = 78

stopping = threading.Event()
_reasons: list[str] = []


def give_up(reason: str) -> None:
    """End this worker: it could do harm if it went on, or if it were simply started again."""
    _reasons.append(reason)
    stopping.set()


def reason_to_stop() -> str:
    """Why the worker gave up; empty if someone told it to stop."""
    return _reasons[0] if _reasons else ""
