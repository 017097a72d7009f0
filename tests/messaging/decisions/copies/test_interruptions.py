"""Copying that is paused, cancelled, more expensive, late or restored."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from messaging.models import BalanceReading, Campaign, CampaignState, Gateway
from messaging.services.campaigns import control, follow_ups, resend
from messaging.services.gateway import doubts
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from messaging.text.length import measure
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.messaging.decisions.copies.support import (
    REQUESTS,
    check_each_once,
    prepare,
    send_again,
    undecided,
)
from tests.sending import reading

pytestmark = pytest.mark.django_db


def test_copying_that_is_paused_and_resumed_copies_the_rest(first: Campaign) -> None:
    follower = send_again(first)
    prepare(follower, pieces=1)
    assert control.pause(follower, by=None)
    assert prepare(follower)
    assert (follower.state, follower.total, len(undecided(first))) == (CampaignState.PAUSED, 6, 7)
    check_each_once(first)
    assert control.resume(follower, by=None)
    assert follower.state == CampaignState.PREPARING
    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    check_each_once(first)


def test_cancelled_copying_leaves_the_rest_undecided(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    follower = send_again(first)
    prepare(follower, pieces=1)
    assert control.cancel(follower, by=None)
    assert prepare(follower)
    control.close_cancelled(follower)
    assert (follower.state, follower.cancelled) == (CampaignState.CANCELLED, 6)
    check_each_once(first)
    assert (first.not_sent, first.unconfirmed) == (6, 14)
    assert follow_ups.not_reached(follower).count() == 6  # whom someone may write to again

    other = send_again(first)
    assert prepare(other)
    assert (other.state, other.total) == (CampaignState.SENDING, 14)
    check_each_once(first)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stop", [control.pause, control.cancel])
def test_copying_stopped_during_a_piece_copies_each_once(
    stop: Callable[..., bool], first: Campaign
) -> None:
    follower = send_again(first)
    same = Campaign.objects.get(pk=follower.pk)
    at_once([partial(prepare, follower), partial(stop, same, by=None)])
    same.refresh_from_db()
    assert same.state in (CampaignState.PAUSED, CampaignState.CANCELLED)
    control.close_cancelled(same)
    check_each_once(first)
    assert len(undecided(first)) == REQUESTS - same.total // 2


def test_copies_more_expensive_by_new_rates_ask_first(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    follower = send_again(first)
    prepare(follower, pieces=1)
    dear = reading(gateway)
    BalanceReading.objects.filter(pk=dear.pk).update(ntc_rate="1.10")
    assert prepare(follower)
    assert follower.state == CampaignState.SCHEDULED  # its time is now
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    control.start_due(gateway)
    follower.refresh_from_db()
    assert follower.state == CampaignState.PAUSED
    assert "NTC now costs Rs 1.10 for each part instead of Rs 0.80." in follower.pause_reason
    assert follower.cost == follower.reviewed_cost == Decimal("16.00")


def test_copies_more_expensive_by_new_counting_ask_first(
    first: Campaign, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = send_again(first)
    two_parts = measure("a" * 161)
    monkeypatch.setattr(resend, "measure", lambda text: two_parts)
    assert prepare(follower)
    control.start_due(gateway)
    follower.refresh_from_db()
    assert follower.state == CampaignState.PAUSED
    assert follower.pause_reason.startswith("It now costs Rs 32.00 instead of Rs 16.00.")


def test_copies_made_hours_later_ask_first(first: Campaign) -> None:
    follower = send_again(first)
    Campaign.objects.update(resumed_at=timezone.now() - timedelta(hours=3))
    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.OVERDUE, 20)


def test_the_cost_of_copies_is_committed_from_the_start(first: Campaign, gateway: Gateway) -> None:
    reading(gateway, amount="16.00")
    follower = send_again(first)
    assert balance.committed(gateway).cost == Decimal("16.00")
    prepare(follower, pieces=1)
    assert balance.committed(gateway).cost == Decimal("16.00")
    prepare(follower)
    assert balance.committed(gateway).cost == Decimal("16.00")


def test_after_a_restore_the_rest_of_a_copy_is_undecided(first: Campaign, gateway: Gateway) -> None:
    """It may have been copied, and have gone out, since the backup was taken."""
    follower = send_again(first)
    prepare(follower, pieces=1)
    doubts.doubt_all(gateway, why="The database was restored.")
    assert doubts.say(follower, 0, by=None) == 0
    assert control.resume(follower, by=None)
    assert (follower.state, follower.pending) == (CampaignState.SENDING, 6)
    assert len(undecided(first)) == 7


@pytest.mark.parametrize("some", [2, REQUESTS])
def test_after_a_restore_sending_again_waits_for_a_person(
    some: int, first: Campaign, gateway: Gateway
) -> None:
    """It may have been sent again since the backup was taken."""
    doubts.doubt_all(gateway, why="The database was restored.")
    with pytest.raises(
        SendRefused, match="not known how much of this message has already gone out"
    ):
        send_again(first, undecided(first)[:some])
    assert not first.followed_by.exists()
    doubts.say(first, 0, by=None)
    assert send_again(first, undecided(first)[:some]).follows == first
