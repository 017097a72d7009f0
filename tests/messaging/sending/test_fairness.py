"""Who is next: small campaigns before large ones, then the oldest; one sender stays free."""

import threading

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.campaigns import preparation
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, slots
from messaging.services.storage import database
from sandbox.server import Sandbox
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def large_from_five(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    monkeypatch.setattr(preparation, "LARGE", 4)


def _campaign(gateway: Gateway, text: str, people: int) -> Campaign:
    first = 1000 * (1 + Campaign.objects.count())
    return hand_over(gateway, numbers(people, first=first), text=text)


def _sent(sandbox: Sandbox) -> list[str]:
    """The texts in the order in which they arrived, one a request."""
    texts = {entry.request: entry.text for entry in sandbox.ledger()}
    return [texts[request] for request in sorted(texts)]


def test_a_small_campaign_goes_before_an_older_large_one(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    large = _campaign(gateway, "large", 6)
    small = _campaign(gateway, "small", 4)
    assert (large.is_large, small.is_large) == (True, False)
    send_all(gateway)
    assert _sent(sandbox) == ["small"] * 2 + ["large"] * 3


def test_among_equals_the_oldest_goes_first(gateway: Gateway, sandbox: Sandbox) -> None:
    for name in ("one", "two"):
        _campaign(gateway, f"large {name}", 6)
        _campaign(gateway, f"small {name}", 2)
    send_all(gateway)
    assert _sent(sandbox) == ["small one", "small two"] + ["large one"] * 3 + ["large two"] * 3


def test_a_single_message_goes_before_the_rest_of_others(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    large = _campaign(gateway, "large", 8)
    dispatch.send_next(gateway)
    dispatch.send_next(gateway)
    _campaign(gateway, "urgent", 1)
    send_all(gateway)
    assert _sent(sandbox) == ["large", "large", "urgent", "large", "large"]
    check_books(large, (entry.mobile for entry in sandbox.ledger() if entry.text == "large"))


def test_a_chosen_large_campaign_gives_way_to_a_small_one(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is handed over while the large one's sender waits for leave to call."""
    _campaign(gateway, "large", 6)
    look = slots.look

    def look_late(gateway: Gateway) -> slots.Leave | float | None:
        if Campaign.objects.count() == 1:
            _campaign(gateway, "small", 1)
        return look(gateway)

    monkeypatch.setattr(slots, "look", look_late)
    send_all(gateway)
    assert _sent(sandbox) == ["small"] + ["large"] * 3


def test_a_doubted_small_campaign_delays_no_large_one(gateway: Gateway, sandbox: Sandbox) -> None:
    _campaign(gateway, "large", 6)
    small = _campaign(gateway, "small", 1)
    Campaign.objects.filter(pk=small.pk).update(doubted_at=timezone.now())
    send_all(gateway)
    assert _sent(sandbox) == ["large"] * 3


def test_a_sender_kept_free_takes_no_large_campaign(gateway: Gateway, sandbox: Sandbox) -> None:
    large = _campaign(gateway, "large", 6)
    assert dispatch.send_next(gateway, include_large=False) is dispatch.Round.NOTHING
    _campaign(gateway, "small", 2)
    assert dispatch.send_next(gateway, include_large=False) is dispatch.Round.CALLED
    assert dispatch.send_next(gateway, include_large=False) is dispatch.Round.NOTHING
    assert _sent(sandbox) == ["small"]
    assert Campaign.objects.get(pk=large.pk).pending == 6


def _once() -> bool:
    """Not another batch after it."""
    return False


def test_one_sender_stays_free(gateway: Gateway, sandbox: Sandbox) -> None:
    """The two senders that tests have are busy with a large campaign; there is one more."""
    large = _campaign(gateway, "large", 6)
    busy = [tasks._large.acquire(blocking=False) for _sender in range(2)]
    assert busy == [True, True]
    try:
        assert not tasks._large.acquire(blocking=False)
        assert tasks._round(gateway, _once) is dispatch.Round.NOTHING
        _campaign(gateway, "small", 4)
        rounds = [tasks._round(gateway, _once) for _round in range(3)]
        assert [each.name for each in rounds] == ["CALLED", "CALLED", "NOTHING"]
        assert _sent(sandbox) == ["small"] * 2
    finally:
        tasks._large.release(2)
    assert tasks._round(gateway, _once) is dispatch.Round.CALLED
    assert _sent(sandbox)[-1] == "large"
    # The permit came back with the end of the round.
    assert tasks._round(gateway, _once) is dispatch.Round.CALLED
    assert Campaign.objects.get(pk=large.pk).accepted == 4


def test_no_more_senders_than_set_send_at_the_same_time(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the worker has a thread more. Whoever comes too early waits, and then looks."""
    looked = threading.Event()

    def look(*_args: object, **_options: object) -> dispatch.Round:
        looked.set()
        return dispatch.Round.NOTHING

    monkeypatch.setattr(database, "can_be_used", lambda: True)
    monkeypatch.setattr(holds, "current_gateway", lambda: gateway)
    monkeypatch.setattr(dispatch, "send_next", look)
    for _sender in range(settings.SOCIAIR_SENDERS):
        assert tasks._sending.acquire(blocking=False)
    one_more = threading.Thread(target=tasks.send.call_local)
    try:
        one_more.start()
        assert not looked.wait(0.2)
    finally:
        tasks._sending.release(settings.SOCIAIR_SENDERS)
    one_more.join(10)
    assert looked.is_set()


def test_a_campaign_with_nothing_queued_does_not_block_others(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Its last call is in flight; the next sender takes another campaign."""
    small = _campaign(gateway, "small", 2)
    assert claim_batch(small.pk) is not None
    _campaign(gateway, "large", 6)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert _sent(sandbox) == ["large"]


def test_many_small_campaigns_are_all_sent(gateway: Gateway, sandbox: Sandbox) -> None:
    campaigns = [_campaign(gateway, f"small {place}", 1) for place in range(22)]
    send_all(gateway)
    assert len(_sent(sandbox)) == 22
    for campaign in campaigns:
        campaign.refresh_from_db()
        assert campaign.state == CampaignState.DONE
