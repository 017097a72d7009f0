"""Every line of docs/failures.md, through a real socket: what happened, and what then happens."""

import re
import socket
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from messaging.answers.outcomes import Outcome
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.services import sociair
from messaging.services.sending import dispatch, persistence, record
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from tests.sending import (
    check_books,
    claim_batch,
    gateway_of_a_worker,
    hand_over,
    numbers,
    release,
    send_all,
    states,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Line:
    """One way for a call to end. `hold` is whose, `after` what a person finds in the end."""

    number: int
    fault: str
    outcome: Outcome
    batch: str
    hold: HoldKind = HoldKind.NONE
    reason: str = ""
    campaign: CampaignState = CampaignState.SENDING


QUEUED, UNCONFIRMED, ACCEPTED, REFUSED = "queued", "unconfirmed", "accepted", "refused"
PERSON, TOKEN, TIMED = HoldKind.PERSON, HoldKind.TOKEN, HoldKind.TIMED
DONE, PAUSED = CampaignState.DONE, CampaignState.PAUSED

# Two batches each; the fault meets the first.
LINES = [
    Line(3, "hang", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "drip", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "close", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "reset", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "reset-unread", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "reset-within", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "cut", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "chunked-cut", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "interim-forever", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(3, "switching", Outcome.NO_ANSWER, UNCONFIRMED),
    Line(6, "huge", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "not-utf8", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "utf-16", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "list", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "half", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "html", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "empty", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "cut-headers", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "until-close", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "two-lengths", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "length-and-chunks", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "interim-late", Outcome.UNREADABLE, UNCONFIRMED),
    Line(6, "answered-twice", Outcome.UNREADABLE, UNCONFIRMED),
    Line(7, "401", Outcome.TOKEN_REFUSED, QUEUED, TOKEN, HoldReason.TOKEN_REFUSED),
    Line(7, "unauthenticated-200", Outcome.TOKEN_REFUSED, QUEUED, TOKEN, HoldReason.TOKEN_REFUSED),
    Line(7, "invalid-token", Outcome.TOKEN_REFUSED, QUEUED, TOKEN, HoldReason.TOKEN_REFUSED),
    Line(7, "login", Outcome.TOKEN_REFUSED, QUEUED, TOKEN, HoldReason.TOKEN_REFUSED),
    Line(8, "429", Outcome.THROTTLED, QUEUED, TIMED, HoldReason.THROTTLED),
    Line(8, "429-date", Outcome.THROTTLED, QUEUED, TIMED, HoldReason.THROTTLED),
    Line(8, "429-bare", Outcome.THROTTLED, QUEUED, TIMED, HoldReason.THROTTLED),
    Line(9, "413", Outcome.TOO_LARGE, "split"),
    Line(10, "403", Outcome.MISCONFIGURED, QUEUED, PERSON, HoldReason.MISCONFIGURED),
    Line(10, "404", Outcome.MISCONFIGURED, QUEUED, PERSON, HoldReason.MISCONFIGURED),
    Line(10, "405", Outcome.MISCONFIGURED, QUEUED, PERSON, HoldReason.MISCONFIGURED),
    Line(10, "419", Outcome.MISCONFIGURED, QUEUED, PERSON, HoldReason.MISCONFIGURED),
    Line(11, "500", Outcome.SERVER_ERROR, UNCONFIRMED),
    Line(11, "502", Outcome.SERVER_ERROR, UNCONFIRMED),
    Line(11, "503", Outcome.SERVER_ERROR, UNCONFIRMED),
    Line(11, "408", Outcome.SERVER_ERROR, UNCONFIRMED),
    Line(11, "redirect", Outcome.SERVER_ERROR, UNCONFIRMED),
    Line(12, "trailing-commas", Outcome.ACCEPTED, ACCEPTED),
    Line(12, "success-400", Outcome.ACCEPTED, ACCEPTED),
    Line(12, "chunked", Outcome.ACCEPTED, ACCEPTED),
    Line(12, "interim-103", Outcome.ACCEPTED, ACCEPTED),
    Line(12, "interim-102-many", Outcome.ACCEPTED, ACCEPTED),
    Line(13, "counts-short", Outcome.MISCOUNTED, UNCONFIRMED),
    Line(13, "success-invalid", Outcome.MISCOUNTED, UNCONFIRMED),
    Line(
        14,
        "invalid-foreign",
        Outcome.CONTRACT_CHANGED,
        UNCONFIRMED,
        PERSON,
        HoldReason.CONTRACT_CHANGED,
    ),
    Line(17, "scam", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "400", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "402", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "422", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "402-empty", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "sorry-201", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(17, "error-balance", Outcome.REFUSED, REFUSED, campaign=PAUSED),
    Line(18, "unknown-words", Outcome.UNKNOWN, UNCONFIRMED),
    Line(18, "queued-422", Outcome.UNKNOWN, UNCONFIRMED),
    Line(18, "sent-balance", Outcome.UNKNOWN, UNCONFIRMED),
    Line(18, "sorry-counted", Outcome.UNKNOWN, UNCONFIRMED),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.number}-{line.fault}")
def test_an_answer_follows_its_line_of_the_table(
    line: Line, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 3
    settings.SOCIAIR_TOTAL_TIMEOUT = 0.6
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(script=[line.fault])
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED

    batch = Batch.objects.order_by("pk")[0]
    assert (batch.state, batch.outcome) == (line.batch, line.outcome)
    row = SentMessage.objects.get()
    assert (row.outcome, sorted(row.numbers)) == (line.outcome, sorted(numbers(6))[:3])
    campaign.refresh_from_db()
    assert campaign.state == line.campaign
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (line.hold, line.reason)

    if line.hold:
        assert dispatch.send_next(gateway) is dispatch.Round.HELD
        assert len(sandbox.requests()) == 1
        release(gateway)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    settled = set(states(campaign).values())
    if line.batch in (QUEUED, "split"):
        assert settled == {"accepted"}
        assert campaign.state == DONE
    assert "sending" not in settled
    assert Campaign.objects.get().unconfirmed == (3 if line.batch == UNCONFIRMED else 0)


def test_line_1_a_refused_connection_waits_and_queues_again(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    sandbox.stop()
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (TIMED, HoldReason.UNREACHABLE)
    assert Batch.objects.get().state == QUEUED
    assert dispatch.send_next(gateway) is dispatch.Round.HELD

    sandbox.start()
    release(gateway)
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted) == (DONE, 2)


def test_line_1_an_unknown_host_queues_again(settings: Settings) -> None:
    settings.SOCIAIR_BASE_URL = "https://gateway.invalid/api"
    _one_call()
    assert SentMessage.objects.get().outcome == Outcome.UNREACHABLE
    assert Batch.objects.get().state == QUEUED


def test_line_1_a_connection_too_slow_queues_again(settings: Settings) -> None:
    settings.SOCIAIR_CONNECT_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        # The one place in the queue is taken, and nobody is let in.
        waiting = socket.create_connection(server.getsockname())
        settings.SOCIAIR_BASE_URL = f"http://127.0.0.1:{server.getsockname()[1]}/api"
        _one_call()
        waiting.close()
    assert SentMessage.objects.get().outcome == Outcome.UNREACHABLE
    assert Batch.objects.get().state == QUEUED


def test_line_2_an_untrusted_certificate_waits_for_a_person(
    settings: Settings, certificate: tuple[Path, Path]
) -> None:
    with Sandbox(certfile=certificate[0], keyfile=certificate[1]) as stranger:
        settings.SOCIAIR_BASE_URL = stranger.url
        gateway = _one_call()
        assert not stranger.requests()
    assert SentMessage.objects.get().outcome == Outcome.CERTIFICATE
    assert Batch.objects.get().state == QUEUED
    assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.CERTIFICATE)


def test_line_1_a_reset_before_the_request_queues_again(settings: Settings) -> None:
    """A TLS handshake that breaks off proves that nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.SOCIAIR_BASE_URL = f"https://127.0.0.1:{server.getsockname()[1]}/api"
        thread = Thread(target=_hang_up, args=(server,))
        thread.start()
        _one_call()
        thread.join()
    assert SentMessage.objects.get().outcome == Outcome.UNREACHABLE
    assert Batch.objects.get().state == QUEUED


def _hang_up(server: socket.socket) -> None:
    server.accept()[0].close()


def _one_call() -> Gateway:
    gateway = gateway_of_a_worker()
    hand_over(gateway, numbers(2))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    gateway.refresh_from_db()
    return gateway


def test_line_4_a_lost_workers_batch_is_given_up_once(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    settings.SOCIAIR_DEADLINE = 0
    campaign = hand_over(gateway, numbers(4))
    assert claim_batch(campaign.pk) is not None  # and then the worker is killed
    settings.SOCIAIR_DEADLINE = 8
    assert record.give_up_lost(gateway) == 1
    assert record.give_up_lost(gateway) == 0
    batch = Batch.objects.order_by("pk")[0]
    assert (batch.state, batch.outcome) == (UNCONFIRMED, Outcome.WORKER_LOST)
    gateway.refresh_from_db()
    assert gateway.unconfirmed == 0
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted, campaign.unconfirmed) == (DONE, 2, 2)


def test_line_5_the_answer_cannot_be_saved_at_once(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = hand_over(gateway, numbers(2))
    tries = []

    def failing_twice(sent: sociair.Sent, _then: object = None) -> None:
        tries.append(sent)
        if len(tries) < 3:
            raise DatabaseError("the disk is full")
        record.record(sent)

    monkeypatch.setattr(persistence, "record", failing_twice)
    monkeypatch.setattr(persistence, "reconnect", lambda: None)  # the test's transaction stays
    send_all(gateway)
    assert len(tries) == 3
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_line_9_a_list_is_halved_until_it_fits(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    sandbox.settings(max_numbers=2)
    campaign = hand_over(gateway, numbers(7))
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (DONE, 7)


def test_line_9_a_single_number_is_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(1))
    sandbox.settings(script=["413"])
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.refused) == (DONE, 1)


def test_line_15_wholly_invalid_numbers_are_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, [INVALID])
    send_all(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.refused) == (DONE, 1)
    assert SentMessage.objects.get().outcome == Outcome.ALL_INVALID


@pytest.mark.parametrize(
    ("rule", "others"),
    [("ask", "unconfirmed"), ("none_sent", "accepted"), ("valid_sent", "accepted")],
)
def test_line_16_partly_invalid_numbers_follow_the_setting(
    rule: str, others: str, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_PARTIAL_REJECTION = rule
    sandbox.settings(partial="valid_sent" if rule == "valid_sent" else "none_sent")
    campaign = hand_over(gateway, [INVALID, *numbers(3)])
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    found = states(campaign)
    assert found.pop(INVALID) == "refused"
    assert set(found.values()) == {others}
    assert campaign.state == DONE
    spent = sum(row.cost for row in SentMessage.objects.all())
    assert spent == (Decimal(0) if rule == "ask" else Decimal("2.40"))


def test_two_unconfirmed_in_succession_wait_for_a_person(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    hand_over(gateway, numbers(5))
    sandbox.settings(script=["500", "ok", "500", "close", "ok"])
    assert send_all(gateway)[-1] is dispatch.Round.HELD
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (PERSON, HoldReason.UNCONFIRMED)
    assert len(sandbox.requests()) == 4


def test_the_documented_table_is_this_list() -> None:
    """Each outcome of the documentation has its tests here, under the same number."""
    table = (Path(__file__).parents[3] / "docs" / "failures.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| (\d+) \| `?([a-z_ ]+)`? \|", table, re.MULTILINE))
    assert sorted(map(int, documented)) == list(range(1, 19))
    assert set(documented.values()) == {outcome.value for outcome in Outcome} | {"as answered"}
    for line in LINES:
        assert documented[str(line.number)] == line.outcome
    tested = {str(line.number) for line in LINES} | set(
        re.findall(r"def test_line_(\d+)_", Path(__file__).read_text(encoding="utf-8"))
    )
    assert tested == set(documented)
