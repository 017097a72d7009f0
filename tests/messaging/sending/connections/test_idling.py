"""How long a connection may idle before it is used again."""

import time

import pytest
from pytest_django import Settings

from messaging.models import Gateway
from messaging.services import frames, transport
from messaging.services.gateway import holds
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.messaging.sending.connections.support import (
    ACCEPTED,
    NO_ANSWER,
    SUCCESS,
    YES,
    Sender,
    answer_of,
)
from tests.raw_server import RawServer
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db


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
    with RawServer([answer_of(SUCCESS, f"Keep-Alive: {keep_alive}")], [YES]) as server:
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
