"""A machine that was set back as a whole, record and all, is told by the balance."""

from pathlib import Path

import pytest
from pytest_django import Settings

from messaging.models import CampaignState, Gateway, HoldKind, HoldReason
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.backups import Backup
from tests.messaging.gateway.machines.support import (
    HELD,
    NOTHING,
    five_minutes_pass,
    may_not_have,
    reason_of,
)
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


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
    five_minutes_pass()

    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)
    assert gateway.hold_words == "The balance is Rs 9,993.60 instead of Rs 9,998.40."
    assert len(sandbox.requests()) == 4
    may_not_have(gateway, campaign, 6)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))


def test_after_a_night_it_goes_on_if_the_balance_is_as_expected(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(balance="10000")
    campaign = hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    five_minutes_pass()
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
    five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)


def test_only_the_whole_cost_of_what_is_undecided_explains_the_balance(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(script=["503"])  # which was not billed
    hand_over(gateway, numbers(8))
    dispatch.send_next(gateway)
    sandbox.settings(balance="9999.20")  # one message left it, and two are undecided
    five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)


def test_after_a_night_nothing_is_sent_before_sociair_has_told_the_balance(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    sandbox.settings(balance="10000")
    hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    sandbox.settings(balance_script=["503"])
    five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.TIMED, HoldReason.UNREACHABLE)
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
    five_minutes_pass()
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
    five_minutes_pass()
    assert dispatch.send_next(gateway) is HELD
    assert reason_of(gateway) == (HoldKind.PERSON, HoldReason.UNEXPLAINED)
    may_not_have(gateway, campaign, 4)
    assert len(sandbox.ledger()) == 4


def test_what_the_balance_shows_is_doubted_whatever_else_holds(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(4))
    dispatch.send_next(gateway)
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    sandbox.settings(balance="500")
    five_minutes_pass()
    assert not slots.attend(gateway)
    assert holds.release(gateway, by=None)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.doubted_at is None) == (CampaignState.PAUSED, False)
