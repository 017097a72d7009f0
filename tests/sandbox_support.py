"""Talking to the sandbox over real sockets, as a client would that trusts nothing."""

import http.client
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HEADERS = {
    "Authorization": "Bearer sandbox",
    "Content-Type": "application/json",
    "Accept": "application/json",
}


@dataclass(frozen=True)
class Reply:
    """A whole answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = HEADERS,
    timeout: float = 5,
) -> Reply:
    """One request on a connection of its own; errors of the connection come as they are."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def send(api: str, *mobiles: str, text: str = "School is closed.", timeout: float = 5) -> Reply:
    """`POST /sms` with one text for some numbers."""
    return post(f"{api}/sms", {"message": text, "mobile": ",".join(mobiles)}, timeout=timeout)


def post(url: str, content: object, timeout: float = 5) -> Reply:
    return call(url, "POST", json.dumps(content).encode(), timeout=timeout)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(certificate), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
