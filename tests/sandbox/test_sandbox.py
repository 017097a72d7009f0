"""The sandbox gateway, over real sockets: what it answers, what it bills, how it fails."""

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts import phone
from messaging.text.length import measure
from sandbox.changes import BadSetting
from sandbox.faults import FAULTS
from sandbox.ledger import DamagedLedger
from sandbox.magic import INVALID, MAGIC
from sandbox.operators import is_known, operator_of
from sandbox.page import rupees
from sandbox.parts import parts_of
from sandbox.server import Sandbox
from tests.sandbox_support import HEADERS, call, make_certificate, post, send

ROOT = Path(__file__).resolve().parents[2]
NTC, NCELL, SMARTCELL, OTHER = "9841000001", "9801000001", "9611000001", "9721000001"
SUCCESS = "Success! SMS has been sent"
SORRY = "Sorry! SMS could not be sent. Invalid mobile number"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(hang=30, slow=0, drip=0) as sandbox:
        yield sandbox


def billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


# The documented API


def test_one_number_is_sent_and_billed(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, NTC, text="Hello")

    assert reply.status == 200
    assert reply.body == b'{"message":"Success! SMS has been sent","ntc":1,"ncell":0,"smartcell":0}'
    (entry,) = sandbox.ledger()
    assert (entry.sequence, entry.request, entry.mobile) == (1, 1, NTC)
    assert (entry.operator, entry.text, entry.parts) == ("ntc", "Hello", 1)
    assert entry.cost == Decimal("0.80")
    assert sandbox.balance == Decimal("9999.20")


def test_several_numbers_are_counted_by_operator(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, NTC, "9851000002", NCELL, SMARTCELL)

    assert reply.json() == {"message": SUCCESS, "ntc": 2, "ncell": 1, "smartcell": 1}
    assert [entry.sequence for entry in sandbox.ledger()] == [1, 2, 3, 4]


def test_an_operator_without_a_name_is_counted_as_other(sandbox: Sandbox) -> None:
    assert send(sandbox.url, OTHER).json() == {
        "message": SUCCESS, "ntc": 0, "ncell": 0, "smartcell": 0, "other": 1
    }  # fmt: skip


def test_the_balance_is_told_with_the_rates() -> None:
    with Sandbox(balance="19.2", rate="0.8", ncell_rate="1.25") as sandbox:
        reply = call(f"{sandbox.url}/balance")

    assert reply.status == 200
    assert reply.body == (
        b'{"balance":"19.20","ntc_rate":"0.80","ncell_rate":"1.25","smartcell_rate":"0.80"}'
    )


def test_each_part_and_operator_costs_its_rate() -> None:
    with Sandbox(
        balance=100, ntc_rate="1", ncell_rate="0.5", smartcell_rate=2, other_rate=0.25
    ) as sandbox:
        send(sandbox.url, NTC, NCELL, SMARTCELL, OTHER, text="x" * 161)

        assert [entry.parts for entry in sandbox.ledger()] == [2, 2, 2, 2]
        assert [str(entry.cost) for entry in sandbox.ledger()] == ["2.00", "1.00", "4.00", "0.50"]
        assert sandbox.balance == Decimal("92.50")


def test_an_invalid_number_is_refused(sandbox: Sandbox) -> None:
    reply = send(sandbox.url, "984956362")

    assert reply.status == 200
    assert reply.body == (
        b'{"message":"Sorry! SMS could not be sent. Invalid mobile number",'
        b'"ntc":0,"ncell":0,"smartcell":0,"other":1,"invalid_number":["984956362"]}'
    )
    assert billed(sandbox) == []


@pytest.mark.parametrize(("partial", "sent"), [("none_sent", []), ("valid_sent", [NTC])])
def test_valid_numbers_beside_an_invalid_one_are_treated_as_set(
    sandbox: Sandbox, partial: str, sent: list[str]
) -> None:
    sandbox.settings(partial=partial)

    reply = send(sandbox.url, NTC, INVALID, "+9779841000001", "")

    assert reply.json() == {
        "message": SORRY,
        "ntc": 1,
        "ncell": 0,
        "smartcell": 0,
        "other": 3,
        "invalid_number": [INVALID, "+9779841000001", ""],
    }
    assert billed(sandbox) == sent


