"""Slots: how often anyone may call, and that a restored backup sends nothing by itself."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from messaging.models import (
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    SentMessage,
)
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.gateway import doubts, holds, slot_record
from messaging.services.money import affordability
from messaging.services.sending import dispatch, slots
from messaging.services.storage import statements
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all, take_slot

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_senders_share_one_limit(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 600
    interval = 0.1
    campaign = hand_over(gateway, numbers(9))
    began = time.time()
    at_once([partial(send_all, gateway)] * 4)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 9
    arrived = sorted(request.at for request in sandbox.requests())
    # A request may be late on its way, so that the next one is close behind; never early.
    late = [at - began - place * interval for place, at in enumerate(arrived)]
    assert len(arrived) == 9
    assert min(late) >= 0
    assert Gateway.objects.get().calls >= 9


def test_without_a_limit_nobody_waits(gateway: Gateway) -> None:
    assert [take_slot(gateway) for _call in range(3)] == [0.0, 0.0, 0.0]
    assert Gateway.objects.get().calls == 3


def test_the_next_slot_is_an_interval_away(gateway: Gateway, settings: Settings) -> None:
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 30
    assert take_slot(gateway) == 0.0
    wait = take_slot(gateway)
    assert wait is not None
    assert wait == pytest.approx(2, abs=0.5)
    found = Gateway.objects.get()
    assert found.next_slot is not None
    assert found.active_at is not None
    interval = (found.next_slot - found.active_at).total_seconds()
    assert interval == pytest.approx(2, abs=0.01)
    assert found.calls == 1  # who waits has taken none
    Gateway.objects.update(next_slot=Now())  # by the clock that is asked, which is coarser
    assert take_slot(gateway) == 0.0


def test_a_limit_holds_over_restarts(gateway: Gateway, settings: Settings) -> None:
    """The row remembers, whatever process asks."""
    settings.SOCIAIR_REQUESTS_PER_MINUTE = 1
    take_slot(gateway)
    again = holds.current_gateway()
    wait = take_slot(again)
    assert wait is not None
    assert wait > 50


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"hold_kind": HoldKind.PERSON, "hold_reason": HoldReason.UNCONFIRMED},
        {"cleared": ""},  # not everyone who may know of more has been asked
        {"calls": 1},  # a backup was restored
    ],
)
def test_what_came_between_the_look_and_the_slot_gives_none(
    meanwhile: dict[str, Any], gateway: Gateway
) -> None:
    take_slot(gateway)
    take_slot(gateway)
    leave = slots.look(gateway)
    assert isinstance(leave, slots.Leave)
    Gateway.objects.update(**meanwhile)
    assert statements.row(*slots.taking(leave)) is None


def _restore(gateway: Gateway, campaign: Campaign) -> None:
    """The database of before the last call; the file beside it is of today."""
    Gateway.objects.filter(pk=gateway.pk).update(calls=0, next_slot=None)
    SentMessage.objects.all().delete()
    campaign.batches.filter(state="accepted").update(state="queued", tries=0)
    campaign.recipients.filter(state="accepted").update(state="queued")
    Campaign.objects.filter(pk=campaign.pk).update(pending=campaign.total, accepted=0)


def test_a_restored_database_sends_nothing_before_a_person_has_looked(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(6))
    later = hand_over(gateway, numbers(2, first=2000), at=timezone.now() + timedelta(days=1))
    preparing = hand_over(gateway, numbers(2, first=3000))
    Campaign.objects.filter(pk=preparing.pk).update(state=CampaignState.PREPARING)
    done = hand_over(gateway, numbers(1, first=4000))
    Campaign.objects.filter(pk=done.pk).update(state=CampaignState.DONE)
    dispatch.send_next(gateway)
    dispatch.send_next(gateway)
    campaign.refresh_from_db()
    _restore(gateway, campaign)

    assert dispatch.send_next(gateway) is dispatch.Round.HELD
    assert len(sandbox.requests()) == 2
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (HoldKind.PERSON, HoldReason.RESTORED)
    assert gateway.calls == 2
    for each in (campaign, later, preparing):
        each.refresh_from_db()
        assert each.state == CampaignState.PAUSED
        assert each.pause_reason == str(HoldReason.RESTORED.label)
        assert each.events.filter(kind=EventKind.PAUSED).count() == 1
    done.refresh_from_db()
    assert done.state == CampaignState.DONE
    assert Event.objects.filter(gateway=gateway, kind=EventKind.HELD).count() == 1

    # Released, it is held no more; what was under way still waits for a decision of its own.
    assert holds.release(gateway, by=UserFactory.create())
    assert send_all(gateway) == [dispatch.Round.NOTHING]
    new = hand_over(gateway, numbers(2, first=5000))
    send_all(gateway)
    new.refresh_from_db()
    assert (new.state, new.accepted) == (CampaignState.DONE, 2)
    assert control.cancel(campaign, by=None)
    with pytest.raises(affordability.SendRefused, match="not known"):
        control.resume(later, by=None)
    assert doubts.say(later, 0, by=None) == 0
    assert control.resume(later, by=None)
    assert later.state == CampaignState.SCHEDULED


def test_a_slot_that_nobody_used_does_not_hold(gateway: Gateway) -> None:
    """The worker was killed after it took a slot and before it was written down."""
    take_slot(gateway)
    Gateway.objects.update(calls=7)
    assert take_slot(gateway) == 0.0
    assert _highest(gateway) == 8


def test_the_mark_is_made_before_the_call(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed in its call has made it, whatever becomes of the database."""
    marks = []
    send = sociair.send

    def call(*args: Any, **options: Any) -> sociair.Sent:
        marks.append(_highest(gateway))
        return send(*args, **options)

    monkeypatch.setattr(sociair, "send", call)
    hand_over(gateway, numbers(1))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    assert marks == [Gateway.objects.get().calls] == [1]


