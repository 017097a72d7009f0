"""Machines that join: the first one sends at once, a new one without asking anyone."""

from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.models import Gateway, HoldKind, HoldReason, Machine
from messaging.services.gateway import machines, slot_record
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.backups import workers
from tests.messaging.gateway.machines.support import HELD, NOTHING, reason_of
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_the_first_machine_of_a_new_portal_sends_at_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(3))
    assert send_all(gateway)[-1] is NOTHING
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    machine = Machine.objects.get()
    assert machine.name
    assert machine.vouched_at is not None


def test_a_portal_that_died_as_it_was_set_up_begins_anew(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record is on the disk, and the transaction that should have made its row is not."""

    class Killed(Exception):
        pass

    def killed(*_args: object, **_options: object) -> None:
        raise Killed

    hand_over(gateway, numbers(1))
    with monkeypatch.context() as patch:
        patch.setattr(machines, "_look_in", killed)
        with pytest.raises(Killed):
            slots.attend(gateway)
    assert not Machine.objects.exists()
    assert slot_record.read(gateway) is not None
    assert send_all(gateway)[-1] is NOTHING
    assert len(sandbox.requests()) == 1


def test_a_new_machine_joins_those_that_are_there_without_asking(
    gateway: Gateway, sandbox: Sandbox, tmp_path: Path, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    old, new = workers(tmp_path, "AB")
    campaign = hand_over(gateway, numbers(4))
    with old:
        dispatch.send_next(gateway)
    with new:
        assert dispatch.send_next(gateway) is HELD  # until it is noted
    with old:
        slots.attend(gateway)
    with new:
        slots.attend(gateway)
    with old:
        slots.attend(gateway)
    with new:
        send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 4
    assert not gateway.is_held
    with old:
        record = slot_record.read(gateway)
    assert record is not None
    assert len(record.others) == 1


def test_a_worker_of_before_there_were_machines_goes_on(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    """The record of an earlier version says how far its machine came."""
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    file.write_bytes(b"%020d\n" % 1)
    Machine.objects.all().delete()
    Gateway.objects.update(era="", cleared="", balance_asked_at=None)
    more = hand_over(gateway, numbers(2, first=2000), amount="9998.40")
    send_all(gateway)
    for each in (campaign, more):
        each.refresh_from_db()
        assert each.accepted == 2
    assert slot_record.read(gateway) != slot_record.Record(1)


def test_an_earlier_version_s_record_that_is_ahead_holds(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    hand_over(gateway, numbers(2))
    dispatch.send_next(gateway)
    [file] = state_dir.glob("slots-*")
    file.write_bytes(b"%020d\n" % 9)
    Machine.objects.all().delete()
    Gateway.objects.update(era="", cleared="", balance_asked_at=None)
    hand_over(gateway, numbers(2, first=2000))
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
    assert gateway.unknown_calls == 8