@pytest.mark.parametrize("mobiles", [(NTC, NCELL), (NTC, NCELL, INVALID)])
def test_a_balance_that_is_too_small_pays_for_nobody(
    sandbox: Sandbox, mobiles: tuple[str, ...]
) -> None:
    sandbox.settings(balance="1.59", partial="valid_sent")

    reply = send(sandbox.url, *mobiles)

    assert reply.status == 200
    assert reply.json() == {
        "message": "Sorry! SMS could not be sent. Insufficient balance: Rs 1.59"
    }
    assert sandbox.balance == Decimal("1.59")


def test_the_sandbox_knows_the_portals_ranges_of_operators() -> None:
    for prefix in range(1000):
        number = f"{prefix:03d}1234567"
        if is_known(number):
            assert phone.parse_mobile(number) == number
            assert operator_of(number) == phone.operator_of(number).value, number
        else:
            with pytest.raises(phone.InvalidMobile):
                phone.parse_mobile(number)


@given(st.text(st.sampled_from("a€~é\nनम😀"), min_size=1, max_size=500))
def test_the_sandbox_counts_parts_like_the_portal(text: str) -> None:
    assert parts_of(text) == measure(text).parts


@given(st.text("a€", min_size=300, max_size=330))
def test_the_sandbox_cuts_parts_like_the_portal(text: str) -> None:
    assert parts_of(text) == measure(text).parts


def test_only_ten_plain_digits_are_a_number() -> None:
    for written in ("984100000", "98410000011", "984100000१", " 9841000001", "9841000001\n"):
        assert not is_known(written)


# Who may ask, and for what


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer other", "sandbox", "Basic sandbox"])
@pytest.mark.parametrize(("method", "path"), [("GET", "balance"), ("POST", "sms")])
def test_a_wrong_token_is_refused(sandbox: Sandbox, token: str, method: str, path: str) -> None:
    body = json.dumps({"message": "Hello", "mobile": NTC}).encode()

    reply = call(f"{sandbox.url}/{path}", method, body, {**HEADERS, "Authorization": token})

    assert (reply.status, reply.json()) == (401, {"message": "Unauthenticated."})
    assert billed(sandbox) == []


def test_a_wrong_token_from_a_browser_leads_to_the_login_page(sandbox: Sandbox) -> None:
    reply = call(f"{sandbox.url}/balance", headers={"Accept": "text/html"})

    assert (reply.status, reply.headers["Location"]) == (302, "/login")
    assert call(f"{sandbox.root}/login").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message": "Hello"}', "The mobile field is required."),
        (b'{"mobile": "9841000001", "message": " "}', "The message field is required."),
        (b'{"mobile": 9841000001, "message": "Hello"}', "The mobile field must be a string."),
        (b'{"mobile": null}', "The message field is required. (and 1 more error)"),
        (b"message=Hello", "The message field is required. (and 1 more error)"),
        (b"[]", "The message field is required. (and 1 more error)"),
        (b"", "The message field is required. (and 1 more error)"),
        (b"\xff", "The message field is required. (and 1 more error)"),
        (b"[" * 100_000, "The message field is required. (and 1 more error)"),
    ],
)
def test_fields_that_are_missing_are_named(sandbox: Sandbox, body: bytes, message: str) -> None:
    reply = call(f"{sandbox.url}/sms", "POST", body)

    assert (reply.status, reply.json()["message"]) == (422, message)
    assert set(reply.json()["errors"]) <= {"message", "mobile"}


def test_a_list_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    sandbox.settings(max_numbers=2)

    assert send(sandbox.url, NTC, NCELL, SMARTCELL).status == 413
    assert send(sandbox.url, NTC, NCELL).status == 200
    assert billed(sandbox) == [NTC, NCELL]


def test_other_addresses_and_methods_are_unknown(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.url}/nothing").status == 404
    assert call(f"{sandbox.root}/_sandbox/nothing").status == 404
    assert call(f"{sandbox.root}/_sandbox/reset").status == 405
    reply = call(f"{sandbox.url}/sms")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")


# HTTP


def test_a_connection_carries_many_requests(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc)
    connection.connect()
    first = connection.sock
    body = json.dumps({"message": "Hello", "mobile": NTC})
    for token, status in (("sandbox", 200), ("wrong", 401), ("sandbox", 200)):
        headers = {**HEADERS, "Authorization": f"Bearer {token}"}
        connection.request("POST", "/api/sms", body, headers)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (status, True)
        assert connection.sock is first
    connection.close()
    assert billed(sandbox) == [NTC, NTC]


def talk(sandbox: Sandbox, sent: bytes) -> bytes:
    """Everything that the gateway answers to these bytes, until it hangs up."""
    with socket.create_connection(address(sandbox), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def address(sandbox: Sandbox) -> tuple[str, int]:
    parts = urlsplit(sandbox.url)
    return parts.hostname or "", parts.port or 0


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 "),
        (b"POST /nowhere HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 400 "),
        (b"POST /nowhere HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"HTTP/1.1 413 "),
        (b"POST /nowhere HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 411 "),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"", b""),
    ],
)
def test_what_is_not_http_is_answered_in_http(
    sandbox: Sandbox, sent: bytes, answered: bytes
) -> None:
    received = talk(sandbox, sent)

    assert received.startswith(answered)
    assert received.count(b"\r\nContent-Length: ") == (1 if answered else 0)


def test_an_old_client_is_hung_up_on_and_a_careful_one_told_to_go_on(sandbox: Sandbox) -> None:
    assert b"Connection: close" in talk(sandbox, b"GET /api/balance HTTP/1.0\r\n\r\n")
    careful = (
        b"POST /api/sms HTTP/1.1\r\nAuthorization: Bearer sandbox\r\nContent-Length: 2\r\n"
        b"Expect: 100-continue\r\n\r\n{}"
    )
    assert talk(sandbox, careful).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 ")


def test_a_message_that_never_came_whole_is_not_billed(sandbox: Sandbox) -> None:
    head = b"POST /api/sms HTTP/1.1\r\nAuthorization: Bearer sandbox\r\nContent-Length: 99\r\n\r\n"

    assert talk(sandbox, head + b'{"message": "Hello", ') == b""
    assert billed(sandbox) == []
    assert [request.status for request in sandbox.requests()] == [0]


def test_https_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with Sandbox(certfile=certificate, keyfile=key, script=["ok", "reset"]) as sandbox:
        assert sandbox.url.startswith("https://")
        with (
            socket.create_connection(address(sandbox)) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")
        trusting = ssl.create_default_context(cafile=certificate)
        connection = http.client.HTTPSConnection(*address(sandbox), context=trusting)
        body = json.dumps({"message": "Hello", "mobile": NTC})
        connection.request("POST", "/api/sms", body, HEADERS)
        assert connection.getresponse().read().startswith(b'{"message":"Success!')
        connection.request("POST", "/api/sms", body, HEADERS)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            connection.getresponse()
        connection.close()
        assert billed(sandbox) == [NTC, NTC]


# Faults: what each looks like from outside, and whether it bills

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


# Which fault comes next


def test_a_script_is_used_up_in_order(sandbox: Sandbox) -> None:
    sandbox.settings(script="503, ok,403")

    assert [send(sandbox.url, NTC).status for _ in range(4)] == [503, 200, 403, 200]


def test_the_balance_has_a_script_of_its_own(sandbox: Sandbox) -> None:
    sandbox.settings(balance_script=["500", "ok", "trailing-commas"])

    replies = [call(f"{sandbox.url}/balance") for _ in range(3)]

    assert [reply.status for reply in replies] == [500, 200, 200]
    assert replies[2].body.endswith(b'"smartcell_rate":"0.80",\n}')
    assert send(sandbox.url, NTC).status == 200


def test_chances_repeat_with_their_seed(sandbox: Sandbox) -> None:
    def statuses() -> list[int]:
        sandbox.settings(chances={"503": 0.3, "403": 0.2}, seed=7)
        return [send(sandbox.url, NTC).status for _ in range(40)]

    first = statuses()

    assert set(first) == {200, 403, 503}
    assert statuses() == first


def test_ok_in_a_script_outranks_chances(sandbox: Sandbox) -> None:
    sandbox.settings(chances="503=1", script=["ok"])

    assert [send(sandbox.url, NTC).status for _ in range(2)] == [200, 503]


# Magic numbers


@pytest.mark.parametrize("mobile", MAGIC)
def test_a_magic_number_does_what_its_line_says(sandbox: Sandbox, mobile: str) -> None:
    fault = MAGIC[mobile].fault
    sandbox.settings(hang=0)

    # What each fault looks like is shown above; here it is only brought about.
    with suppress(OSError, http.client.HTTPException):
        send(sandbox.url, NTC, mobile)

    assert [request.fault for request in sandbox.requests()] == [fault.name]
    assert billed(sandbox) == ([NTC, mobile] if fault.bills else [])


def test_magic_numbers_pass_for_numbers() -> None:
    assert all(phone.parse_mobile(mobile) == mobile for mobile in (INVALID, *MAGIC))


def test_what_a_portal_waits_out_passes_the_next_time(sandbox: Sandbox) -> None:
    for mobile in (mobile for mobile, magic in MAGIC.items() if magic.once):
        first, second, third = (send(sandbox.url, NTC, mobile) for _ in range(3))
        assert second.json()["message"] == SUCCESS
        assert (first.status, first.body) == (third.status, third.body) != (200, second.body)
    assert len(billed(sandbox)) == 2 * sum(magic.once for magic in MAGIC.values())


def test_a_list_that_is_too_large_can_be_split(sandbox: Sandbox) -> None:
    assert send(sandbox.url, NTC, "9800000413").status == 413
    assert send(sandbox.url, "9800000413").status == 200
    assert send(sandbox.url, "9800000010").status == 413
    assert billed(sandbox) == ["9800000413"]


def test_magic_numbers_work_on_their_own_under_an_ok_script(sandbox: Sandbox) -> None:
    sandbox.settings(script=["ok"])

    assert send(sandbox.url, "9800000500").status == 500


# The account


def test_parallel_requests_are_billed_exactly(sandbox: Sandbox) -> None:
    mobiles = [f"98410{number:05d}" for number in range(400)]
    sandbox.settings(balance="400", rate="1.00")
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda mobile: send(sandbox.url, mobile), mobiles))

    assert {reply.json()["message"] for reply in replies} == {SUCCESS}
    assert sorted(billed(sandbox)) == sorted(mobiles)
    assert [entry.sequence for entry in sandbox.ledger()] == list(range(1, 401))
    assert sandbox.balance == 0


def test_the_balance_never_goes_below_zero(sandbox: Sandbox) -> None:
    sandbox.settings(balance="30.50", rate="1.00")
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: send(sandbox.url, NTC, NCELL), range(40)))

    assert sum(reply.json()["message"] == SUCCESS for reply in replies) == 15
    assert sandbox.balance == Decimal("0.50")


def test_the_ledger_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path, balance=50, ncell_rate="1.10") as sandbox:
        send(sandbox.url, NTC, NCELL, text="नमस्ते, \ud800")
        sandbox.settings(rate="2")
        send(sandbox.url, SMARTCELL)
        before = sandbox.ledger()
        assert sandbox.balance == Decimal("46.10")

    with Sandbox(ledger=path, balance=7) as sandbox:
        assert sandbox.ledger() == before
        assert sandbox.balance == Decimal("46.10")
        send(sandbox.url, NTC)
        assert [entry.sequence for entry in sandbox.ledger()] == [1, 2, 3, 4]
        assert [entry.request for entry in sandbox.ledger()] == [1, 1, 2, 3]


def test_a_balance_set_by_hand_and_a_reset_survive_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path, balance=50) as sandbox:
        send(sandbox.url, NTC)
        sandbox.settings(balance="20")
        send(sandbox.url, NTC)
    with Sandbox(ledger=path) as sandbox:
        assert sandbox.balance == Decimal("19.20")
        sandbox.reset()
    with Sandbox(ledger=path) as sandbox:
        assert sandbox.ledger() == []
        assert sandbox.balance == Decimal("10000.00")


def test_a_record_cut_by_a_crash_was_never_billed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Sandbox(ledger=path) as sandbox:
        send(sandbox.url, NTC)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])

    with Sandbox(ledger=path) as sandbox:
        assert billed(sandbox) == [NTC]
        send(sandbox.url, NCELL)
    with Sandbox(ledger=path) as sandbox:
        assert billed(sandbox) == [NTC, NCELL]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"first": 1}', '{"balance": "many"}'])
def test_a_damaged_ledger_is_not_guessed_at(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(f'{{"balance": "50.00"}}\n{line}\n')

    with pytest.raises(DamagedLedger, match=r"Line 2 of the ledger .* cannot be read"):
        Sandbox(ledger=path)


def test_the_sandbox_stays_the_same_over_a_restart() -> None:
    with Sandbox() as sandbox:
        send(sandbox.url, NTC)
        sandbox.stop()
        with pytest.raises(ConnectionRefusedError):
            send(sandbox.url, NCELL)
        sandbox.start()
        send(sandbox.url, SMARTCELL)
        assert billed(sandbox) == [NTC, SMARTCELL]


# Under /_sandbox/


def test_the_ledger_can_be_read_over_http(sandbox: Sandbox) -> None:
    call(f"{sandbox.url}/balance")
    send(sandbox.url, *[f"98410{number:05d}" for number in range(700)], text='"Hi"\n')
    send(sandbox.url, INVALID)

    read = call(f"{sandbox.root}/_sandbox/ledger").json()

    assert read.pop("entries") == [entry.as_json() for entry in sandbox.ledger()]
    assert read == {
        "billed": 700,
        "spent": "560.00",
        "balance": "9440.00",
        "requests": 2,
        "balance_requests": 1,
    }
    assert call(f"{sandbox.root}/_sandbox/ledger?summary=1").json() == read


def test_an_empty_ledger_is_json_too(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.root}/_sandbox/ledger").json()["entries"] == []


def test_requests_are_remembered_with_their_answers(sandbox: Sandbox) -> None:
    sandbox.settings(script=["ok", "close"])
    send(sandbox.url, NTC, NCELL)
    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox.url, NTC)

    first, second = call(f"{sandbox.root}/_sandbox/requests").json()["requests"]

    assert first["arrived"] <= second["arrived"]
    assert first["at"] <= second["at"]
    facts = ("number", "numbers", "billed", "fault", "status")
    assert [first[fact] for fact in facts] == [1, 2, 2, "", 200]
    assert [second[fact] for fact in facts] == [2, 1, 1, "close", 0]


def test_settings_change_while_it_runs(sandbox: Sandbox) -> None:
    changes = {"balance": "5", "rate": 2, "ntc_rate": "1.5", "token": "new", "script": ["503"]}

    reply = post(f"{sandbox.root}/_sandbox/settings", changes)

    assert reply.status == 200
    assert "new" not in reply.body.decode()
    assert (reply.json()["balance"], reply.json()["script"]) == ("5.00", ["503"])
    assert send(sandbox.url, NTC).status == 401
    told = call(f"{sandbox.url}/balance", headers={**HEADERS, "Authorization": "Bearer new"})
    assert told.json() == {
        "balance": "5.00",
        "ntc_rate": "1.50",
        "ncell_rate": "2.00",
        "smartcell_rate": "2.00",
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"nonsense": 1}, "There is no setting named nonsense"),
        ({"script": ["nonsense"]}, "There is no fault named nonsense"),
        ({"script": 5}, "a list of names of faults"),
        ({"chances": {"500": 0.6, "503": 0.5}}, "together at most 1"),
        ({"chances": "500"}, "a probability for each fault"),
        ({"chances": {"nonsense": 0.1}}, "There is no fault named nonsense"),
        ({"balance": "-1"}, "an amount in rupees"),
        ({"balance": "NaN"}, "an amount in rupees"),
        ({"balance": True}, "an amount in rupees"),
        ({"rate": "0.805"}, "at most two decimals"),
        ({"latency": -1}, "a number of seconds"),
        ({"latency": "inf"}, "a number of seconds"),
        ({"latency": [1]}, "a number of seconds"),
        ({"max_numbers": 1.5}, "a whole number"),
        ({"max_numbers": -1}, "a whole number"),
        ({"partial": "some"}, "none_sent or valid_sent"),
        ({"token": ""}, "a word in plain letters"),
        ([], "one JSON object"),
    ],
)
def test_a_wrong_setting_of_the_sandbox_changes_nothing(
    sandbox: Sandbox, changes: object, why: str
) -> None:
    if isinstance(changes, dict):
        changes = {"latency": 9, **changes}
    before = call(f"{sandbox.root}/_sandbox/settings").json()

    reply = post(f"{sandbox.root}/_sandbox/settings", changes)

    assert reply.status == 422
    assert why in reply.json()["message"]
    assert call(f"{sandbox.root}/_sandbox/settings").json() == before


def test_settings_that_are_no_json_change_nothing(sandbox: Sandbox) -> None:
    assert call(f"{sandbox.root}/_sandbox/settings", "POST", b"rate=1").status == 422
    with pytest.raises(BadSetting):
        sandbox.settings(rate="free")


def test_a_reset_forgets_everything_but_the_settings(sandbox: Sandbox) -> None:
    sandbox.settings(balance="5", rate="1", script=["ok", "503"], chances={"403": 1})
    send(sandbox.url, NTC)

    reply = post(f"{sandbox.root}/_sandbox/reset", {})

    assert reply.json()["billed"] == 0
    assert (sandbox.ledger(), sandbox.requests()) == ([], [])
    assert sandbox.balance == Decimal("10000.00")
    assert send(sandbox.url, NTC).status == 200
    assert sandbox.balance == Decimal("9999.00")


