"""A campaign that is due: what became more expensive since it was signed waits for a signature."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services.campaigns import control, preparation
from messaging.services.decisions import bill_checks
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import upkeep
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.messaging.money.prices_support import (
    DOUBLE,
    booked,
    grow_old,
    ledger,
    ntc,
    resume,
    scheduled,
)
from tests.pages import words
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def test_a_scheduled_campaign_that_became_more_expensive_asks(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(100))
    assert campaign.cost == 80
    sandbox.settings(rate=DOUBLE)
    upkeep.sweep(gateway)
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert ledger(sandbox) == 0
    said = (
        "NTC now costs Rs 1.60 for each part instead of Rs 0.80. The 100 messages that are "
        "left would cost Rs 160.00 instead of Rs 80.00. Check the new cost, then resume."
    )
    assert campaign.pause_reason == said
    assert Event.objects.get(kind=EventKind.PAUSED).words == said
    page = manager.get(campaign.get_absolute_url())
    assert said in words(page)
    assert "Resume for Rs 160.00" in words(page)

    resume(manager, campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    assert campaign.cost == campaign.reviewed_cost == booked(campaign) == 160
    assert balance.committed(gateway).cost == 160
    send_all(gateway)
    balance.read_balance(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert ledger(sandbox) == campaign.cost == 160
    assert bill_checks.check(campaign).gap is None
    resumed = Event.objects.get(kind=EventKind.RESUMED)
    assert resumed.by == manager.user
    assert "Rs 160.00 instead of Rs 80.00" in resumed.words


def test_a_more_expensive_campaign_is_resumed_only_for_its_sum(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(10))
    sandbox.settings(rate=DOUBLE)
    control.start_due(gateway)
    for seen in (None, Decimal("8.00"), Decimal("15.99")):
        with pytest.raises(SendRefused, match=r"would cost Rs 16\.00 instead of Rs 8\.00"):
            control.resume(campaign, by=None, seen=seen)
    assert control.resume(campaign, by=None, seen=Decimal("16.00"))


def test_a_cheaper_campaign_starts_and_costs_what_is_billed(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, numbers(10))
    sandbox.settings(rate="0.50")
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    assert campaign.cost == campaign.reviewed_cost == booked(campaign) == 5
    send_all(gateway)
    assert ledger(sandbox) == 5


def test_operators_that_cost_the_same_are_named_together(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, numbers(3))
    sandbox.settings(rate="1.25")
    control.start_due(gateway)
    campaign.refresh_from_db()
    assert campaign.pause_reason.startswith(
        "NTC, Ncell and Smart Cell now cost Rs 1.25 for each part instead of Rs 0.80. The 3 "
        "messages that are left"
    )


def test_what_gets_both_more_and_less_expensive_is_judged_by_its_sum(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, [*ntc(2), "9801234567"])
    sandbox.settings(ntc_rate="0.70", ncell_rate="0.90")
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    send_all(gateway)
    assert ledger(sandbox) == campaign.cost == Decimal("2.30")


def test_at_the_same_rates_no_row_of_its_people_is_touched(gateway: Gateway) -> None:
    campaign = scheduled(gateway, numbers(20))
    before = list(Batch.objects.values())
    balance.read_balance(gateway)
    with CaptureQueriesContext(connection) as queries:
        assert control.start_due(gateway) == 1
    assert not [query for query in queries if "messaging_recipient" in query["sql"]]
    assert not [query for query in queries if 'UPDATE "messaging_batch"' in query["sql"]]
    assert list(Batch.objects.values()) == before
    campaign.refresh_from_db()
    assert campaign.cost == 16


def test_prices_of_other_operators_do_not_matter(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = scheduled(gateway, ntc(3))
    sandbox.settings(ncell_rate="9.00")
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    assert campaign.cost == Decimal("2.40")


def test_a_due_campaign_that_cannot_be_paid_pauses(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(100))
    sandbox.settings(balance=12)
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "The balance is Rs 12.00, but Rs 80.00 is needed" in campaign.pause_reason
    assert not [seen for seen in sandbox.requests() if "sms" in str(seen)]
    assert "Not enough balance left" in words(resume(manager, campaign))
    sandbox.settings(balance=80)
    balance.read_balance(gateway)
    resume(manager, campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


def test_what_is_planned_for_later_does_not_stop_what_is_due(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    hand_over(gateway, ntc(100), at=timezone.now() + timedelta(days=7))
    campaign = scheduled(gateway, ntc(5, first=5000))
    sandbox.settings(balance=4)
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


def test_a_due_campaign_waits_for_a_fresh_balance(
    manager: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(2))
    sandbox.stop()
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED
    page = words(manager.get(campaign.get_absolute_url()))
    assert "Waiting for a new balance from Sociair" in page
    assert "Sociair cannot be reached." in page
    sandbox.start()
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


def test_a_due_campaign_waits_while_the_portal_is_throttled(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(2))
    holds.hold(
        gateway,
        HoldKind.TIMED,
        HoldReason.THROTTLED,
        until=timezone.now() + timedelta(minutes=1),
    )
    asked = len(sandbox.requests())
    upkeep.sweep(gateway)
    assert len(sandbox.requests()) == asked
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED


def test_a_due_campaign_without_a_balance_becomes_overdue(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(2))
    sandbox.stop()
    Campaign.objects.update(scheduled_for=timezone.now() - timedelta(hours=3))
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OVERDUE


@pytest.mark.django_db(transaction=True)
def test_the_wake_up_reads_the_balance_and_sends(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = scheduled(gateway, ntc(2))
    tasks.wake.call_local()
    tasks.send.call_local()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE
    assert ledger(sandbox) == campaign.cost


def test_what_was_prepared_too_slowly_is_priced_before_it_begins(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.INLINE_RECIPIENTS = 1
    campaign = hand_over(gateway, ntc(4))
    assert campaign.state == CampaignState.PREPARING
    grow_old()
    sandbox.settings(rate=DOUBLE)
    preparation.prepare(campaign)
    send_all(gateway)
    assert ledger(sandbox) == 0
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "would cost Rs 6.40 instead of Rs 3.20" in campaign.pause_reason
