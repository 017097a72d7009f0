"""The sandbox's server: one thread, one event loop, one socket; alone or within a test."""

import asyncio
import socket
import ssl
import sys
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from sandbox.account import Account
from sandbox.changes import BadSetting, changed, read_changes
from sandbox.control import Control
from sandbox.gateway import SandboxGateway
from sandbox.ledger import Entry, Ledger, entries_of
from sandbox.plan import Plan
from sandbox.request_log import SeenRequest
from sandbox.settings import Settings
from sandbox.wire import Exchange, NotReadable, Request, html_answer, read_request

_OPENING: Final = "10000.00"
_BACKLOG: Final = 1024
_LOGIN: Final = html_answer(200, "<!doctype html><title>Sign in</title><h1>Sign in</h1>")
_TO_PAGE: Final = html_answer(302, "", {"Location": "/_sandbox/"})


class Sandbox:
    """The gateway on a port of its own.

        with Sandbox(latency=0.1, balance="50") as sandbox:
            requests.get(f"{sandbox.url}/balance", ...)

    Settings are those of `sandbox.changes`. `port` 0 takes a free one and keeps it: stopped and
    started again, the gateway has the same address, balance and ledger.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ledger: Path | None = None,
        certfile: Path | None = None,
        keyfile: Path | None = None,
        verbose: bool = False,
        **settings: object,
    ) -> None:
        read = read_changes({"balance": _OPENING, **settings})
        account = Account(read.pop("balance"), Ledger(ledger))
        self._gateway = SandboxGateway(account, changed(Settings(), read), Plan())
        self._gateway.plan.change(read)
        self._control = Control(self._gateway)
        self._host = host
        self._port = port
        self._tls = _tls(certfile, keyfile) if certfile else None
        self._verbose = verbose
        self._thread: Thread | None = None

    def start(self) -> None:
        """Serve until `stop`. Raises OSError if the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self._port), family=family)
        self._port = listener.getsockname()[1]
        ready = Event()
        self._thread = Thread(
            target=lambda: asyncio.run(self._run(listener, ready)), name="sandbox", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Close the port and every connection, answered or not."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop, and close the ledger."""
        self.stop()
        self._gateway.account.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def root(self) -> str:
        """The address without a path."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named, not bound
        host = everywhere.get(self._host, self._host)
        name = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{name}:{self._port}"

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"{self.root}/api"

    @property
    def balance(self) -> Decimal:
        """Rupees in the account."""
        return self._gateway.account.balance()

    def ledger(self) -> list[Entry]:
        return list(entries_of(self._gateway.account.totals().records))

    def requests(self) -> list[SeenRequest]:
        return self._gateway.requests.recent()

    def settings(self, **changes: object) -> None:
        """Change any settings. Raises `BadSetting` and changes none if any is wrong."""
        self._gateway.change(read_changes(changes))

    def reset(self) -> None:
        self._gateway.reset()

    async def _run(self, listener: socket.socket, ready: Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(
            self._serve, sock=listener, ssl=self._tls, backlog=_BACKLOG
        )
        ready.set()
        await self._stopping.wait()
        # The connections end with the loop: `asyncio.run` cancels whatever still serves one.
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, one request after the other."""
        try:
            while request := await self._next_request(reader):
                exchange = Exchange(request, reader, writer)
                if seconds := self._gateway.settings.keep_alive:
                    exchange.headers = {"Keep-Alive": f"timeout={seconds}"}
                await self._answer(exchange)
                if not exchange.open:
                    break
                await exchange.body()  # unread, it would be taken for the next request
        except NotReadable as error:
            writer.write(error.answer.raw(keep_alive=False))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client has gone
        except asyncio.CancelledError:
            pass  # the gateway stops; asyncio would complain of it on Python 3.11
        finally:
            writer.close()

    async def _next_request(self, reader: asyncio.StreamReader) -> Request | None:
        """The next request; None when the client has closed the connection, or let it idle too
        long.
        """
        idle = self._gateway.settings.idle
        try:
            return await asyncio.wait_for(read_request(reader), idle or None)
        except TimeoutError:
            return None

    async def _answer(self, exchange: Exchange) -> None:
        path = exchange.request.path
        try:
            if path.startswith("/_sandbox/"):
                await self._control.answer(exchange)
            elif path in ("/", "/_sandbox"):
                await exchange.send(_TO_PAGE)
            elif path == "/login":
                await exchange.send(_LOGIN)
            else:
                await self._gateway.answer(exchange)
        finally:
            if self._verbose:
                status = exchange.status or "-"
                print(exchange.request.method, path, status, file=sys.stderr, flush=True)


def _tls(certfile: Path, keyfile: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certfile, keyfile)
    except OSError as error:
        why = error.strerror or error
        raise BadSetting(f"The certificate {certfile} cannot be used: {why}.") from error
    return context
