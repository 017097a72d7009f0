"""Which answer is believed, and how long a connection may idle before it is used again."""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3.connectionpool
from pytest_django import Settings
from requests.adapters import HTTPAdapter

from messaging.answers.classification import MOST_BYTES
from messaging.answers.outcomes import Outcome
from messaging.models import Batch, BatchState, Gateway, SentMessage
from messaging.services import frames, sociair, transport
from messaging.services.gateway import holds
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.raw_server import RawServer, Script
from tests.sending import check_books, gateway_of_a_worker, hand_over, numbers

pytestmark = pytest.mark.django_db

_clock = transport.now


def _answer(content: object, *headers: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    body = json.dumps(content).encode()
    return "\r\n".join([status, f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


SUCCESS = {"message": "Success! SMS has been sent", "ntc": 1, "ncell": 0, "smartcell": 0}
YES = _answer(SUCCESS)
NO = _answer({"message": "Sorry! SMS could not be sent. Not enough balance"})
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
ACCEPTED, REFUSED = Outcome.ACCEPTED, Outcome.REFUSED
NO_ANSWER, UNREADABLE = Outcome.NO_ANSWER, Outcome.UNREADABLE


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ports come back, and what was learned of another test's server must not."""
    monkeypatch.setattr(transport, "_died", {})
    sociair._session.cache_clear()
    yield
    sociair._session.cache_clear()


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest, certificate: tuple[Path, Path]) -> Path | None:
    """The server's certificate, by somebody who is trusted, or none."""
    if request.param == "http":
        return None
    sociair._session().verify = str(certificate[0].with_name("authority.pem"))
    return certificate[0]


@dataclass
class Sender:
    """A worker that sends one batch after the other, with a clock that can be put forward."""

    settings: Settings
    ahead: float = 0.0

    def wait(self, seconds: float) -> None:
        self.ahead += seconds

    def send(
        self, server: RawServer, *pauses: float, between: Callable[[], None] | None = None
    ) -> list[str]:
        """A batch, and another one after each of the pauses; their outcomes."""
        self.settings.SOCIAIR_BASE_URL = server.url
        self.settings.SOCIAIR_BATCH_SIZE = 1
        gateway = gateway_of_a_worker()
        hand_over(gateway, numbers(len(pauses) + 1))
        for pause in (0, *pauses):
            self.wait(pause)
            holds.release(gateway, by=None)
            assert dispatch.send_next(gateway) is dispatch.Round.CALLED
            if between is not None:
                between()
        return list(SentMessage.objects.order_by("pk").values_list("outcome", flat=True))


@pytest.fixture
def sender(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Sender:
    settings.SOCIAIR_TOTAL_TIMEOUT = 2
    sender = Sender(settings)
    monkeypatch.setattr(transport, "now", lambda: _clock() + sender.ahead)
    return sender


# -- Which answer is believed ----------------------------------------------------------------


@pytest.mark.parametrize(
    "interim",
    [(EARLY, 0.3), (PROCESSING, 0.2, PROCESSING, 0.2), (EARLY,), (b"HTTP/1.1 100 \r\n\r\n",)],
    ids=["103", "102 twice", "103 at once", "100"],
)
def test_an_interim_answer_does_not_shift_the_answers(
    interim: Script, sender: Sender, tls: Path | None
) -> None:
    with RawServer([*interim, YES], [NO], certificate=tls) as server:
        assert sender.send(server, 0) == [ACCEPTED, REFUSED]
        assert server.asked == [1, 1]
        assert server.connections == 1


def test_interim_answers_without_an_end_end_at_the_deadline(sender: Sender) -> None:
    sender.settings.SOCIAIR_TOTAL_TIMEOUT = 0.3
    with RawServer([PROCESSING, 0.05] * 20, [YES]) as server:
        assert sender.send(server, 0) == [NO_ANSWER, ACCEPTED]
        assert server.asked == [1, 2]


@pytest.mark.parametrize("surplus", [YES, NO, EARLY, b"\r\n", b"x"])
def test_an_answer_with_something_behind_it_proves_nothing(
    surplus: bytes, sender: Sender, tls: Path | None
) -> None:
    with RawServer([NO + surplus], [YES], certificate=tls) as server:
        assert sender.send(server, 0) == [UNREADABLE, ACCEPTED]
        assert server.asked == [1, 2]
    states = Batch.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [BatchState.UNCONFIRMED, BatchState.ACCEPTED]
    # People can read all of it.
    all_of_it = NO.partition(b"\r\n\r\n")[2] + surplus
    assert SentMessage.objects.earliest("pk").raw == all_of_it.decode()


def test_a_full_buffer_with_something_behind_proves_nothing(
    sender: Sender, tls: Path | None
) -> None:
    """What follows it is left in the socket, or with TLS."""
    room = io.DEFAULT_BUFFER_SIZE - len(_answer(SUCCESS, "X-Room: "))
    full = _answer(SUCCESS, f"X-Room: {'x' * room}")
    assert len(full) == io.DEFAULT_BUFFER_SIZE
    with RawServer([full + YES], [YES], certificate=tls) as server:
        assert sender.send(server, 0) == [UNREADABLE, ACCEPTED]
        assert server.asked == [1, 2]


@pytest.mark.parametrize("surplus", [YES, EARLY, YES * 1000])
@pytest.mark.parametrize("pool_looks", [True, False])
def test_what_comes_after_an_answer_is_not_taken_for_the_next_one(
    surplus: bytes,
    pool_looks: bool,
    sender: Sender,
    tls: Path | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It came when the answer had been read: also after the pool has looked whether it is alive."""
    if not pool_looks:
        monkeypatch.setattr(urllib3.connectionpool, "is_connection_dropped", lambda conn: False)
    with RawServer([YES, 0.1, surplus], [NO], certificate=tls) as server:
        assert sender.send(server, 0, between=server.wait) == [ACCEPTED, REFUSED]
        assert server.asked == [1, 2]


@pytest.mark.parametrize("pool_looks", [True, False])
def test_a_connection_that_was_closed_meanwhile_is_not_written_to(
    pool_looks: bool, sender: Sender, tls: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not pool_looks:
        monkeypatch.setattr(urllib3.connectionpool, "is_connection_dropped", lambda conn: False)
    with RawServer([YES, None], [NO], certificate=tls) as server:
        assert sender.send(server, 0, between=server.wait) == [ACCEPTED, REFUSED]
        assert server.asked == [1, 2]


def test_a_server_that_speaks_first_is_not_spoken_to(
    sender: Sender, tls: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = transport.WatchedHTTPSConnection if tls else transport.WatchedHTTPConnection
    connect = kind.connect

    def connect_and_hear(self: transport.WatchedHTTPConnection) -> None:
        connect(self)
        assert server.greeted.acquire(timeout=10)

    monkeypatch.setattr(kind, "connect", connect_and_hear)
    with RawServer(certificate=tls, greeting=YES) as server:
        assert sender.send(server) == [Outcome.UNREACHABLE]
        assert server.asked == []
    assert Batch.objects.get().state == BatchState.QUEUED


BODY = json.dumps(SUCCESS).encode()
PIECES = b"%x\r\n%b\r\n" % (20, BODY[:20]), b"%x\r\n%b\r\n" % (len(BODY) - 20, BODY[20:])
CHUNKS = b"".join(PIECES)


def _framed(*headers: str, body: bytes = BODY, status: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([status, *headers, "", ""]).encode() + body


CHUNKED, LENGTH = "Transfer-Encoding: chunked", f"Content-Length: {len(BODY)}"


@pytest.mark.parametrize(
    ("answer", "outcome", "used_again"),
    [
        (_framed(LENGTH), ACCEPTED, True),
        (_framed(CHUNKED, body=CHUNKS + b"0\r\n\r\n"), ACCEPTED, True),
        (_framed(CHUNKED, body=CHUNKS + b"00;last\r\nX-Took: 3\r\n\r\n"), ACCEPTED, True),
        (_framed(LENGTH, status="HTTP/1.0 200 OK"), ACCEPTED, False),
        (_framed(LENGTH, "Connection: close"), ACCEPTED, False),
        (_framed(LENGTH, "Connection: keep-alive", "Connection: Close"), ACCEPTED, False),
        (_framed(), UNREADABLE, False),
        (_framed(LENGTH, LENGTH), UNREADABLE, False),
        (_framed(f"{LENGTH}, {len(BODY)}"), UNREADABLE, False),
        (_framed("Content-Length: 0", LENGTH), UNREADABLE, False),
        (_framed(f"Content-Length: +{len(BODY)}"), UNREADABLE, False),
        (_framed("Content-Length: -1"), UNREADABLE, False),
        (_framed(LENGTH, CHUNKED, body=CHUNKS + b"0\r\n\r\n"), UNREADABLE, False),
        (_framed(CHUNKED, CHUNKED, body=CHUNKS + b"0\r\n\r\n"), UNREADABLE, False),
        (_framed("Transfer-Encoding: gzip, chunked"), UNREADABLE, False),
        (_framed("This is no header", LENGTH), UNREADABLE, False),
        (_framed(LENGTH, "This is no header"), UNREADABLE, False),
        (_framed(LENGTH, body=BODY[:-1]), NO_ANSWER, False),
        (_framed(CHUNKED, body=CHUNKS), NO_ANSWER, False),
        (_framed(CHUNKED, body=PIECES[0]), NO_ANSWER, False),
        (_framed(CHUNKED, body=CHUNKS + b"0\r\n"), NO_ANSWER, False),
        (_framed(CHUNKED, body=b"-1\r\n" + BODY), NO_ANSWER, False),
        (_framed(CHUNKED, body=b"5\r\n" + BODY), NO_ANSWER, False),
        (_framed(CHUNKED, body=b"no size\r\n"), NO_ANSWER, False),
        (_framed(status="HTTP/1.1 101 Switching Protocols", body=YES), NO_ANSWER, False),
    ],
)
def test_an_answer_is_one_whose_end_is_known(
    answer: bytes, outcome: Outcome, used_again: bool, sender: Sender
) -> None:
    # Where only the server can end it, it does; elsewhere it is the portal that must.
    ends: Script = [None] if outcome is NO_ANSWER or answer == _framed() else []
    with RawServer([answer, *ends], [NO]) as server:
        assert sender.send(server, 0) == [outcome, REFUSED]
        assert server.asked == [1, 1 if used_again else 2]


WHOLE = [
    _framed(LENGTH),
    _framed(CHUNKED, body=CHUNKS + b"0\r\n\r\n"),
    _framed("Content-Length: 0", status="HTTP/1.1 401 Unauthorized", body=b""),
    PROCESSING + EARLY + _framed(LENGTH),
]


def _read(*pieces: bytes) -> frames.WholeAnswer:
    """What is made of an answer that comes in such pieces before the connection ends."""
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(10)
        thread = threading.Thread(target=_say, args=(there, pieces))
        thread.start()
        try:
            answer = frames.WholeAnswer(here, method="POST")
            answer.begin()
        finally:
            thread.join()
    return answer


def _say(connection: socket.socket, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(0.001)  # whoever reads has a chance to read this piece by itself
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("whole", WHOLE)
def test_no_beginning_of_an_answer_is_an_answer(whole: bytes) -> None:
    for length in range(len(whole)):
        try:
            answer = _read(whole[:length], b"")
        except (http.client.HTTPException, ConnectionError):
            continue
        assert answer.doubtful, whole[:length]


@pytest.mark.parametrize("whole", WHOLE)
def test_an_answer_may_come_in_any_pieces(whole: bytes) -> None:
    at_once = _read(whole, b"")
    assert not at_once.doubtful
    body = at_once.read()
    for length in range(len(whole)):
        answer = _read(whole[:length], whole[length:])
        assert (answer.status, answer.doubtful, answer.read()) == (at_once.status, False, body)


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "429 Too Many Requests"])
@pytest.mark.parametrize(
    "ending", ["", "\r\n", "\r\nContent-Length: 0", "\r\nContent-Length: 0\r\n"]
)
def test_a_head_that_was_cut_off_proves_nothing(status: str, ending: str, sender: Sender) -> None:
    with RawServer([f"HTTP/1.1 {status}{ending}".encode(), None]) as server:
        assert sender.send(server) == [UNREADABLE]


def test_no_more_is_read_than_an_answer_may_have(sender: Sender) -> None:
    endless = b"%x\r\n%b\r\n" % (1000, b"x" * 1000) * 200
    with RawServer([_framed(CHUNKED, body=endless)], [YES]) as server:
        assert sender.send(server, 0) == [UNREADABLE, ACCEPTED]
        assert server.asked == [1, 2]
    assert len(SentMessage.objects.earliest("pk").raw) == MOST_BYTES


@pytest.mark.parametrize("on_a_used_connection", [False, True])
def test_nothing_is_ever_written_twice(on_a_used_connection: bool, sender: Sender) -> None:
    before: list[Script] = [[YES]] if on_a_used_connection else []
    with RawServer(*before, [None], [YES]) as server:
        outcomes = sender.send(server, *[0.0 for _script in before])
        assert outcomes[-1] == NO_ANSWER
        assert server.asked == [1] * len(outcomes)
    adapter = sociair._session().get_adapter(server.url)
    assert isinstance(adapter, HTTPAdapter)
    assert adapter.max_retries.total == 0


# -- Connections that idle -------------------------------------------------------------------


def test_a_connection_is_used_again_at_once_but_not_after_seconds(sender: Sender) -> None:
    with RawServer([YES], [YES], [YES]) as server:
        sender.send(server, 0, transport.MOST_IDLE)
        assert server.asked == [1, 1, 2]


def test_idling_begins_when_the_answer_has_come(sender: Sender) -> None:
    with RawServer([lambda: sender.wait(1.9), YES], [YES]) as server:
        sender.send(server, 0.3)
        assert server.asked == [1, 1]


def test_a_connection_that_died_while_it_idled_teaches_patience(sender: Sender) -> None:
    with RawServer([YES], [None], [YES], [YES], [YES]) as server:
        outcomes = sender.send(server, 1.2, 0, 0.1, 0.7)
        assert outcomes == [ACCEPTED, NO_ANSWER, ACCEPTED, ACCEPTED, ACCEPTED]
        assert server.asked == [1, 1, 2, 2, 3]


def test_a_new_connection_that_dies_teaches_nothing(sender: Sender) -> None:
    with RawServer([None], [YES], [YES]) as server:
        assert sender.send(server, 0, 1.2) == [NO_ANSWER, ACCEPTED, ACCEPTED]
        assert server.asked == [1, 2, 2]


def test_a_replaced_connection_that_dies_shortens_no_idling(sender: Sender) -> None:
    with RawServer([YES, None], [None], [YES], [YES]) as server:
        outcomes = sender.send(server, 1.2, 0, 0.7, between=server.wait)
        assert outcomes == [ACCEPTED, NO_ANSWER, ACCEPTED, ACCEPTED]
        assert server.asked == [1, 2, 3, 3]


def test_a_missed_deadline_shortens_no_idling(sender: Sender) -> None:
    sender.settings.SOCIAIR_TOTAL_TIMEOUT = 0.4
    with RawServer([YES], [1.0, None], [YES], [YES]) as server:
        assert sender.send(server, 0.1, 0, 0.7) == [ACCEPTED, NO_ANSWER, ACCEPTED, ACCEPTED]
        assert server.asked == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("keep_alive", "pause", "used_again"),
    [
        ("timeout=5, max=100", 1.2, True),
        ("timeout=2", 0.1, True),
        ("timeout=2", 1.1, False),
        ("timeout=1", 0, False),
        ("timeout=0", 0, False),
        ("timeout=60, max=1", 0, False),
    ],
)
def test_what_a_server_says_about_idling_is_heeded(
    keep_alive: str, pause: float, used_again: bool, sender: Sender
) -> None:
    with RawServer([_answer(SUCCESS, f"Keep-Alive: {keep_alive}")], [YES]) as server:
        assert sender.send(server, pause) == [ACCEPTED, ACCEPTED]
        assert server.asked == [1, 1 if used_again else 2]


@pytest.mark.parametrize(
    ("keep_alive", "seconds"),
    [
        ("", float("inf")),
        ("max=100", float("inf")),
        ("timeout=soon", float("inf")),
        ("timeout=" + "9" * 5000, float("inf")),
        ("timeout=60", 30),
        ("Max=7; Timeout = 3", 1.5),
        ('timeout="3"', 1.5),
        ("timeout=2", 1),
        ("timeout=1", 0),
        ("max=01, timeout=60", 0),
        ("max=10", float("inf")),
    ],
)
def test_half_of_what_a_server_promises_is_relied_on(keep_alive: str, seconds: float) -> None:
    assert frames.longest_idle(keep_alive) == seconds


def test_a_server_that_closes_idle_connections_costs_one_doubt(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """Idle for about as long as the sender pauses: by chance it is closed as we write."""
    sandbox.settings(idle=0.05)
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, numbers(40))
    for turn in range(40):
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
        holds.release(gateway, by=None)
        time.sleep(0.03 + turn % 10 * 0.003)
    campaign.refresh_from_db()
    assert campaign.unconfirmed <= 1
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
