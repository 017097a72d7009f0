"""Machines: who may send, and that nobody does who does not know what went out."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F, Model
from django.utils import timezone
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
    Machine,
    SentMessage,
)
from messaging.services.campaigns import control, follow_ups
from messaging.services.gateway import doubts, holds, machines, slot_record
from messaging.services.money import affordability
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.backups import Backup, Worker, workers
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

HELD, NOTHING = dispatch.Round.HELD, dispatch.Round.NOTHING


@pytest.fixture
def gateway(sandbox: Sandbox, db: None) -> Gateway:
    """A portal that no worker has looked at yet."""
    return holds.current_gateway()


@pytest.fixture
def two(tmp_path: Path, settings: Settings, gateway: Gateway) -> list[Worker]:
    """Two machines that know each other."""
    settings.SOCIAIR_BATCH_SIZE = 2
    found = workers(tmp_path, "AB")
    first, second = found
    with first:
        assert slots.attend(gateway)
    with second:
        assert not slots.attend(gateway)  # a newcomer waits to be noted
    with first:
        slots.attend(gateway)
    with second:
        slots.attend(gateway)
    with first:
        assert slots.attend(gateway)
    with second:
        assert slots.attend(gateway)
    return found


def _long_ago() -> None:
    """Nobody has looked in, and nobody has been waited for, for four minutes."""
    ago = timezone.now() - timedelta(minutes=4)
    Machine.objects.update(seen_at=ago)
    Gateway.objects.update(era_began_at=ago + timedelta(seconds=20))


def _five_minutes_pass() -> None:
    """Nobody was there meanwhile."""
    moments: dict[type[Model], list[str]] = {
        Machine: ["seen_at"],
        BalanceReading: ["asked_at", "read_at"],
        SentMessage: ["started_at", "ended_at"],
        Batch: ["claimed_at", "deadline"],
    }
    for model, names in moments.items():
        changes = {name: F(name) - timedelta(minutes=5) for name in names}
        model._base_manager.update(**changes)
    Gateway.objects.update(balance_asked_at=None)


def _reason(gateway: Gateway) -> tuple[str, str]:
    gateway.refresh_from_db()
    return gateway.hold_kind, gateway.hold_reason


def _may_not_have(gateway: Gateway, campaign: Campaign, people: int) -> None:
    """A person has compared it with Sociair's own list."""
    assert holds.release(gateway, by=None)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    with pytest.raises(affordability.SendRefused, match="not certain"):
        control.resume(campaign, by=None)
    assert doubts.say(campaign, people, by=None) == people
    control.resume(campaign, by=None)


# -- Joining ---------------------------------------------------------------------------------


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
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
    assert gateway.unknown_calls == 8


# -- A lost record ---------------------------------------------------------------------------


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
    _long_ago()
    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RECORD_MISSING)
    assert gateway.advice
    assert len(sandbox.requests()) == 4

    _may_not_have(gateway, campaign, 6)
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
    _long_ago()
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


def test_a_lost_record_that_comes_back_goes_on_by_itself(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    """A folder that was not mounted in time."""
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    [file] = state_dir.glob("slots-*")
    content = file.read_bytes()
    file.unlink()
    _long_ago()
    assert not slots.attend(gateway)
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RECORD_MISSING)
    file.write_bytes(content)
    assert slots.attend(gateway)
    assert _reason(gateway) == (HoldKind.NONE, "")
    campaign.refresh_from_db()
    assert campaign.doubted_at is None
    released = Event.objects.filter(gateway=gateway, kind=EventKind.RELEASED)
    assert [event.by for event in released] == [None]


# -- Two machines and a backup ---------------------------------------------------------------


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
        assert _reason(gateway) == (HoldKind.NONE, "")  # the other may only be slow to start
        _long_ago()
        slots.attend(gateway)
        assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.MACHINE_SILENT)
    assert len(sandbox.requests()) == 4

    busy.start()
    with busy:
        assert not slots.attend(gateway)
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
    assert gateway.unknown_calls == 3
    campaign.refresh_from_db()
    assert doubts.suggested(campaign) == 6
    _may_not_have(gateway, campaign, 6)
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
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
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
        assert _reason(gateway) == (HoldKind.PERSON, HoldReason.RESTORED)
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
        _long_ago()
        assert not slots.attend(gateway)
        slots.attend(gateway)
        assert _reason(gateway) == (HoldKind.PERSON, HoldReason.MACHINE_SILENT)
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


def test_a_machine_that_was_given_up_waits_for_somebody_to_vouch(
    two: list[Worker], gateway: Gateway
) -> None:
    _here, gone = two
    Machine.objects.update(retired_at=timezone.now())
    with gone:
        assert not slots.attend(gateway)
    assert Machine.objects.filter(retired_at=None, vouched_at=None, agreed="").count() == 1


# -- Set back as a whole ---------------------------------------------------------------------


