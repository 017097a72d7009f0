"""HTTP connections that know whether a request has begun, and that a deadline can close.

`requests` raises the same error for a connection that was reset before sending and for one that
was reset after. Whether to send again hangs on that difference, so a connection notes it itself.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# A server may close a connection that idles just as we send into it, and then nobody knows whether
# it read the request. So an idle connection is not used again after this many seconds.
MOST_IDLE: Final = 2.0

_this_thread = threading.local()


class TooLate(OSError):
    """The call's time was over before its first byte was written: nothing was sent."""


def now() -> float:
    """Seconds on a clock that also runs while the machine is suspended, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Call:
    """One request on its way: has it begun, and may it still begin?"""

    def __init__(self, *, start_before: float, total: float) -> None:
        self.start_before = start_before
        self.total = total
        self.begun = False
        self._sock: socket.socket | None = None
        self._over = False
        self._lock = threading.Lock()

    def begin(self, sock: socket.socket) -> None:
        """Called just before the first byte is written. Raises `TooLate` when time is over."""
        with self._lock:
            if not self.begun and (self._over or now() >= self.start_before):
                raise TooLate("the time for this call was over before it began")
            self.begun = True
            self._sock = sock

    def close(self) -> None:
        """End the call, wherever it is; a read that waits fails at once."""
        with self._lock:
            self._over = True
            if self._sock is not None:
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def watched(*, start_before: float, total: float) -> Iterator[Call]:
    """A call of this thread, closed after `total` seconds however slowly the answer drips."""
    call = Call(start_before=start_before, total=total)
    timer = threading.Timer(total, call.close)
    timer.daemon = True
    _this_thread.call = call
    timer.start()
    try:
        yield call
    finally:
        timer.cancel()
        _this_thread.call = None


class _Watched:
    """What both connections add to urllib3's."""

    sock: socket.socket | None
    _last_used = 0.0

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and now() - self._last_used > MOST_IDLE:
            self.close()  # type: ignore[attr-defined]  # of the class it is mixed into
        super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        call: Call | None = getattr(_this_thread, "call", None)
        if call is not None and self.sock is not None:
            call.begin(self.sock)
        super().send(data)  # type: ignore[misc]
        self._last_used = now()


class WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTPConnection


class WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection
