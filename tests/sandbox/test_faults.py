"""Faults: what each looks like from outside, and whether it bills."""

import http.client
import json
import socket
from collections.abc import Callable

import pytest

from sandbox.faults import FAULTS
from sandbox.server import Sandbox
from tests.sandbox.support import NCELL, NTC, address, billed
from tests.sandbox_support import send

Seen = Callable[[Sandbox], None]


def answers(
    status: int, *, has: bytes = b"", header: str = "", kind: str = "application/json"
) -> Seen:
    """A whole answer."""

    def seen(sandbox: Sandbox) -> None:
        reply = send(sandbox.url, NTC)
        assert reply.status == status
        assert has in reply.body
        assert reply.headers["Content-Type"].startswith(kind)
        assert not header or reply.headers[header]

    return seen


def says_first(status: int, *, header: str = "") -> Seen:
    """Something that is no answer yet, and that `http.client` takes for one."""

    def seen(sandbox: Sandbox) -> None:
        reply = send(sandbox.url, NTC)
        assert (reply.status, reply.body) == (status, b"")
        assert not header or reply.headers[header]

    return seen


def answers_exactly(body: bytes, *, status: int = 200) -> Seen:
    def seen(sandbox: Sandbox) -> None:
        reply = send(sandbox.url, NTC)
        assert (reply.status, reply.body) == (status, body)

    return seen


def breaks(*errors: type[Exception], timeout: float = 5) -> Seen:
    """No whole answer."""

    def seen(sandbox: Sandbox) -> None:
        with pytest.raises(errors):
            send(sandbox.url, NTC, timeout=timeout)

    return seen


def undecodable(encoding: str) -> Seen:
    def seen(sandbox: Sandbox) -> None:
        reply = send(sandbox.url, NTC)
        assert reply.status == 200
        with pytest.raises(UnicodeDecodeError):
            reply.body.decode(encoding)

    return seen


def too_long(sandbox: Sandbox) -> None:
    assert len(send(sandbox.url, NTC).body) > 64 * 1024


def without_headers(sandbox: Sandbox) -> None:
    """Half a header is what `http.client` takes for an empty answer."""
    reply = send(sandbox.url, NTC)
    assert (reply.status, reply.body) == (200, b"")
    assert "Content-Length" not in reply.headers


COUNTS = b'"ncell":0,"smartcell":0}'
REGULAR = b'{"message":"Success! SMS has been sent","ntc":1,' + COUNTS
AS_DOCUMENTED = b"""{
  "message":"Success! SMS has been sent",
  "ntc":1,
  "ncell":0,
  "smartcell":0,
}"""
FAULT_CASES: dict[str, tuple[Seen, bool]] = {
    "hang": (breaks(TimeoutError, timeout=0.5), True),
    "slow": (answers_exactly(REGULAR), True),
    "drip": (answers_exactly(REGULAR), True),
    "close": (breaks(http.client.RemoteDisconnected), True),
    "reset": (breaks(ConnectionResetError), True),
    "reset-unread": (breaks(ConnectionResetError), False),
    "reset-within": (breaks(ConnectionResetError), True),
    "cut-headers": (without_headers, True),
    "cut": (breaks(http.client.IncompleteRead), True),
    "interim-103": (says_first(103, header="Link"), True),
    "interim-102-many": (says_first(102), True),
    "interim-forever": (says_first(102), True),
    "interim-late": (answers_exactly(REGULAR), True),
    "answered-twice": (answers_exactly(REGULAR), True),
    "switching": (says_first(101, header="Upgrade"), True),
    "two-lengths": (answers_exactly(b""), True),
    "length-and-chunks": (answers_exactly(REGULAR), True),
    "until-close": (answers_exactly(REGULAR), True),
    "chunked": (answers_exactly(REGULAR), True),
    "chunked-cut": (breaks(http.client.IncompleteRead), True),
    "401": (answers(401, has=b'"Unauthenticated."'), False),
    "invalid-token": (answers(200, has=b"Invalid token"), False),
    "unauthenticated-200": (answers(200, has=b'"Unauthenticated"'), False),
    "login": (answers(302, header="Location", kind="text/html"), False),
    "429": (answers(429, header="Retry-After"), False),
    "429-date": (answers(429, header="Retry-After"), False),
    "429-bare": (answers(429, header="X-RateLimit-Remaining"), False),
    "413": (answers(413), False),
    "403": (answers(403), False),
    "404": (answers(404), False),
    "405": (answers(405), False),
    "419": (answers(419), False),
    "400": (answers(400, has=b"could not be processed"), False),
    "402": (answers(402, has=b"balance"), False),
    "402-empty": (answers_exactly(b"", status=402), False),
    "sorry-201": (answers(201, has=b"could not be sent"), False),
    "error-balance": (answers_exactly(b'{"error":"Insufficient balance"}'), False),
    "422": (answers(422, has=b"known scam pattern"), False),
    "scam": (answers(200, has=b"known scam pattern"), False),
    "invalid-all": (answers(200, has=b'"other":1,"invalid_number":["9841000001"]'), False),
    "invalid-some": (answers(200, has=b'"invalid_number":["9841000001"]'), False),
    "invalid-422": (answers(422, has=b'"invalid_number":["9841000001"]'), False),
    "500": (answers(500, has=b"Server Error"), True),
    "502": (answers(502, has=b"<html>", kind="text/html"), True),
    "503": (answers(503), False),
    "408": (answers(408), False),
    "redirect": (answers(307, header="Location"), True),
    "success-400": (answers(400, has=REGULAR), True),
    "success-401": (answers(401, has=REGULAR), True),
    "success-429": (answers(429, has=REGULAR), True),
    "success-500": (answers(500, has=REGULAR), True),
    "counts-short": (answers(200, has=b'sent","ntc":0,' + COUNTS), True),
    "counts-over": (answers(200, has=b'sent","ntc":2,' + COUNTS), True),
    "counts-as-text": (answers(200, has=b'"ntc":"1",' + COUNTS), True),
    "counts-true": (answers(200, has=b'"ntc":true,' + COUNTS), True),
    "counts-nan": (answers(200, has=b'"ntc":NaN,' + COUNTS), True),
    "counts-missing": (answers_exactly(b'{"message":"Success! SMS has been sent"}'), True),
    "success-invalid": (answers(200, has=b'"invalid_number":["9800000999"]'), True),
    "invalid-foreign": (answers(200, has=b'"invalid_number":["9800000999"]'), True),
    "unknown-words": (answers(200, has=b"queued"), True),
    "queued-422": (answers(422, has=b"queued for delivery"), True),
    "sent-balance": (answers(200, has=b"SMS queued. Remaining balance"), True),
    "no-words": (answers_exactly(b'{"status":"ok"}'), True),
    "sorry-counted": (answers(200, has=b'be sent","ntc":1,' + COUNTS), True),
    "html": (answers(200, has=b"<!doctype html>", kind="text/html"), True),
    "empty": (answers_exactly(b""), True),
    "huge": (too_long, True),
    "not-utf8": (undecodable("utf-8"), True),
    "utf-16": (undecodable("utf-8"), True),
    "byte-order-mark": (answers_exactly(b"\xef\xbb\xbf" + REGULAR), True),
    "list": (answers_exactly(b"[" + REGULAR + b"]"), True),
    "half": (answers_exactly(REGULAR[: len(REGULAR) // 2]), True),
    "trailing-commas": (answers_exactly(AS_DOCUMENTED), True),
    "duplicate-keys": (answers(200, has=b'0,"message":"Sorry!"}'), True),
    "deep": (answers(200, has=b"[" * 30_000 + b"]" * 30_000), True),
    "long-number": (answers(200, has=b"9" * 5000), True),
    "echo-plain": (answers(200, has=COUNTS[:-1] + b',"debug":["Bearer sandbox"]}'), True),
    "echo-upper": (answers(200, has=b"BEARER SANDBOX"), True),
    "echo-json": (answers(200, has=rb"\u0042\u0065\u0061"), True),
    "echo-json-partly": (answers(200, has=rb"B\u0065\u0061r\u0065\u0072"), True),
    "echo-percent": (answers(200, has=b"%42%65%61"), True),
    "echo-percent-twice": (answers(200, has=b"%2542%2565"), True),
    "echo-entities": (answers(200, has=b"&#66;&#101;"), True),
    "echo-entities-hex": (answers(200, has=b"&#x42;&#x65;"), True),
    "echo-entities-named": (answers(200, has=b"Bearer&nbsp;sandbox"), True),
    "echo-base64": (answers(200, has=b'"QmVhcmVyIHNhbmRib3g="'), True),
    "echo-base64-bare": (answers(200, has=b'"eEJlYXJlciBzYW5kYm94"'), True),
    "echo-base64-twice": (answers(200, has=b'"UW1WaGNtVnlJSE5oYm1SaWIzZz0="'), True),
    "echo-hex": (answers(200, has=b"4265617265722073616e64626f78"), True),
    "echo-hex-upper": (answers(200, has=b"42 65 61 72 65 72 20 73 61 6E"), True),
    "echo-cut-lines": (answers(200, has=rb"\r\n"), True),
    "echo-cut-tags": (answers(200, has=b"Bearer<wbr class='cut'> s<wbr class='cut'>andbox"), True),
    "echo-cut-strings": (answers(200, has=b'"Bearer"," s","andbox"'), True),
    "echo-cut-unseen": (answers(200, has="Bearer\u200b s\u200bandbox".encode()), True),
    "echo-utf-16": (answers(200, has="Bearer sandbox".encode("utf-16-le")), True),
    "echo-500": (answers(500, has=b"Bearer sandbox"), True),
    "echo-header": (answers(200, has=REGULAR, header="X-Debug"), True),
    "echo-no-header": (answers_exactly(REGULAR), True),
}


def test_every_fault_has_a_case() -> None:
    assert set(FAULT_CASES) == set(FAULTS)


@pytest.mark.parametrize("name", FAULT_CASES)
def test_a_fault_shows_and_bills_as_it_says(sandbox: Sandbox, name: str) -> None:
    shows, bills = FAULT_CASES[name]
    sandbox.settings(script=[name])

    shows(sandbox)

    assert billed(sandbox) == ([NTC] if bills else [])
    assert [request.fault for request in sandbox.requests()] == [name]
    assert send(sandbox.url, NCELL).json()["ncell"] == 1


def test_a_fault_can_be_told_to_bill_or_not(sandbox: Sandbox) -> None:
    sandbox.settings(script=["500:unbilled", "503:billed", "close:unbilled"])

    assert send(sandbox.url, "9841000001").status == 500
    assert send(sandbox.url, "9841000002").status == 503
    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox.url, "9841000003")
    assert billed(sandbox) == ["9841000002"]
    assert [request.billed for request in sandbox.requests()] == [0, 1, 0]


def test_a_dripping_answer_comes_byte_by_byte(sandbox: Sandbox) -> None:
    sandbox.settings(drip=30, script=["drip"])
    body = json.dumps({"message": "Hello", "mobile": NTC}).encode()
    head = f"POST /api/sms HTTP/1.1\r\nContent-Length: {len(body)}\r\n".encode()
    with socket.create_connection(address(sandbox), timeout=0.5) as connection:
        connection.sendall(head + b"Authorization: Bearer sandbox\r\n\r\n" + body)
        assert connection.recv(100) == b"H"
        with pytest.raises(TimeoutError):
            connection.recv(100)


def test_an_answer_that_never_comes_is_given_up(sandbox: Sandbox) -> None:
    sandbox.settings(hang=0, script=["hang"])

    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox.url, NTC)


def test_a_throttled_caller_is_told_how_long_to_wait(sandbox: Sandbox) -> None:
    sandbox.settings(retry_after=7, script=["429", "429-date", "429-bare"])

    assert send(sandbox.url, NTC).headers["Retry-After"] == "7"
    assert send(sandbox.url, NTC).headers["Retry-After"].endswith(" GMT")
    assert "Retry-After" not in send(sandbox.url, NTC).headers


def test_a_connection_that_idles_is_closed(sandbox: Sandbox) -> None:
    sandbox.settings(idle=0.05)
    with socket.create_connection(address(sandbox), timeout=5) as connection:
        connection.sendall(b"GET /api/balance HTTP/1.1\r\nAuthorization: Bearer sandbox\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert connection.recv(1000) == b""


def test_an_answer_says_how_long_a_connection_may_idle(sandbox: Sandbox) -> None:
    assert "Keep-Alive" not in send(sandbox.url, NTC).headers
    sandbox.settings(keep_alive=5)
    assert send(sandbox.url, NTC).headers["Keep-Alive"] == "timeout=5"


@pytest.mark.parametrize(("partial", "sent"), [("none_sent", 0), ("valid_sent", 18)])
def test_every_tenth_number_can_be_called_invalid(
    sandbox: Sandbox, partial: str, sent: int
) -> None:
    mobiles = [f"98410000{number:02d}" for number in range(20)]
    sandbox.settings(script="invalid-some", partial=partial)

    reply = send(sandbox.url, *mobiles)

    assert reply.json()["invalid_number"] == [mobiles[0], mobiles[10]]
    assert len(billed(sandbox)) == sent
