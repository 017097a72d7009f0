"""Reading one HTTP answer to its very end, with what comes before, within and behind it.

`http.client` takes most interim answers for the whole one, and the end of a connection for the end
of the headers; it never looks at what follows an answer. Bytes that are left over there would be
read as the answer to the next batch.
"""

import http.client
import io
import math
import re
import socket
import ssl
from http import HTTPStatus
from typing import Any, Final

from urllib3.util import wait_for_read

from messaging.answers.classification import MOST_BYTES

# One byte more tells that there was more.
_MOST_READ: Final = MOST_BYTES + 1
_MOST_LINE: Final = 64 * 1024  # bytes
_MOST_HEARD: Final = 4096  # bytes
_ENDS_OF_LINE: Final = (b"\r\n", b"\n")
_CHUNK: Final = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n", re.IGNORECASE)
_TIMEOUT: Final = re.compile(r"\btimeout\s*=\s*\"?([0-9]{1,9})\b", re.IGNORECASE)
_LAST: Final = re.compile(r"\bmax\s*=\s*\"?0*[01]\b", re.IGNORECASE)


def heard(sock: socket.socket) -> bytes | None:
    """What an open connection says without being asked: None if nothing, no bytes if it ended."""
    held = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
    if not held and not wait_for_read(sock, timeout=0):
        return None
    # TLS has bytes of its own, so that only a read can tell.
    patience = sock.gettimeout()
    sock.settimeout(0)
    try:
        return sock.recv(_MOST_HEARD)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    except OSError:
        return b""
    finally:
        sock.settimeout(patience)


class _Source(io.RawIOBase):
    """The bytes of a connection; `is_over` leaves those that its reader has already."""

    is_over = False

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return 0 if self.is_over else self._sock.recv_into(buffer)


class _Lines(io.BufferedReader):
    """A reader that keeps the last line: an empty one means that the connection ended."""

    last: bytes = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last = super().readline(size)
        return self.last


class WholeAnswer(http.client.HTTPResponse):
    """The first final answer after a request, in memory, when `begin` returns.

    `doubtful` says that nobody can tell where it ended, or that more than one answer came. It is
    no verdict on anything then, and what was there is kept for people to read. `most_idle` is how
    many seconds the server lets the connection idle; half of them, to be on the safe side.
    """

    doubtful: bool = False
    most_idle: float = math.inf

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()  # nothing has been read by it
        self._sock, self._source = sock, _Source(sock)
        self.fp = self._lines = _Lines(self._source)

    def begin(self) -> None:
        self._read_head()
        body = self._read_body()
        if len(body) <= MOST_BYTES:  # otherwise the rest of it follows
            behind = self._read_behind()
            self.doubtful = self.doubtful or bool(behind)
            body += behind
        self.most_idle = longest_idle(", ".join(self._headers("Keep-Alive")))
        if self.doubtful or len(body) > MOST_BYTES or not self.most_idle or self._says_close():
            self.will_close = True
        self._keep(body)

    def _read_head(self) -> None:
        super().begin()
        while self.status < HTTPStatus.OK:
            if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise http.client.HTTPException("the server speaks another protocol from here on")
            self.headers = None  # type: ignore[assignment]  # else `begin` reads no more
            super().begin()

    def _read_body(self) -> bytes:
        """The body if the head says where it ends; otherwise the answer is doubtful."""
        lengths, codings = self._headers("Content-Length"), self._headers("Transfer-Encoding")
        # What could not be read as a header, and all behind it, is where a body would be.
        if self._lines.last not in _ENDS_OF_LINE or self.headers.get_payload():
            self.doubtful = True
            return b""
        if self.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            return b""
        if not codings and len(lengths) == 1 and re.fullmatch("[0-9]{1,18}", lengths[0]):
            return self._exactly(min(int(lengths[0]), _MOST_READ))
        if not lengths and codings == ["chunked"]:
            return self._chunks()
        self.doubtful = True
        return b"" if lengths or codings else self.fp.read(_MOST_READ)

    def _headers(self, name: str) -> list[str]:
        return [value.strip().lower() for value in self.headers.get_all(name, [])]

    def _says_close(self) -> bool:
        return "close" in ", ".join(self._headers("Connection"))

    def _exactly(self, size: int) -> bytes:
        found = self.fp.read(size)
        if len(found) < size:
            raise http.client.IncompleteRead(found, size - len(found))
        return found

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := self._size_of_chunk():
            body += self._exactly(min(size, _MOST_READ - len(body)))
            if len(body) == _MOST_READ:
                return bytes(body)
            if self.fp.readline(_MOST_LINE) not in _ENDS_OF_LINE:
                raise http.client.HTTPException("a chunk is longer than it says")
        while self.fp.readline(_MOST_LINE) not in _ENDS_OF_LINE:
            if not self._lines.last:
                raise http.client.IncompleteRead(bytes(body))
        return bytes(body)

    def _size_of_chunk(self) -> int:
        found = _CHUNK.fullmatch(self.fp.readline(_MOST_LINE))
        if found is None:
            raise http.client.HTTPException("a chunk does not say how long it is")
        return int(found[1], 16)

    def _read_behind(self) -> bytes:
        """What follows the answer and is there already, though nobody asked for it."""
        self._source.is_over = True
        return self.fp.peek(1) or heard(self._sock) or b""

    def _keep(self, body: bytes) -> None:
        """Let go of the connection; whoever reads on, and measures, finds the body alone. What was
        no header is forgotten: libraries log it.
        """
        self.fp.close()
        self.fp = io.BufferedReader(io.BytesIO(body))
        self.length, self.chunked = len(body), False
        for name in ("Content-Length", "Transfer-Encoding"):
            del self.headers[name]
        self.headers.set_payload("")
        self.headers.defects.clear()


def longest_idle(keep_alive: str) -> float:
    """Seconds that a connection may idle after an answer with this `Keep-Alive`; 0 is never."""
    if _LAST.search(keep_alive):
        return 0
    found = _TIMEOUT.search(keep_alive)
    if found is None:
        return math.inf
    seconds = int(found[1])
    return seconds / 2 if seconds > 1 else 0