def test_each_gateway_has_a_mark_of_its_own(gateway: Gateway, settings: Settings) -> None:
    take_slot(gateway)
    take_slot(gateway)
    settings.SOCIAIR_BASE_URL = "http://127.0.0.1:9/another"
    another = holds.current_gateway()
    assert slot_record.read(another) is None
    assert take_slot(another) == 0.0
    assert (_highest(gateway), _highest(another)) == (2, 1)


def test_the_mark_never_goes_down(gateway: Gateway, state_dir: Path) -> None:
    take_slot(gateway)
    for slot in (3, 12, 5):
        slot_record.raise_to(gateway, slot)
    assert _highest(gateway) == 12
    [file] = state_dir.glob("slots-*")
    file.write_bytes(b"not a number")
    assert slot_record.read(gateway) is None


def _highest(gateway: Gateway) -> int:
    record = slot_record.read(gateway)
    assert record is not None
    return record.slot


def test_nothing_is_sent_while_the_mark_cannot_be_kept(
    gateway: Gateway, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.STATE_DIR = tmp_path / "file" / "state"  # a folder that cannot be made
    campaign = hand_over(gateway, numbers(2))
    assert dispatch.send_next(gateway) is dispatch.Round.HELD
    assert not sandbox.requests()
    gateway.refresh_from_db()
    assert (gateway.hold_kind, gateway.hold_reason) == (HoldKind.TIMED, HoldReason.NO_RECORD)
    assert gateway.is_held
    assert gateway.advice
    assert claim_batch(campaign.pk) is None

    settings.STATE_DIR = tmp_path
    Gateway.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_the_wait_for_the_mark_grows(gateway: Gateway, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.STATE_DIR = tmp_path / "file"
    hand_over(gateway, numbers(1))
    delays = []
    for _try in range(3):
        assert dispatch.send_next(gateway) is dispatch.Round.HELD
        gateway.refresh_from_db()
        assert gateway.held_until is not None
        delays.append(round((gateway.held_until - timezone.now()).total_seconds()))
        Gateway.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert delays == [5, 10, 20]
