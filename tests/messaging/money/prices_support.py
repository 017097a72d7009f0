"""Campaigns whose prices change: signed long ago, due, paused; and what they cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from messaging.models import BalanceReading, Batch, Campaign, Gateway
from messaging.services.campaigns import control
from messaging.services.money import balance
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.sending import hand_over

DOUBLE = "1.60"


def ntc(count: int, *, first: int = 1000) -> list[str]:
    return [f"984{first + place:07d}" for place in range(count)]


def scheduled(gateway: Gateway, people: list[str]) -> Campaign:
    """Signed at Rs 0.80 a part for tomorrow, and due now; the balance was read yesterday."""
    balance.read_balance(gateway)
    campaign = hand_over(gateway, people, at=timezone.now() + timedelta(days=1))
    grow_old()
    Campaign.objects.filter(pk=campaign.pk).update(
        scheduled_for=timezone.now() - timedelta(seconds=1)
    )
    campaign.refresh_from_db()
    return campaign


def grow_old() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    BalanceReading.objects.update(asked_at=yesterday, read_at=yesterday)


def paused(gateway: Gateway, people: list[str], *, sent: int = 0) -> Campaign:
    """After so many of its requests."""
    campaign = hand_over(gateway, people)
    for _request in range(sent):
        dispatch.send_next(gateway)
    assert control.pause(campaign, by=None)
    return campaign


def resume(browser: Browser, campaign: Campaign) -> Any:
    """Press Resume, with whatever sum stands on the button."""
    page = browser.get(campaign.get_absolute_url())
    bill = page.context["bill"]
    cost = {} if bill is None else {"cost": str(bill.cost)}
    return browser.post(reverse("messaging:resume", args=[campaign.pk]), cost, follow=True)


def ledger(sandbox: Sandbox) -> Decimal:
    return sum((Decimal(entry.cost) for entry in sandbox.ledger()), Decimal(0))


def booked(campaign: Campaign) -> Decimal:
    batches = Batch.objects.filter(campaign=campaign)
    return sum(batches.values_list("cost", flat=True), Decimal(0))
