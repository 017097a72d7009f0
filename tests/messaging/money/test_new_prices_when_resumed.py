"""Whoever resumes a campaign, or sends it at once, signs for today's prices."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Batch, Campaign, CampaignState, Gateway, Recipient, Verdict
from messaging.services.campaigns import control, schedule
from messaging.services.decisions import bill_checks, billing, evidence, settlement
from messaging.services.money import balance, new_prices, prices, recount
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import upkeep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser
from tests.messaging.money.prices_support import (
    DOUBLE,
    booked,
    grow_old,
    ledger,
    ntc,
    paused,
    resume,
    scheduled,
)
from tests.pages import words
from tests.sending import claim_batch, hand_over, numbers, send_all
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db


def test_resuming_asks_for_the_rest_and_what_went_out_keeps_its_price(
    manager: Browser, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    balance.read_balance(gateway)
    campaign = paused(gateway, ntc(6), sent=1)
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    page = manager.get(campaign.get_absolute_url())
    assert "Resume for Rs 6.40" in words(page)
    assert "The 4 messages that are left would cost Rs 6.40 instead of Rs 3.20" in words(page)
    manager.post(reverse("messaging:resume", args=[campaign.pk]))  # a page of before the change
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cost) == (CampaignState.PAUSED, Decimal("4.80"))
    resume(manager, campaign)
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE
    assert ledger(sandbox) == campaign.cost == booked(campaign) == Decimal("8.00")
    balance.read_balance(gateway)
    assert bill_checks.check(campaign).gap is None
    assert billing.counts_that_differ(campaign) == []


def test_an_old_balance_asks_for_a_new_one(
    manager: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = paused(gateway, ntc(2))
    grow_old()
    woke = woken(django_capture_on_commit_callbacks, lambda: resume(manager, campaign))
    assert "read_balance" in woke
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    page = resume(manager, campaign)
    assert "Refreshing the balance. Press Resume again in a few seconds." in words(page)


def test_a_more_expensive_overdue_campaign_asks_for_its_sum(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(10))
    Campaign.objects.update(scheduled_for=timezone.now() - timedelta(hours=3))
    sandbox.settings(rate=DOUBLE)
    upkeep.sweep(gateway)
    page = manager.get(campaign.get_absolute_url())
    assert "Resume for Rs 16.00" in words(page)
    assert "NTC now costs Rs 1.60 for each part instead of Rs 0.80." in words(page)


def test_the_open_page_learns_of_new_prices(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = paused(gateway, ntc(2))
    balance.read_balance(gateway)
    address = reverse("messaging:progress", args=[campaign.pk])
    seen = {"seen": manager.get(campaign.get_absolute_url()).context["seen"]}
    assert manager.get(address, seen).status_code == 204
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    told = manager.get(address, seen)
    assert told.headers["HX-Retarget"] == "#live"
    assert "Resume for Rs 3.20" in words(told)


def test_while_its_last_calls_are_under_way_no_price_changes(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """A call that was throttled is queued again, and must then cost what is signed."""
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, ntc(4))
    assert claim_batch(campaign.pk) is not None
    control.pause(campaign, by=None)
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    with pytest.raises(SendRefused, match="still being sent"):
        control.resume(campaign, by=None, seen=Decimal("3.20"))
    assert booked(campaign) == campaign.cost == Decimal("3.20")


def test_what_was_undecided_keeps_the_price_it_was_called_with(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    balance.read_balance(gateway)
    sandbox.settings(script=["hang"], hang=0.2)
    settings.SOCIAIR_READ_TIMEOUT = 0.1
    campaign = paused(gateway, ntc(4), sent=1)
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    assert control.resume(campaign, by=None, seen=Decimal("3.20"))
    batch = settlement.undecided(campaign).get()
    people = Recipient.objects.filter(batch=batch)
    assert prices.cost_of_recipients(people) == batch.cost == Decimal("1.60")
    settlement.settle(campaign, [batch.pk], Verdict.ACCEPTED, by=None, why="")
    yesterday = timezone.now() - timedelta(days=1)
    assert evidence.known(gateway, yesterday) == Decimal("1.60")


def test_who_stops_half_way_has_signed_nothing(
    gateway: Gateway, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web server is killed after one of three pieces: the old sum stays what was signed."""
    settings.SOCIAIR_BATCH_SIZE = 2
    monkeypatch.setattr(recount, "AT_ONCE", 2)
    campaign = paused(gateway, ntc(6))
    sandbox.settings(rate=DOUBLE)
    reading = balance.read_balance(gateway)
    book = new_prices._book_some

    def killed(*args: Any) -> bool:
        book(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(new_prices, "_book_some", killed)
    with pytest.raises(KeyboardInterrupt):
        control.resume(campaign, by=None, seen=Decimal("9.60"))
    monkeypatch.setattr(new_prices, "_book_some", book)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.cost == booked(campaign) == Decimal("6.40")
    bill = new_prices.bill_of(campaign, reading)
    assert bill is not None
    assert (bill.signed, bill.cost, bill.is_dearer) == (Decimal("4.80"), Decimal("9.60"), True)
    assert control.resume(campaign, by=None, seen=Decimal("9.60"))
    assert campaign.cost == booked(campaign) == Decimal("9.60")


def test_who_is_slower_prices_nothing_that_has_begun_since(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Two people resume it; the other one's messages go out before this one has written a row."""
    campaign = paused(gateway, ntc(2))
    sandbox.settings(rate=DOUBLE)
    reading = balance.read_balance(gateway)
    slower = Campaign.objects.get(pk=campaign.pk)
    bill = new_prices.bill_of(slower, reading)
    assert bill is not None
    assert control.resume(campaign, by=None, seen=Decimal("3.20"))
    send_all(gateway)
    new_prices._book(slower, prices.rates_now(slower, reading), bill)
    batch = Batch.objects.get()
    assert (batch.rates, batch.cost) == (None, Decimal("3.20"))
    campaign.refresh_from_db()
    assert campaign.cost == ledger(sandbox) == Decimal("3.20")


def test_books_that_someone_changed_since_let_nobody_begin(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    priced = new_prices.Priced(campaign.cost)
    assert priced.holds(campaign)
    Campaign.objects.update(cost=campaign.cost + 1)
    assert not priced.holds(campaign)


@pytest.mark.django_db(transaction=True)
def test_many_workers_price_and_start_a_campaign_once(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = scheduled(gateway, ntc(4))
    sandbox.settings(rate="0.50")
    balance.read_balance(gateway)
    started = at_once([partial(control.start_due, gateway)] * 4)
    assert sorted(started) == [0, 0, 0, 1]
    campaign.refresh_from_db()
    assert campaign.cost == campaign.reviewed_cost == booked(campaign) == 2


def test_sending_a_scheduled_campaign_now_asks_the_new_sum(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, ntc(10), at=timezone.now() + timedelta(days=3))
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    at = campaign.scheduled_for
    assert at is not None
    with pytest.raises(SendRefused, match="Check the new cost, then send it now"):
        schedule.move(campaign, None, seen=at, by=None)
    address = reverse("messaging:move", args=[campaign.pk])
    data = {"now": "1", "at_night": "1", "seen": at.isoformat()}
    page = manager.post(address, data)
    assert "would cost Rs 16.00 instead of Rs 8.00" in words(page)
    assert "Send now to 10 people for Rs 16.00" in words(page)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED
    manager.post(address, {**data, "cost": "16.00"})
    send_all(gateway)
    campaign.refresh_from_db()
    assert ledger(sandbox) == campaign.cost == campaign.reviewed_cost == 16


def test_sending_a_scheduled_campaign_now_needs_a_fresh_balance(
    manager: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = hand_over(gateway, ntc(1), at=timezone.now() + timedelta(days=3))
    grow_old()
    at = campaign.scheduled_for
    assert at is not None
    address = reverse("messaging:move", args=[campaign.pk])
    data = {"now": "1", "at_night": "1", "seen": at.isoformat()}
    woke = woken(django_capture_on_commit_callbacks, lambda: manager.post(address, data))
    assert "read_balance" in woke
    assert "Press Send again in a few seconds" in words(manager.post(address, data))
