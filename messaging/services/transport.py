"""HTTP connections that know whether a request has begun, and that a deadline can close.

`requests` raises the same error for a connection that was reset before sending and for one that
was reset after. Whether to send again hangs on that difference, so a connection notes it itself.
It also holds that the answer of a request is the answer to that request: see `_Watched._begin`.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from messaging.services.frames import WholeAnswer, heard

# A server may close a connection that idles just as we send into it, and then nobody knows whether
# it read the request. So an idle connection is not used again after this many seconds.
MOST_IDLE: Final = 2.0

# The same by host and port, where one died sooner. It only goes down, and is never forgotten while
# the process lives: a new connection costs a moment, a doubtful call costs a person's time.
_died: dict[tuple[str, int], float] = {}
_dying = threading.Lock()

_this_thread = threading.local()

_LOOKS_EVERY: Final = 60.0  # seconds after which whoever closes calls looks in any case


class TooLate(OSError):
    """The call's time was over before its first byte was written: nothing was sent."""


class NotQuiet(OSError):
    """There was something to read before the first byte was written: nothing was sent."""


def now() -> float:
    """Seconds on a clock that also runs while the machine is suspended, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Call:
    """One request on its way: has it begun, and may it still begin?

    `start_before` is a moment of `now`, `total` are the seconds that it may take.
    """

    def __init__(self, *, start_before: float, total: float) -> None:
        self.start_before = start_before
        self.total = total
        self.begun = False
        self.doubtful = False  # more than one answer came, or one without a known end
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

    @property
    def is_over(self) -> bool:
        return self._over

    def close(self) -> None:
        """End the call, wherever it is; a read that waits fails at once."""
        with self._lock:
            self._over = True
            if self._sock is not None:
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)


class _Watch:
    """One thread that closes every call whose time is over; a timer for each would cost more than
    the call's own work.
    """

    def __init__(self) -> None:
        self._calls: dict[Call, float] = {}  # the moment (`time.monotonic`) when each is over
        self._changed = threading.Condition()
        self._looks_at = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, call: Call) -> None:
        over = time.monotonic() + call.total
        with self._changed:
            self._calls[call] = over
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif over < self._looks_at:
                self._changed.notify()

    def remove(self, call: Call) -> None:
        with self._changed:
            self._calls.pop(call, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._looks_at = min(self._calls.values(), default=float("inf"))
                wait = min(self._looks_at - time.monotonic(), _LOOKS_EVERY)
                if wait > 0:
                    self._changed.wait(wait)
                now = time.monotonic()
                late = [call for call, over in self._calls.items() if over <= now]
                for call in late:
                    del self._calls[call]
            for call in late:
                with contextlib.suppress(Exception):  # one must not keep the others open
                    call.close()


_watch: Final = _Watch()


@contextlib.contextmanager
def watched(*, start_before: float, total: float) -> Iterator[Call]:
    """A call of this thread, closed after `total` seconds however slowly the answer drips."""
    call = Call(start_before=start_before, total=total)
    _this_thread.call = call
    _watch.add(call)
    try:
        yield call
    finally:
        _watch.remove(call)
        _this_thread.call = None


def _call_of_this_thread() -> Call | None:
    return getattr(_this_thread, "call", None)


def _learn(host: str, port: int, seconds: float) -> None:
    with _dying:
        _died[host, port] = min(seconds, _died.get((host, port), MOST_IDLE))


class _Watched:
    """What both connections add to urllib3's."""

    sock: socket.socket | None
    host: str
    port: int
    _has_begun = False
    _answered_at: float | None = None
    _most_idle = MOST_IDLE
    _idled: float | None = None

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the class it is mixed into
        self._answered_at = self._idled = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Write a request; on a new connection if this one may be dead, or is spoken on."""
        self._has_begun = False
        self._idled = None if self._answered_at is None else now() - self._answered_at
        if self._idled is not None and self._idled > self._patience():
            self.close()  # type: ignore[attr-defined]
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        except NotQuiet:  # and nothing has been written
            self.close()  # type: ignore[attr-defined]
            super().request(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self.sock is not None and not self._has_begun:
            self._begin(self.sock)
        # Where a connection broke as it was written to, there may be an answer on it still; where
        # TLS broke, there is none.
        with self._learning(ssl.SSLError):
            super().send(data)  # type: ignore[misc]

    def getresponse(self) -> Any:
        with self._learning(ssl.SSLError, ConnectionError):
            response = super().getresponse()  # type: ignore[misc]
        # requests looks at it, too: there is no other way from one response to the other.
        answer: WholeAnswer = response._original_response  # noqa: SLF001
        if (call := _call_of_this_thread()) is not None:
            call.doubtful = answer.doubtful
        self._answered_at = now()
        self._most_idle = answer.most_idle
        return response

    def _begin(self, sock: socket.socket) -> None:
        """What is read from here on is the answer, because there is nothing to read before."""
        if heard(sock) is not None:
            raise NotQuiet("there was something to read before the request")
        if (call := _call_of_this_thread()) is not None:
            call.begin(sock)
        self._has_begun = True

    def _patience(self) -> float:
        return min(MOST_IDLE, self._most_idle, _died.get((self.host, self.port), MOST_IDLE))

    @contextlib.contextmanager
    def _learning(self, *deaths: type[OSError]) -> Iterator[None]:
        """Note how long a connection had idled that was used again and died of it."""
        try:
            yield
        except deaths:
            call = _call_of_this_thread()
            if self._idled is not None and not (call and call.is_over):
                _learn(self.host, self.port, self._idled / 2)
            raise


class WatchedHTTPConnection(_Watched, HTTPConnection):
    response_class = WholeAnswer


class WatchedHTTPSConnection(_Watched, HTTPSConnection):
    response_class = WholeAnswer


class WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTPConnection


class WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection
