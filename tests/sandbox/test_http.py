"""The sandbox over real sockets: connections, broken requests and certificates."""

import http.client
import json
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.server import Sandbox
from tests.sandbox.support import NTC, address, billed
from tests.sandbox_support import HEADERS, make_certificate


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
