"""The next batch is claimed in the transaction that saves an answer: one commit for both."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import OperationalError, connection
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
from messaging.services.campaigns import control
from messaging.services.gateway import holds, slot_record
from messaging.services.sending import claims, dispatch, slots
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
    """A sender that goes on; `meanwhile` happens while the first answer is not saved yet."""
    asked: list[bool] = []

    def go_on() -> bool:
        if not asked:
            meanwhile()
        asked.append(True)
        return True

    return dispatch.send_next(gateway, go_on=go_on)


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
    sandbox.settings(script=["refused"])
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