def test_a_machine_that_was_set_back_as_a_whole_asks_sociair(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path, settings: Settings
) -> None:
    """Its record went back with its database; only the balance tells."""
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(balance="10000")
    campaign = hand_over(gateway, numbers(8))
    dispatch.send_next(gateway)
    [file] = state_dir.glob("slots-*")
    record, backup = file.read_bytes(), Backup()
    send_all(gateway)
    backup.restore()
    file.write_bytes(record)
    _five_minutes_pass()

    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)
    assert gateway.hold_words == "Rs 9,993.60 instead of Rs 9,998.40."
    assert len(sandbox.requests()) == 4
    _may_not_have(gateway, campaign, 6)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_after_a_night_it_goes_on_if_the_balance_is_as_expected(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(balance="10000")
    campaign = hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    _five_minutes_pass()
    assert send_all(gateway)[-1] is NOTHING
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 4


def test_a_top_up_hides_what_left_the_account(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    sandbox.settings(balance="20000")
    _five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)


def test_only_the_whole_cost_of_what_is_undecided_explains_the_balance(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(script=["503"])  # which was not billed
    hand_over(gateway, numbers(8))
    dispatch.send_next(gateway)
    sandbox.settings(balance="9999.20")  # one message left it, and two are undecided
    _five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)


def test_after_a_night_nothing_is_sent_before_sociair_has_told_the_balance(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(balance="10000")
    hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    sandbox.settings(balance_script=["503"])
    _five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.TIMED, HoldReason.UNREACHABLE)
    Gateway.objects.update(balance_asked_at=None)
    assert slots.attend(gateway)
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED


def test_the_balance_of_a_shared_account_proves_nothing(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    settings.SOCIAIR_SHARED_ACCOUNT = True
    hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    sandbox.settings(balance="500")
    _five_minutes_pass()
    assert send_all(gateway)[-1] is NOTHING


def test_a_backup_of_before_the_first_worker_s_start_asks_sociair(
    gateway: Gateway, sandbox: Sandbox, state_dir: Path
) -> None:
    """Nobody in it has ever sent, and no record is left that would say otherwise."""
    campaign = hand_over(gateway, numbers(4))
    backup = Backup()
    send_all(gateway)
    backup.restore()
    for file in state_dir.glob("slots-*"):
        file.unlink()
    _five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert _reason(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)
    _may_not_have(gateway, campaign, 4)
    assert len(sandbox.ledger()) == 4


def test_what_the_balance_shows_is_doubted_whatever_else_holds(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    sandbox.settings(balance="500")
    _five_minutes_pass()
    assert not slots.attend(gateway)
    assert holds.release(gateway, by=None)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.doubted_at is None) == (CampaignState.PAUSED, False)


# -- What was under way ----------------------------------------------------------------------


def test_what_may_have_gone_out_is_decided_before_anything_goes_on(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(7))
    draft = hand_over(gateway, numbers(1, first=7000))
    Campaign.objects.filter(pk=draft.pk).update(state=CampaignState.DRAFT)
    assert slots.attend(gateway)
    slot_record.raise_to(gateway, 3)
    assert dispatch.send_next(gateway) is HELD
    assert gateway_calls(gateway) == 3
    assert holds.release(gateway, by=None)
    campaign.refresh_from_db()
    assert doubts.suggested(campaign) == 6
    assert doubts.messages_in(gateway, 3) == 6
    assert doubts.say(campaign, 3, by=None) == 4  # requests are whole
    assert (campaign.unconfirmed, campaign.pending, campaign.state) == (4, 3, "paused")
    assert doubts.say(campaign, 3, by=None) == 0  # said once
    assert control.resume(campaign, by=None)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.accepted, campaign.unconfirmed) == (3, 4)
    draft.refresh_from_db()
    assert draft.doubted_at is not None


def gateway_calls(gateway: Gateway) -> int:
    gateway.refresh_from_db()
    return gateway.calls


def test_who_was_not_reached_may_have_been_written_to_since(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """A campaign that sent again is not in the backup either."""
    sandbox.settings(script=["scam"])
    ended = hand_over(gateway, numbers(2))
    send_all(gateway)
    ended.refresh_from_db()
    assert ended.refused == 2
    slot_record.raise_to(gateway, 5)
    assert not slots.attend(gateway)
    ended.refresh_from_db()
    assert not follow_ups.can_be_followed(ended)
    with pytest.raises(affordability.SendRefused):
        follow_ups.follow_up(ended, by=None)
    doubts.say(ended, 0, by=None)
    assert follow_ups.can_be_followed(ended)


@pytest.mark.parametrize("minutes", [-150, -3, 3, 150])
def test_a_machine_s_own_clock_does_not_matter(
    minutes: int, gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL its clock may differ from the server's, by which all machines go."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(minutes=minutes))
    assert slots.attend(gateway)
    assert slots.attend(gateway)
    monkeypatch.undo()
    hand_over(gateway, numbers(1))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