def test_the_page_lists_magic_numbers_and_what_was_billed(sandbox: Sandbox) -> None:
    send(sandbox.url, *[f"98410000{number:02d}" for number in range(60)], text="<b>Hi & bye</b>")

    reply = call(f"{sandbox.root}/_sandbox/")
    page = reply.body.decode()

    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    for mobile in (INVALID, *MAGIC):
        assert f"{mobile[:3]}-{mobile[3:]}" in page
    assert page.count("&lt;b&gt;Hi &amp; bye&lt;/b&gt;") == 50
    assert "984-1000059" in page
    assert "984-1000009" not in page
    assert "Rs 9,952.00" in page


def test_the_page_of_the_sandbox_can_start_afresh(sandbox: Sandbox) -> None:
    send(sandbox.url, NTC)

    reply = call(f"{sandbox.root}/_sandbox/reset", "POST", b"", {"Accept": "text/html"})

    assert (reply.status, reply.headers["Location"]) == (303, "/_sandbox/")
    assert "Nothing yet" in call(f"{sandbox.root}/_sandbox/").body.decode()
    assert call(f"{sandbox.root}/").headers["Location"] == "/_sandbox/"


def test_rupees_are_grouped_as_in_nepal() -> None:
    amounts = {"0": "0.00", "999.5": "999.50", "1000": "1,000.00", "123456.8": "1,23,456.80"}
    amounts["1234567890"] = "1,23,45,67,890.00"
    assert {amount: rupees(Decimal(amount)) for amount in amounts} == {
        amount: f"Rs {shown}" for amount, shown in amounts.items()
    }


# On its own


def test_the_help_names_every_setting_and_fault() -> None:
    with program("--help") as running:
        out, _ = running.communicate(timeout=10)

    assert running.returncode == 0
    assert "--smartcell-rate" in out
    assert all(name in out for name in FAULTS)


def program(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def url_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    line = running.stdout.readline()
    found = re.fullmatch(r"Sandbox gateway at (http://127\.0\.0\.1:\d+/api)\n", line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_program_runs_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    ledger = tmp_path / "ledger.jsonl"
    options = ("--balance", "100", "--ncell-rate", "1.20", "--script", "ok,hang")
    with program("--port", "0", "--verbose", "--ledger", str(ledger), *options) as running:
        api = url_of(running)
        assert send(api, NCELL).json()["message"] == SUCCESS
        with pytest.raises(TimeoutError):
            send(api, NTC, timeout=0.5)
        waiting = socket.create_connection((urlsplit(api).hostname, urlsplit(api).port))
        running.send_signal(stop)
        out, said = running.communicate(timeout=10)
        waiting.close()

    assert (running.returncode, out) == (0, "")
    assert said.splitlines()[0] == "POST /api/sms 200"
    assert NTC not in said
    assert NCELL not in said
    with Sandbox(ledger=ledger) as sandbox:
        assert billed(sandbox) == [NCELL, NTC]
        assert sandbox.balance == Decimal("98.00")


def test_the_program_says_nothing_about_requests_by_itself() -> None:
    with program("--port", "0") as running:
        send(url_of(running), NTC)
        running.terminate()
        assert running.communicate(timeout=10) == ("", "")


def test_the_program_needs_the_standard_library_only() -> None:
    # Without the environment's packages, and without the portal's own.
    listing = "import sys, sandbox.server; print({'contacts', 'messaging'} & set(sys.modules))"
    command = [sys.executable, "-S", "-c", listing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "70000"), "70000 is no port"),
        (("--latency", "soon"), "latency cannot be soon: it is a number of seconds"),
        (("--chances", "nonsense=1"), "There is no fault named nonsense"),
        (("--ledger", "/nowhere/ledger"), "The file /nowhere/ledger cannot be used"),
        (("--certfile", "/nowhere/cert"), "The certificate /nowhere/cert cannot be used"),
        (("--host", "192.0.2.1"), "It is not possible to listen at 192.0.2.1, port 8010"),
    ],
)
def test_the_sandbox_program_refuses_wrong_options(options: tuple[str, ...], said: str) -> None:
    with program(*options) as running:
        out, errors = running.communicate(timeout=10)

    assert (running.returncode, out) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


def test_the_sandbox_program_names_a_port_in_use(sandbox: Sandbox) -> None:
    _, port = address(sandbox)
    with program("--port", str(port)) as running:
        out, errors = running.communicate(timeout=10)

    assert (running.returncode, out) == (2, "")
    assert errors == (
        f"Port {port} at 127.0.0.1 is in use: stop what uses it, or choose another by --port.\n"
    )
