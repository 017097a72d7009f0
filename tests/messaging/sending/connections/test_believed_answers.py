"""Which answer is believed: one whose end is known, with nothing behind it."""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import urllib3.connectionpool
from requests.adapters import HTTPAdapter

from messaging.answers.classification import MOST_BYTES
from messaging.answers.outcomes import Outcome
from messaging.models import Batch, BatchState, SentMessage
from messaging.services import frames, sociair, transport
from tests.messaging.sending.connections.support import (
    ACCEPTED,
    EARLY,
    NO,
    NO_ANSWER,
    PROCESSING,
    REFUSED,
    SUCCESS,
    UNREADABLE,
    YES,
    Sender,
    answer_of,
)
from tests.raw_server import RawServer, Script

pytestmark = pytest.mark.django_db


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
    room = io.DEFAULT_BUFFER_SIZE - len(answer_of(SUCCESS, "X-Room: "))
    full = answer_of(SUCCESS, f"X-Room: {'x' * room}")
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
