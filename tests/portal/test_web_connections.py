"""What a thread of the web server waits for, and for how long."""

import socket
from collections.abc import Iterator

import pytest
from gunicorn.http.errors import NoMoreData
from pytest_django import Settings

from sociair_portal.web_connections import PatientSocket

MUCH = b"a" * 8 * 1024**2


@pytest.fixture
def ends() -> Iterator[tuple[PatientSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with PatientSocket(ours) as patient, theirs:
        yield patient, theirs


def test_a_small_answer_is_kept_for_a_client_that_takes_none(
    ends: tuple[PatientSocket, socket.socket], settings: Settings
) -> None:
    settings.REQUEST_SECONDS = 0
    ours, theirs = ends
    ours.sendall(MUCH[: 1024**2])
    assert ours.unsent
    taken = b""
    while ours.unsent:
        taken += theirs.recv(65536)
        ours.send_unsent()
    ours.shutdown(socket.SHUT_WR)
    while data := theirs.recv(65536):
        taken += data
    assert taken == MUCH[: 1024**2]


def test_a_thread_gives_up_a_large_answer_that_nobody_takes(
    ends: tuple[PatientSocket, socket.socket], settings: Settings
) -> None:
    settings.REQUEST_SECONDS = 0
    ours, _theirs = ends
    ours.begin(waits_for_body=False)
    with pytest.raises(BrokenPipeError):
        ours.sendall(MUCH)
    assert not ours.unsent


def test_a_thread_waits_for_a_large_body_alone(
    ends: tuple[PatientSocket, socket.socket], settings: Settings
) -> None:
    ours, theirs = ends
    ours.begin(waits_for_body=False)
    with pytest.raises(NoMoreData):
        ours.recv(100)
    ours.begin(waits_for_body=True)
    theirs.sendall(b"Sita")
    assert ours.recv(100) == b"Sita"
    settings.REQUEST_SECONDS = 0
    ours.begin(waits_for_body=True)
    with pytest.raises(NoMoreData):
        ours.recv(100)


def test_what_has_just_come_is_seen_before_a_connection_is_closed(
    ends: tuple[PatientSocket, socket.socket],
) -> None:
    ours, theirs = ends
    assert not ours.has_data()
    theirs.sendall(b"G")
    assert ours.has_data()
