"""A connection of the web server: what has arrived, and what its client has not taken yet."""

import enum
import errno
import re
import socket
import time
from contextlib import suppress
from select import POLLIN, POLLOUT, poll
from typing import Any, Final

from django.conf import settings
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import TConn

from sociair_portal.common.uploads import SMALL_BODY

_MOST_OF_HEAD: Final = 32 * 1024  # bytes
_MOST_UNSENT: Final = 1024**2  # bytes of an answer, more than any file for everyone has
_LEAST: Final = 64 * 1024  # bytes in REQUEST_SECONDS, of large bodies and of answers
_AT_ONCE: Final = 64 * 1024  # bytes

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_ASKS_FIRST: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Pace:
    """When a client is too slow: by `until` another `_LEAST` bytes must have come or gone."""

    def __init__(self, seconds: float) -> None:
        self._begin(seconds)

    def _begin(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self._left = _LEAST

    def count(self, size: int) -> None:
        """Give more time once enough is there; what came early buys no more than that."""
        self._left -= size
        if self._left <= 0:
            self._begin(settings.REQUEST_SECONDS)


class PatientSocket(socket.socket):
    """A socket that never blocks; only a large body, and a large answer, are waited for."""

    def __init__(self, plain: socket.socket) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        super().setblocking(False)
        self.unsent = bytearray()
        self.begin(waits_for_body=False)

    def setblocking(self, flag: bool) -> None:
        """Stay as it is, whatever gunicorn says: waiting has a deadline here."""

    def settimeout(self, value: float | None) -> None:
        """Stay as it is."""

    def begin(self, *, waits_for_body: bool) -> None:
        """Count the time of one request from now on."""
        self._reading = Pace(settings.REQUEST_SECONDS if waits_for_body else 0)
        self.sending = Pace(settings.REQUEST_SECONDS)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Some of a body. Raises `NoMoreData` when it comes too slowly, or is not waited for."""
        while True:
            with suppress(BlockingIOError):
                data = super().recv(size, flags)
                self._reading.count(len(data))
                return data
            if not self._is_ready(POLLIN, self._reading):
                raise NoMoreData

    def receive_now(self) -> bytes | None:
        """What is there; None for nothing yet, empty at the end."""
        try:
            return super().recv(_AT_ONCE)
        except BlockingIOError:
            return None

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send what the client takes, and keep the rest for the loop. Raises `BrokenPipeError` if
        that is too much, and taken too slowly.
        """
        self.unsent += data
        self.send_unsent()
        while len(self.unsent) > _MOST_UNSENT:
            if not self._is_ready(POLLOUT, self.sending):
                self.unsent.clear()
                raise BrokenPipeError(errno.EPIPE, "The client takes its answer too slowly")
            self.send_unsent()

    def send_unsent(self) -> None:
        """Send what the client takes now of what is kept."""
        with suppress(BlockingIOError):
            while self.unsent:
                sent = self.send(self.unsent)
                self.sending.count(sent)
                del self.unsent[:sent]

    def has_data(self) -> bool:
        """Whether something has come, or the end."""
        return self._is_ready_within(POLLIN, 0)

    def _is_ready(self, event: int, pace: Pace) -> bool:
        return self._is_ready_within(event, max(0.0, pace.until - time.monotonic()))

    def _is_ready_within(self, event: int, seconds: float) -> bool:
        waiting = poll()
        waiting.register(self, event)
        return bool(waiting.poll(seconds * 1000))


class Arrival(enum.Enum):
    """How far the next request of a connection has come."""

    BEGUN = enum.auto()  # or not even that
    COMPLETE = enum.auto()  # for a thread to take it
    TOO_LARGE = enum.auto()
    ENDED = enum.auto()


class Connection(TConn):
    """gunicorn's connection, with what has come of a request for which there is no thread yet."""

    sock: PatientSocket

    def __init__(self, cfg: Any, sock: PatientSocket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.data_ready = True  # no thread waits for a head
        self.arrived = bytearray()
        self.has_large_body = self.goes_on = self._is_told_to_send = False
        self.is_idle = False  # answered, and nothing of a next request has come
        self.until = time.monotonic() + settings.REQUEST_SECONDS

    def begin_next(self) -> None:
        """Go on to the next request, of which something may be here already."""
        self.arrived += self.parser.unreader.take_buffered()
        self._is_told_to_send = False
        self.is_idle = not self.arrived
        seconds = settings.REQUEST_SECONDS if self.arrived else self.cfg.keepalive
        self.until = time.monotonic() + seconds

    def receive(self) -> Arrival:
        """Take what is there of a request."""
        found = self._arrival()
        if found is not Arrival.BEGUN:
            return found
        try:
            data = self.sock.receive_now()
        except OSError:
            return Arrival.ENDED
        if data is None:
            return Arrival.BEGUN
        if not self.arrived:
            self.is_idle = False
            self.until = time.monotonic() + settings.REQUEST_SECONDS
        self.arrived += data
        return self._arrival() if data else Arrival.ENDED

    def _arrival(self) -> Arrival:
        head = self.arrived.find(b"\r\n\r\n") + 2
        if head > _MOST_OF_HEAD or (head < 2 and len(self.arrived) > _MOST_OF_HEAD):
            return Arrival.TOO_LARGE
        if head < 2:
            return Arrival.BEGUN
        length = _LENGTH.search(self.arrived, 0, head)
        body = int(length[1]) if length else 0
        self.has_large_body = body > SMALL_BODY
        if not self.has_large_body and len(self.arrived) < head + 2 + body:
            self._tell_to_send(head)
            return Arrival.BEGUN
        self.sock.begin(waits_for_body=self.has_large_body)
        return Arrival.COMPLETE

    def _tell_to_send(self, head: int) -> None:
        """Answer a client that waits for a word before it sends its body."""
        if not self._is_told_to_send and _ASKS_FIRST.search(self.arrived, 0, head):
            self._is_told_to_send = True
            with suppress(OSError):
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
