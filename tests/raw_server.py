"""A server that says exactly the bytes it is told to, when it is told to."""

import contextlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

# What one request is answered with: bytes, pauses in seconds, things to do, and None for the end.
Script = Sequence[bytes | float | Callable[[], None] | None]


class RawServer:
    """One script for each request, in order, whichever connection it comes on.

    `greeting` is said on each new connection before anything is asked.
    """

    def __init__(
        self, *scripts: Script, certificate: Path | None = None, greeting: bytes = b""
    ) -> None:
        self.asked: list[int] = []  # the connection of each request, counted from 1
        self.connections = 0
        self.greeted = threading.Semaphore(0)
        self._scripts = deque(scripts)
        self._greeting = greeting
        self._answered = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self.address = ("127.0.0.1", self._listener.getsockname()[1])
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.address[1]}/api"
        self._open: list[socket.socket] = []

    def wait(self) -> None:
        """Until one more script has been said to its end."""
        assert self._answered.acquire(timeout=10)

    def __enter__(self) -> Self:
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                self.connections += 1
                arguments = (connection, self.connections)
                threading.Thread(target=self._serve, args=arguments, daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        self._open.append(connection)
        # What is sent has arrived: nothing waits here for more to be sent with it.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            connection.sendall(self._greeting)
            self.greeted.release()
            while _read_request(connection):
                self.asked.append(number)
                ended = self._say(connection, self._scripts.popleft())
                self._answered.release()
                if ended:
                    break

    def _say(self, connection: socket.socket, script: Script) -> bool:
        for step in script:
            if step is None:
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
                return True
            if isinstance(step, bytes):
                connection.sendall(step)
            elif callable(step):
                step()
            else:
                time.sleep(step)
        return False


def _read_request(connection: socket.socket) -> bool:
    """One request to its end; False when there is none any more."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (piece := connection.recv(65536)):
            return False
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length: ")
    left = int(length.split(b"\r\n")[0] or 0) - len(body) if length else 0
    while left > 0:
        left -= len(connection.recv(left))
    return True
