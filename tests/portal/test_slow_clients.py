"""The web server as it is started, and clients that send slowly, or not as they should."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from sociair_portal.common import temporary
from tests.launched import MOST, Run, sign_in, until

FORM = b"POST /account/sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
TYPED = FORM % b"application/x-www-form-urlencoded"
FILES = FORM % b"multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nName,Mobile\n'
HALF_OPEN = b""
SLOW_HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_FORM = TYPED + b"Content-Length: 5000\r\n\r\nusername="
SLOW_FILE = FILES + b"Content-Length: 5000000\r\n\r\n" + PART
CLOSING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
STYLE = "/static/js-lib-bootstrap5/css/bootstrap.css"
READING = f"GET {STYLE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
SLOW_READER = READING * 12  # more than the kernel keeps for a client
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A portal that waits five seconds for a request."""
    with Run(tmp_path_factory.mktemp("run"), REQUEST_SECONDS="5") as running:
        until(running.is_up)
        yield running


def connected(run: Run, first: bytes = b"") -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(MOST)
    client.connect(("127.0.0.1", run.port))
    client.sendall(first)
    return client


def temporary_folder(run: Run) -> Path:
    return Path(run.environment["VAR_DIR"]) / "temporary"


def everything(client: socket.socket) -> bytes:
    """What comes until the connection is closed."""
    found = b""
    with suppress(ConnectionResetError):
        while data := client.recv(65536):
            found += data
    return found


@contextmanager
def dripping(clients: list[socket.socket]) -> Iterator[None]:
    """A letter of each, again and again."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.2):
            for client in clients:
                with suppress(OSError):
                    client.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.parametrize(
    "first", [HALF_OPEN, SLOW_HEAD, SLOW_FORM, SLOW_FILE, CLOSING, SLOW_READER]
)
def test_slow_clients_stop_nobody_else(run: Run, first: bytes) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(run, first)) for _client in range(50)]
        half_open = [stack.enter_context(connected(run)) for _client in range(50)]
        drips = [] if first in (HALF_OPEN, SLOW_READER, CLOSING) else slow
        stack.enter_context(dripping(drips))
        assert run.get("/healthz").read() == b"ok"
        assert not list(temporary_folder(run).iterdir())
        if first != SLOW_READER:
            for client in (slow[0], slow[-1], half_open[-1]):
                everything(client)  # comes to its end, although they never send theirs


def test_answers_wait_for_a_client_that_reads_them_later(run: Run) -> None:
    with connected(run, SLOW_READER + CLOSING) as client:
        assert run.get("/healthz").read() == b"ok"
        answers = everything(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 13
    assert answers.endswith(b"\r\n\r\nok")


def test_a_connection_serves_several_requests(run: Run) -> None:
    with connected(run, GET) as client:
        answer = client.recv(65536)
        assert b"Connection: keep-alive" in answer
        client.sendall(GET[:20])
        client.sendall(GET[20:] + CLOSING)  # and another one before the answer
        answers = everything(client)
        assert answers.count(b"HTTP/1.1 200 OK") == 2
        assert b"Connection: close" in answers


def test_a_connection_that_nobody_used_for_a_while_answers_on(run: Run) -> None:
    with connected(run, GET) as client:
        client.recv(65536)
        time.sleep(3)  # longer than gunicorn itself waits
        client.sendall(CLOSING)
        assert b"HTTP/1.1 200 OK" in everything(client)


def test_a_form_may_wait_for_leave_to_be_sent(run: Run) -> None:
    head = TYPED + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
    with connected(run, head) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"a=10")
        assert b"HTTP/1.1 403 Forbidden" in everything(client)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 40_000, b"431"),
        (GET[:-2] + b"X-Long: " + b"a" * 9_000 + b"\r\n\r\n", b"431"),
        (TYPED + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\na=10", b"400"),
        (TYPED + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (TYPED + b"Content-Length: +4\r\n\r\na=10", b"400"),
        (TYPED + b"Content-Length : 4\r\n\r\na=10", b"400"),
        (TYPED + b"Transfer-Encoding: chunked\r\n\r\n4\r\na=10\r\n0\r\n\r\n", b"411"),
        (TYPED + b"Content-Length: 70000\r\n\r\na=10", b"413"),
        (b"\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_proper_request_ends_its_connection(
    run: Run, request_: bytes, status: bytes
) -> None:
    with connected(run, request_) as client:
        answer = everything(client)
        assert answer.startswith(b"HTTP/1.1 " + status), answer
        assert answer.count(b"HTTP/1.1 ") == 1


def test_who_still_sends_reads_why_it_was_refused(run: Run) -> None:
    with connected(run, SLOW_FILE) as client:
        for _piece in range(60):
            client.sendall(b"a" * 65536)
        assert everything(client).startswith(b"HTTP/1.1 413 ")


def upload(run: Run) -> socket.socket:
    """Someone who is signed in, and sends half of a file."""
    cookie = sign_in(run)
    head = (
        b"POST /contacts/import/ HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 1000000\r\nCookie: %s\r\n\r\n"
    )
    cookies = f"{cookie}; csrftoken={'a' * 32}".encode()
    client = connected(run, head % cookies + PART + b"a" * 300_000)
    until(lambda: any(file.stat().st_size for file in temporary_folder(run).iterdir()))
    return client


def test_a_file_that_comes_too_slowly_is_cut_off_and_removed(run: Run) -> None:
    with upload(run) as client, dripping([client]):
        everything(client)
        until(lambda: not list(temporary_folder(run).iterdir()))


def test_the_file_of_a_process_that_is_killed_is_swept(run: Run, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = temporary_folder(run)
    with upload(run) as client:
        (left,) = temporary_folder(run).iterdir()
        os.kill(holder_of(left), signal.SIGKILL)
        everything(client)
    until(lambda: run.get("/healthz").status == 200)
    temporary.sweep()
    assert left.exists()  # it may still be in use
    an_hour_ago = time.time() - 3700
    os.utime(left, (an_hour_ago, an_hour_ago))
    temporary.sweep()
    assert not left.exists()


def holder_of(file: Path) -> int:
    """The process that has a file open."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if link.readlink() == file:
                return int(link.parts[2])
    raise AssertionError("Nobody has it open.")


def test_slow_clients_do_not_keep_the_portal_from_stopping(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        until(run.is_up)
        with connected(run, SLOW_HEAD) as head, connected(run, SLOW_FORM) as form:
            with dripping([head, form]):
                run.terminate()
                assert run.ended() == 0
    assert "SIGKILL" not in run.output
