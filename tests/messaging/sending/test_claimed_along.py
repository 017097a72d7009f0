"""The next batch is claimed in the transaction that saves an answer: one commit for both."""

import errno
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from contacts.models import OptOut
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.services import sociair, transport
from messaging.services.campaigns import control
from messaging.services.gateway import holds, slot_record
from messaging.services.sending import claims, dispatch, slots
from messaging.services.storage import database
from sandbox.server import Sandbox
from tests.sending import check_books, hand_over, send_all

pytestmark = pytest.mark.django_db(transaction=True)

CALLED = dispatch.Round.CALLED
Happens = Callable[[], object]


@pytest.fixture
def campaign(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    """Three batches of two people each."""
    settings.SOCIAIR_BATCH_SIZE = 2
    return hand_over(gateway, [f"984123456{place}" for place in range(6)])


def _send(gateway: Gateway, meanwhile: Happens) -> dispatch.Round:
    """A sender that goes on; `meanwhile` happens before the first answer is saved."""
    glance = slots.glance
    with pytest.MonkeyPatch.context() as patch:

        def first(of: Gateway) -> slots.Leave | None:
            patch.setattr(slots, "glance", glance)
            meanwhile()
            return glance(of)

        patch.setattr(slots, "glance", first)
        return dispatch.send_next(gateway, go_on=lambda: True)


def _states(campaign: Campaign) -> list[str]:
    return list(
        Batch.objects.filter(campaign=campaign).order_by("id").values_list("state", flat=True)
    )


def _billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


def test_each_call_takes_one_transaction(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert dispatch.send_next(gateway, go_on=lambda: True) is CALLED
    commits = [query for query in asked.captured_queries if query["sql"] == "COMMIT"]
    assert len(commits) == 1 + 3  # the first claim, and each answer
    check_books(campaign, _billed(sandbox))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE


def test_a_sender_that_is_told_to_stop_claims_nothing_more(
    campaign: Campaign, gateway: Gateway
) -> None:
    assert dispatch.send_next(gateway, go_on=lambda: False) is CALLED
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]


def test_who_opts_out_while_an_answer_is_awaited_gets_nothing(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    assert _send(gateway, lambda: OptOut.objects.create(mobile="9841234562")) is CALLED
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]
    send_all(gateway)
    assert "9841234562" not in _billed(sandbox)
    assert len(_billed(sandbox)) == 5
    check_books(campaign, _billed(sandbox))


def test_a_hold_while_an_answer_is_awaited_keeps_the_rest(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    held = partial(holds.hold, gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)
    assert _send(gateway, held) is CALLED
    assert len(_billed(sandbox)) == 2
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]


def test_who_cancels_while_an_answer_is_awaited_stops_the_rest(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    assert _send(gateway, lambda: control.cancel(campaign, by=None)) is CALLED
    assert len(_billed(sandbox)) == 2
    assert _states(campaign) == [BatchState.ACCEPTED, *[BatchState.CANCELLED] * 2]


def test_a_limit_of_calls_is_waited_for(
    campaign: Campaign, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 60
    assert dispatch.send_next(gateway, go_on=lambda: True) is CALLED
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]


def test_a_refusal_claims_nothing_along(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.settings(script=["402"])
    assert dispatch.send_next(gateway, go_on=lambda: True) is CALLED
    assert _states(campaign) == [BatchState.REFUSED, BatchState.QUEUED, BatchState.QUEUED]


@pytest.mark.parametrize("error", [RuntimeError, OperationalError])
def test_what_goes_wrong_with_the_next_batch_undoes_no_answer(
    campaign: Campaign,
    gateway: Gateway,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def failing(leave: slots.Leave, *, include_large: bool) -> claims.Claim | None:
        claims._claim(campaign.pk, leave)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(claims, "claim_on", failing)
        assert dispatch.send_next(gateway, go_on=lambda: True) is CALLED
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]
    assert SentMessage.objects.count() == 1
    send_all(gateway)
    check_books(campaign, _billed(sandbox))


def test_a_slot_is_noted_for_all_who_wait(gateway: Gateway) -> None:
    """Two claims took slots one after the other; whoever has the file first notes the higher."""
    slots.attend(gateway)
    slot_record._waiting.add((gateway.pk, 8))
    try:
        slot_record.raise_to(gateway, 7)
    finally:
        slot_record._waiting.discard((gateway.pk, 8))
    noted = slot_record.read(gateway)
    assert noted is not None
    assert noted.slot == 8
    slot_record.raise_to(gateway, 7)
    assert slot_record.read(gateway) == noted


def test_an_answer_whose_connection_dies_at_the_next_claim_is_saved_anew(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    def breaks() -> None:
        monkeypatch.setattr(slots, "taking", lambda _leave: ("SELECT 1 LIMIT 0", ()))
        monkeypatch.setattr(database, "go_back_to_mark", dead)

    _send(gateway, breaks)
    monkeypatch.undo()
    assert SentMessage.objects.count() == 1
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]
    send_all(gateway)
    check_books(campaign, _billed(sandbox))


def test_no_answer_waits_for_whoever_has_the_gateways_row(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    """Whoever hands over thousands of people has it for seconds."""
    if not connection.features.has_select_for_update:
        pytest.skip("A transaction of SQLite has the whole database to itself")
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
                is_held.set()
                assert is_over.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=hold)

    def begin() -> None:
        other.start()
        assert is_held.wait(20)

    assert _send(gateway, begin) is CALLED  # and the row is held still
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]
    is_over.set()
    other.join()


def test_a_machine_that_slept_looks_about_first(
    campaign: Campaign, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake = transport.now

    def sleep() -> None:
        monkeypatch.setattr(transport, "now", lambda: awake() + 3600)

    def send(*given: Any, **named: Any) -> sociair.Sent:
        sent = call(*given, **named)
        sleep()
        return sent

    call = sociair.send
    monkeypatch.setattr(sociair, "send", send)
    assert dispatch.send_next(gateway, go_on=lambda: True) is CALLED
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]


def test_nothing_is_claimed_along_once_the_worker_is_told_to_stop(
    campaign: Campaign, gateway: Gateway
) -> None:
    """It is asked when the answer has its turn, which may be seconds later."""
    asked: list[bool] = []

    def go_on() -> bool:
        asked.append(connection.in_atomic_block)
        return False

    assert dispatch.send_next(gateway, go_on=go_on) is CALLED
    assert asked == [True]
    assert _states(campaign) == [BatchState.ACCEPTED, BatchState.QUEUED, BatchState.QUEUED]


def test_a_slot_that_may_not_be_on_the_disk_is_written_again(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.attend(gateway)
    synced: list[int] = []

    def failing(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(OSError, match="Input/output error"):
            slot_record.raise_to(gateway, 8)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    slot_record.raise_to(gateway, 7)
    assert len(synced) == 1
    slot_record.raise_to(gateway, 7)
    assert len(synced) == 1
