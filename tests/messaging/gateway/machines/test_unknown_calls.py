"""Calls that the database does not know are decided before anything goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.campaigns import control, follow_ups
from messaging.services.gateway import doubts, holds, slot_record
from messaging.services.money import affordability
from messaging.services.sending import dispatch, slots
from sandbox.server import Sandbox
from tests.messaging.gateway.machines.support import HELD
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


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
