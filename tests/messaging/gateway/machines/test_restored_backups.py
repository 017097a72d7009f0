"""After a restore no machine repeats what another one has sent."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Gateway, HoldKind, HoldReason, Machine
from messaging.services.gateway import doubts, holds
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.backups import Backup, Worker, workers
from tests.messaging.gateway.machines.support import HELD, long_ago, may_not_have, reason_of
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_the_idle_one_of_two_does_not_send_what_the_other_has_sent(
    two: list[Worker], gateway: Gateway, sandbox: Sandbox
) -> None:
    busy, idle = two
    campaign = hand_over(gateway, numbers(10))
    with busy:
        dispatch.send_next(gateway)
        backup = Backup()
        for _call in range(3):
            dispatch.send_next(gateway)
    backup.restore()
    idle.start()
    with idle:
        assert dispatch.send_next(gateway) is HELD
        assert reason_of(gateway) == (HoldKind.NONE, "")  # the other may only be slow to start
        long_ago()
        slots.attend(gateway)
        assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.MACHINE_SILENT)
    assert len(sandbox.requests()) == 4

    busy.start()
    with busy:
        assert not slots.attend(gateway)
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
    assert gateway.unknown_calls == 3
    campaign.refresh_from_db()
    assert doubts.suggested(campaign) == 6
    may_not_have(gateway, campaign, 6)
    for machine in (*two, *two, *two):
        with machine:
            slots.attend(gateway)
            send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (4, 6)


def test_a_machine_that_the_backup_does_not_know_is_waited_for(
    gateway: Gateway, sandbox: Sandbox, tmp_path: Path, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    old, new = workers(tmp_path, "AB")
    campaign = hand_over(gateway, numbers(8))
    with old:
        dispatch.send_next(gateway)
    backup = Backup()
    for machine in (new, old, new, old, new):
        with machine:
            slots.attend(gateway)
    with new:
        dispatch.send_next(gateway)
        dispatch.send_next(gateway)
    assert len(sandbox.requests()) == 3
    backup.restore()
    old.start()
    with old:
        assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
    new.start()
    with new:
        slots.attend(gateway)
    gateway.refresh_from_db()
    assert gateway.unknown_calls == 2
    campaign.refresh_from_db()
    assert doubts.suggested(campaign) == 4


def test_a_machine_that_only_a_record_knows_is_in_the_database_again(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Otherwise whoever knew it would stay held, however often a person releases."""
    old, new = workers(tmp_path, "AB")
    with old:
        slots.attend(gateway)
    backup = Backup()
    for machine in (new, old, new, old):
        with machine:
            slots.attend(gateway)
    known = set(Machine.objects.values_list("key", flat=True))
    assert len(known) == 2
    backup.restore()
    old.start()
    with old:
        assert not slots.attend(gateway)
        assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
        assert set(Machine.objects.values_list("key", flat=True)) == known
        minutes_ago = timezone.now() - timedelta(minutes=4)
        Machine.objects.filter(name="Not in the backup").update(seen_at=minutes_ago)
        assert holds.release(gateway, by=None)
        assert slots.attend(gateway) or slots.attend(gateway)


def test_a_machine_that_was_given_up_is_a_newcomer_when_it_returns(
    two: list[Worker], gateway: Gateway, sandbox: Sandbox
) -> None:
    here, gone = two
    backup = Backup()
    backup.restore()
    here.start()
    with here:
        slots.attend(gateway)
        long_ago()
        assert not slots.attend(gateway)
        slots.attend(gateway)
        assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.MACHINE_SILENT)
        assert holds.release(gateway, by=None)
        assert Machine.objects.filter(retired_at__isnull=False).count() == 1
        campaign = hand_over(gateway, numbers(4))
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    with gone:
        assert dispatch.send_next(gateway) is HELD
    with here:
        slots.attend(gateway)
    with gone:
        slots.attend(gateway)
    with here:
        slots.attend(gateway)
    with gone:
        assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 4


def test_a_machine_that_was_given_up_waits_for_someone_to_vouch(
    two: list[Worker], gateway: Gateway
) -> None:
    _here, gone = two
    Machine.objects.update(retired_at=timezone.now())
    with gone:
        assert not slots.attend(gateway)
    assert Machine.objects.filter(retired_at=None, vouched_at=None, agreed="").count() == 1
