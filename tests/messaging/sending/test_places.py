"""Places: who saves an answer lets another sender call, and never more call than may."""

import threading
from typing import Any

import pytest
from pytest_django import Settings

from messaging.models import Batch, BatchState, Campaign, Gateway
from messaging.services import sociair
from messaging.services.sending import dispatch, persistence, places
from messaging.services.sending.places import Places
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.sending import check_books, hand_over, numbers

pytestmark = pytest.mark.django_db(transaction=True)

CALLED = dispatch.Round.CALLED


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_PATIENCE", 0.1)


@pytest.fixture
def campaign(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    settings.SOCIAIR_BATCH_SIZE = 1
    return hand_over(gateway, numbers(30))


def _go_on() -> bool:
    return True


def test_no_more_call_at_the_same_time_than_there_are_places(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.settings(latency=0.02)
    calling, counting = [0, 0], threading.Lock()
    send = sociair.send

    def counted(*given: Any, **named: Any) -> sociair.Sent:
        with counting:
            calling[0] += 1
            calling[1] = max(calling)
        try:
            return send(*given, **named)
        finally:
            with counting:
                calling[0] -= 1

    def sender() -> dispatch.Round:
        return dispatch.send_next(gateway, go_on=_go_on, places=two)

    monkeypatch.setattr(sociair, "send", counted)
    two = Places(2)
    while Batch.objects.filter(state=BatchState.QUEUED).exists():
        at_once([sender] * 4)
    assert calling == [0, 2]
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert len(sandbox.requests()) == 30


def _while_the_first_answer_is_saved(
    gateway: Gateway, one: Places, monkeypatch: pytest.MonkeyPatch
) -> list[dispatch.Round]:
    """What another sender comes to that looks for a place then."""
    save, came_to = persistence.save_surely, []

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(persistence, "save_surely", save)
        came_to.append(dispatch.send_next(gateway, places=one))
        return save(*given)

    monkeypatch.setattr(persistence, "save_surely", meanwhile)
    assert dispatch.send_next(gateway, places=one) is CALLED
    return came_to


def test_another_calls_while_an_answer_is_saved(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _while_the_first_answer_is_saved(gateway, Places(1), monkeypatch) == [CALLED]
    assert len(sandbox.requests()) == 2


def test_whoever_waits_long_for_an_answer_keeps_its_place(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was claimed along would wait for a place as long as others wait for their answers."""
    monkeypatch.setattr(dispatch, "_QUICK", 0.0)
    came_to = _while_the_first_answer_is_saved(gateway, Places(1), monkeypatch)
    assert came_to == [dispatch.Round.NOTHING]
    assert len(sandbox.requests()) == 1


def test_a_batch_that_finds_no_place_is_queued_again_and_sent_once(
    campaign: Campaign, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Places(1)
    save = persistence.save_surely
    with one.for_sender() as other:

        def meanwhile(*given: Any) -> Any:
            claim = save(*given)
            assert other.take()  # and its call takes long
            assert Batch.objects.filter(state=BatchState.SENDING).count() == 1
            return claim

        monkeypatch.setattr(persistence, "save_surely", meanwhile)
        assert dispatch.send_next(gateway, go_on=_go_on, places=one) is CALLED
        monkeypatch.undo()
        assert len(sandbox.requests()) == 1
        assert Batch.objects.filter(state=BatchState.QUEUED).count() == 29
        assert dispatch.send_next(gateway, go_on=_go_on, places=one) is dispatch.Round.NOTHING
    assert dispatch.send_next(gateway, go_on=_go_on, places=one) is CALLED
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert len(sandbox.requests()) == 30
