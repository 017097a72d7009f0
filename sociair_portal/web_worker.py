"""gunicorn's threads behind a loop that does the waiting, so that slow clients stop nobody else.

gunicorn itself gives a connection straight to a thread, where it waits as long as the client likes.
Here a thread gets a request only when its head has arrived, and all of its body if that is small; a
larger body is read only for people who are signed in (`sociair_portal.bodies`). What a client does
not take of its answer straight away is sent by the loop as well. Whoever is slower than the
deadlines is cut off. What the bytes mean is read by gunicorn alone: the loop decides only when.
"""

import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, Final

from gunicorn import util
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from sociair_portal.web_connections import Arrival, Connection, PatientSocket

_LINGER: Final = 10.0  # seconds for a client that still sends to read why it was refused
_SPARE: Final = 100  # connections that are with threads, or wait for one
_MOST_UNSENT: Final = 64 * 1024**2  # bytes of answers that this process keeps

_Step = Callable[[Connection], None]


class PatientWorker(ThreadWorker):
    """A process of the web server: its loop waits for clients, its threads work."""

    def init_process(self) -> None:
        self._waiting: dict[Connection, int] = {}  # and for which event; the longest first
        self._next_look = 0.0
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            client, address = listener.accept()
            self.nr_conns += 1
            patient = PatientSocket(client)
            conn = Connection(self.cfg, patient, address, listener.getsockname())
            self._make_room()
            self._receive(conn)

    def handle(self, conn: Connection) -> bool:
        """Answer a request that has arrived, in a thread."""
        conn.init()
        conn.parser.unreader.unread(bytes(conn.arrived))
        conn.arrived.clear()
        return bool(super().handle(conn))

    def handle_request(self, req: Any, conn: Connection) -> bool:
        if conn.has_large_body or any(name == "TRANSFER-ENCODING" for name, _how in req.headers):
            req.force_close()  # some of the body may stay unread
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: Connection, future: "Future[bool]") -> None:
        has_ended = not future.cancelled() and future.exception() is None
        conn.goes_on = has_ended and future.result()
        self._send(conn)

    def murder_pending(self) -> None:
        """Cut off whoever is too slow; when this process stops, also whoever asks for nothing."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + 0.5
        for conn in list(self._waiting):
            if not self.alive and self._waiting[conn] == selectors.EVENT_READ:
                conn.until = min(conn.until, now + STOP_KEEPALIVE_LINGER)
            if conn.until <= now and not self._has_just_asked(conn):
                self._close(conn)

    def _has_just_asked(self, conn: Connection) -> bool:
        """Whether something of a next request has come that this process had no time to see."""
        return self.alive and conn.is_idle and conn.sock.has_data()

    def _receive(self, conn: Connection) -> None:
        """Take what has come of a request; give it to a thread when it is there."""
        match conn.receive():
            case Arrival.COMPLETE:
                self._stop_waiting(conn)
                self.enqueue_req(conn)
            case Arrival.TOO_LARGE:
                self._stop_waiting(conn)
                util.write_error(conn.sock, 431, "Request Header Fields Too Large", "")
                conn.goes_on = False
                self._send(conn)
            case Arrival.ENDED:
                self._close(conn)
            case Arrival.BEGUN:
                self._wait(conn, selectors.EVENT_READ, self._receive)

    def _send(self, conn: Connection) -> None:
        """Send what is left of an answer; then wait for another request, or for the end."""
        try:
            conn.sock.send_unsent()
        except OSError:
            self._close(conn)
            return
        if conn.sock.unsent:
            conn.until = conn.sock.sending.until
            self._wait(conn, selectors.EVENT_WRITE, self._send)
            self._forget_answers()
            return
        self._stop_waiting(conn)
        if conn.goes_on:
            conn.begin_next()
            self._receive(conn)
        else:
            self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        """Let the client read its answer: to close now would take it away while it sends."""
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        conn.until = time.monotonic() + _LINGER
        self._discard(conn)

    def _discard(self, conn: Connection) -> None:
        try:
            is_over = conn.sock.receive_now() == b""
        except OSError:
            is_over = True
        if is_over:
            self._close(conn)
        else:
            self._wait(conn, selectors.EVENT_READ, self._discard)

    def _wait(self, conn: Connection, event: int, step: _Step) -> None:
        """Have the loop go on with a connection at an event, or close it when its time is over."""
        if conn not in self._waiting:
            self._waiting[conn] = event
            self.poller.register(conn.sock, event, partial(self._go_on, conn, step))

    def _go_on(self, conn: Connection, step: _Step, _client: socket.socket) -> None:
        if conn in self._waiting:  # not closed in the same turn
            step(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if self._waiting.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)

    def _close(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        """Close who has waited longest, so that someone new is always taken."""
        while len(self._waiting) > self.worker_connections - _SPARE:
            self._close(next(iter(self._waiting)))

    def _forget_answers(self) -> None:
        """Close who has waited longest, so that answers that nobody takes fill no memory."""
        slow = [conn for conn, event in self._waiting.items() if event == selectors.EVENT_WRITE]
        unsent = sum(len(conn.sock.unsent) for conn in slow)
        for conn in slow:
            if unsent <= _MOST_UNSENT:
                break
            unsent -= len(conn.sock.unsent)
            self._close(conn)
