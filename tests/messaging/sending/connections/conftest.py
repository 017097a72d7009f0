"""A worker that has learned nothing yet, and servers with and without TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.services import sociair, transport
from tests.messaging.sending.connections.support import Sender

_clock = transport.now


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ports come back, and what was learned of another test's server must not."""
    monkeypatch.setattr(transport, "_died", {})
    sociair._session.cache_clear()
    yield
    sociair._session.cache_clear()


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest, certificate: tuple[Path, Path]) -> Path | None:
    """The server's certificate, by someone who is trusted, or none."""
    if request.param == "http":
        return None
    sociair._session().verify = str(certificate[0].with_name("authority.pem"))
    return certificate[0]


@pytest.fixture
def sender(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Sender:
    settings.SOCIAIR_TOTAL_TIMEOUT = 2
    sender = Sender(settings)
    monkeypatch.setattr(transport, "now", lambda: _clock() + sender.ahead)
    return sender
