"""A machine whose record was lost, torn or copied from elsewhere waits for a person."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.models import Event, EventKind, Gateway, HoldKind, HoldReason, Machine
from messaging.services.gateway import holds, slot_record
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.backups import Backup, Worker
from tests.messaging.gateway.machines.support import HELD, long_ago, may_not_have, reason_of
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def _delete(file: Path) -> None:
    file.unlink()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _nul_bytes(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _torn(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for place in (0, 65536):
        if place < len(content):
            content[place + 20] ^= 1
    file.write_bytes(content)


def _of_another_database(file: Path) -> None:
    Gateway.objects.update(installation="00000000-0000-0000-0000-000000000001")


@pytest.mark.parametrize("lose", [_delete, _empty, _nul_bytes, _torn, _of_another_database])
def test_a_machine_without_its_record_waits_for_a_person(
    lose: Callable[[Path], None],
    gateway: Gateway,
    sandbox: Sandbox,
    state_dir: Path,
    settings: Settings,
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(8))
    dispatch.send_next(gateway)
    backup = Backup()
    send_all(gateway)
    backup.restore()
    [file] = state_dir.glob("slots-*")
    lose(file)
    long_ago()
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RECORD_MISSING)
    assert gateway.advice
    assert len(sandbox.requests()) == 4

    may_not_have(gateway, campaign, 6)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (2, 6)
    more = hand_over(gateway, numbers(2, first=5000))
    send_all(gateway)
    more.refresh_from_db()
    assert more.accepted == 2


def test_a_machine_whose_record_was_lost_is_not_waited_for_later(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    hand_over(gateway, numbers(1))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    file.unlink()
    long_ago()
    assert not slots.attend(gateway)
    assert holds.release(gateway, by=None)
    assert slots.attend(gateway)
    with Worker(state_dir):  # the next morning
        assert slots.attend(gateway)
    assert Machine.objects.trusted().count() == 1


def test_one_write_that_broke_off_leaves_the_record_readable(
    gateway: Gateway, state_dir: Path
) -> None:
    hand_over(gateway, numbers(1))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    before = slot_record.read(gateway)
    slot_record.raise_to(gateway, 77)
    content = bytearray(file.read_bytes())
    newer = max((0, 65536), key=lambda place: b'"slot":77' in content[place : place + 65536])
    content[newer + 30 : newer + 60] = bytes(30)
    file.write_bytes(content)
    assert slot_record.read(gateway) == before


def test_a_record_with_another_number_in_it_is_none(gateway: Gateway, state_dir: Path) -> None:
    """A bit that flipped on the disk can leave it as readable as before."""
    hand_over(gateway, numbers(1))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    assert slot_record.read(gateway) is not None
    file.write_bytes(re.sub(rb'"slot":[01],', b'"slot":9,', file.read_bytes()))
    assert slot_record.read(gateway) is None


def test_a_lost_record_that_comes_back_resumes_automatically(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    """A folder that was not mounted in time."""
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    content = file.read_bytes()
    file.unlink()
    long_ago()
    assert not slots.attend(gateway)
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RECORD_MISSING)
    file.write_bytes(content)
    assert slots.attend(gateway)
    assert reason_of(gateway) == (HoldKind.NONE, "")
    campaign.refresh_from_db()
    assert campaign.doubted_at is None
    released = Event.objects.filter(gateway=gateway, kind=EventKind.RELEASED)
    assert [event.by for event in released] == [None]
