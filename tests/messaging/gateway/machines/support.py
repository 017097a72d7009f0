"""What happens to machines in tests, and what a person then says."""

from datetime import timedelta

import pytest
from django.db.models import F, Model
from django.utils import timezone

from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    CampaignState,
    Gateway,
    Machine,
    SentMessage,
)
from messaging.services.campaigns import control
from messaging.services.gateway import doubts, holds
from messaging.services.money import affordability
from messaging.services.sending import dispatch

HELD, NOTHING = dispatch.Round.HELD, dispatch.Round.NOTHING


def long_ago() -> None:
    """Nobody has looked in, and nobody has been waited for, for four minutes."""
    ago = timezone.now() - timedelta(minutes=4)
    Machine.objects.update(seen_at=ago)
    Gateway.objects.update(era_began_at=ago + timedelta(seconds=20))


def five_minutes_pass() -> None:
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


def reason_of(gateway: Gateway) -> tuple[str, str]:
    gateway.refresh_from_db()
    return gateway.hold_kind, gateway.hold_reason


def may_not_have(gateway: Gateway, campaign: Campaign, people: int) -> None:
    """A person has compared it with Sociair's own list."""
    assert holds.release(gateway, by=None)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    with pytest.raises(affordability.SendRefused, match="not known"):
        control.resume(campaign, by=None)
    assert doubts.say(campaign, people, by=None) == people
    control.resume(campaign, by=None)
