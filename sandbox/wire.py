"""HTTP/1.1 as bytes: one request in, one answer out, or a connection that breaks.

Written out instead of taken from `http.server`, because the faults need the bare socket and the
benchmarks need most of the processor for the portal.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

MOST_BODY_BYTES: Final = 8 * 1024 * 1024
# Linger for no time: closing then resets the connection instead of ending it politely.
_RESET: Final = struct.pack("ii", 1, 0)
_REASONS: Final = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, ready to be sent, or to be spoilt first."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw(self, *, keep_alive: bool = True, only_head: bool = False) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines.append(f"Content-Length: {len(self.body)}")
        if not keep_alive:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head if only_head else head + self.body


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(content, separators=(",", ":")).encode()
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})


def html_answer(status: int, page: str, headers: Mapping[str, str] | None = None) -> Reply:
    kind = {"Content-Type": "text/html; charset=utf-8"}
    return Reply(status, page.encode(errors="replace"), {**kind, **(headers or {})})


class NotReadable(Exception):
    """A request that is not HTTP as this server reads it; `answer` ends the connection."""

    def __init__(self, answer: Reply) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: int
    keep_alive: bool

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


def _length(headers: Mapping[str, str]) -> int:
    """How many bytes of body follow the head."""
    if "transfer-encoding" in headers:
        raise NotReadable(json_answer(411, {"message": "A Content-Length is required."}))
    declared = headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()):
        raise NotReadable(json_answer(400, {"message": "The Content-Length is no number."}))
    if len(declared) > 12 or int(declared) > MOST_BODY_BYTES:
        raise NotReadable(json_answer(413, {"message": "The POST data is too large."}))
    return int(declared)


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection, or None when the client has closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise NotReadable(json_answer(431, {"message": "The headers are too long."})) from None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise NotReadable(json_answer(400, {"message": "This is not an HTTP/1.1 request."}))
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    path, _, query = words[1].partition("?")
    keep_alive = words[2] != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
    return Request(words[0], path, query, headers, _length(headers), keep_alive)


def _ignore(status: int) -> None:
    """For exchanges whose status nobody asked for."""


class Exchange:
    """One request, and every way to answer it or to leave it unanswered."""

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.request = request
        self.status = 0
        self.on_status: Callable[[int], None] = _ignore
        self.open = request.keep_alive
        self.headers: Mapping[str, str] = {}  # of the connection, beside those of the answer
        self._reader = reader
        self._writer = writer
        self._body: bytes | None = None

    async def body(self) -> bytes:
        """The request's body, read at most once."""
        if self._body is None:
            if self.request.header("expect").lower() == "100-continue":
                self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._body = await self._reader.readexactly(self.request.length)
        return self._body

    async def send(self, answer: Reply) -> None:
        """Send a whole answer."""
        self.status = answer.status
        self.on_status(answer.status)  # before the client can know it
        only_head = self.request.method == "HEAD"
        if self.headers:
            answer = replace(answer, headers={**answer.headers, **self.headers})
        await self.send_bytes(answer.raw(keep_alive=self.open, only_head=only_head))

    async def send_bytes(self, raw: bytes) -> None:
        """Send a part of an answer, or one that ends with the connection."""
        self._writer.write(raw)
        await self._writer.drain()

    def close(self) -> None:
        """End the connection, as a server does when it has nothing more to say."""
        self.open = False
        self._writer.close()

    def reset(self) -> None:
        """Break the connection, so that the client's next read fails."""
        self.open = False
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()

    async def client_leaves(self, seconds: float) -> bool:
        """Wait so many seconds; True, straight away, when the client has closed the connection."""
        try:
            return await asyncio.wait_for(self._reader.read(1), seconds) == b""
        except TimeoutError:
            return False
