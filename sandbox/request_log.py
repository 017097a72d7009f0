"""A log of the last requests to send; it counts their numbers, and does not keep them."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import Final

_KEPT: Final = 10_000


@dataclass(slots=True)
class SeenRequest:
    """One request to `POST /sms`.

    `arrived` is on the machine's monotonic clock, `at` in seconds since 1970. `status` is 0 as
    long as no whole answer was sent; `fault` is the name of what went wrong, if anything did.
    """

    number: int
    arrived: float = field(default_factory=time.monotonic)
    at: float = field(default_factory=time.time)
    numbers: int = 0
    billed: int = 0
    fault: str = ""
    status: int = 0

    def answered_with(self, status: int) -> None:
        self.status = status

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class RequestLog:
    """The last requests; their numbering goes on when the oldest fall out."""

    def __init__(self, last: int = 0) -> None:
        self._lock = Lock()
        self._last = last
        self._seen: deque[SeenRequest] = deque(maxlen=_KEPT)

    def add(self) -> SeenRequest:
        with self._lock:
            self._last += 1
            seen = SeenRequest(self._last)
            self._seen.append(seen)
            return seen

    def count(self) -> int:
        with self._lock:
            return self._last

    def recent(self) -> list[SeenRequest]:
        with self._lock:
            return [replace(seen) for seen in self._seen]

    def clear(self) -> None:
        with self._lock:
            self._last = 0
            self._seen.clear()
