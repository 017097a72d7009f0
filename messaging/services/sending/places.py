"""Places: how many calls one process makes at the same time.

Whoever has an answer to save gives its place to another sender, which calls meanwhile; so the time
that the database takes costs no call.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

_PATIENCE: Final = 1.0  # seconds in which a claimed batch waits for a place


class Places:
    """So many calls at the same time, and no more."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextlib.contextmanager
    def for_sender(self) -> Iterator["Place"]:
        """What one sender takes and leaves; it is free again at the end."""
        place = Place(self._free)
        try:
            yield place
        finally:
            place.leave()


class Place:
    """One sender's place, in which it may call while it has it."""

    def __init__(self, free: threading.BoundedSemaphore | None = None) -> None:
        self._free = free
        self._is_taken = False

    def take(self) -> bool:
        """Wait a moment for a place, unless there is one already. False in vain."""
        if self._free is not None and not self._is_taken:
            self._is_taken = self._free.acquire(timeout=_PATIENCE)
        return self._free is None or self._is_taken

    def leave(self) -> None:
        """Let another sender call."""
        if self._free is not None and self._is_taken:
            self._is_taken = False
            self._free.release()
