"""Nobody is surprised by a bill: what became dearer since it was signed waits for a signature."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contacts import phone
from contacts.phone import Operator
from messaging import tasks
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
    Recipient,
    Verdict,
)
from messaging.services.campaigns import control, preparation, schedule
from messaging.services.decisions import billing, evidence, settlement
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance, new_prices, prices, recount, rules
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch, upkeep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser
from tests.pages import words
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

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


def kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign=campaign).values_list("kind", flat=True))


# -- At its time -----------------------------------------------------------------------------


def test_a_scheduled_campaign_that_became_dearer_asks(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
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
        "NTC costs Rs 1.60 a part now instead of Rs 0.80: the 100 messages that are left would "
        "cost Rs 160.00 instead of Rs 80.00. Look at the sum, then resume."
    )
    assert campaign.pause_reason == said
    assert Event.objects.get(kind=EventKind.PAUSED).words == said
    page = sender.get(campaign.get_absolute_url())
    assert said in words(page)
    assert "Resume for Rs 160.00" in words(page)

    resume(sender, campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    assert campaign.cost == campaign.reviewed_cost == booked(campaign) == 160
    assert balance.committed(gateway).cost == 160
    send_all(gateway)
    balance.read_balance(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert ledger(sandbox) == campaign.cost == 160
    assert billing.balance_gap(campaign) is None
    resumed = Event.objects.get(kind=EventKind.RESUMED)
    assert resumed.by == sender.user
    assert "Rs 160.00 instead of Rs 80.00" in resumed.words


def test_a_dearer_campaign_is_resumed_only_for_its_sum(gateway: Gateway, sandbox: Sandbox) -> None:
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
        "NTC, Ncell and Smart Cell cost Rs 1.25 a part now instead of Rs 0.80: the 3 messages "
    )


def test_what_gets_dearer_and_cheaper_at_once_is_judged_by_its_sum(
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
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(100))
    sandbox.settings(balance=12)
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "the balance is Rs 12.00 and Rs 80.00 are needed" in campaign.pause_reason
    assert not [seen for seen in sandbox.requests() if "sms" in str(seen)]
    assert "Not enough balance left" in words(resume(sender, campaign))
    sandbox.settings(balance=80)
    balance.read_balance(gateway)
    resume(sender, campaign)
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


# -- Without a fresh balance -----------------------------------------------------------------


def test_a_due_campaign_waits_for_a_fresh_balance(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(2))
    sandbox.stop()
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED
    page = words(sender.get(campaign.get_absolute_url()))
    assert "Waiting for a fresh balance from Sociair" in page
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


# -- Resumed ---------------------------------------------------------------------------------


def test_resuming_asks_for_the_rest_and_what_went_out_keeps_its_price(
    sender: Browser, gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    balance.read_balance(gateway)
    campaign = paused(gateway, ntc(6), sent=1)
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    page = sender.get(campaign.get_absolute_url())
    assert "Resume for Rs 6.40" in words(page)
    assert "the 4 messages that are left would cost Rs 6.40 instead of Rs 3.20" in words(page)
    sender.post(reverse("messaging:resume", args=[campaign.pk]))  # a page of before the change
    campaign.refresh_from_db()
    assert (campaign.state, campaign.cost) == (CampaignState.PAUSED, Decimal("4.80"))
    resume(sender, campaign)
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE
    assert ledger(sandbox) == campaign.cost == booked(campaign) == Decimal("8.00")
    balance.read_balance(gateway)
    assert billing.balance_gap(campaign) is None
    assert billing.counts_that_differ(campaign) == []


def test_an_old_balance_asks_for_a_new_one(
    sender: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = paused(gateway, ntc(2))
    grow_old()
    woke = woken(django_capture_on_commit_callbacks, lambda: resume(sender, campaign))
    assert "read_balance" in woke
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    page = resume(sender, campaign)
    assert "Refreshing the balance. Press Resume again in a few seconds." in words(page)


def test_a_dearer_overdue_campaign_asks_for_its_sum(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = scheduled(gateway, ntc(10))
    Campaign.objects.update(scheduled_for=timezone.now() - timedelta(hours=3))
    sandbox.settings(rate=DOUBLE)
    upkeep.sweep(gateway)
    page = sender.get(campaign.get_absolute_url())
    assert "Resume for Rs 16.00" in words(page)
    assert "NTC costs Rs 1.60 a part now instead of Rs 0.80" in words(page)


def test_the_open_page_learns_of_new_prices(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = paused(gateway, ntc(2))
    balance.read_balance(gateway)
    address = reverse("messaging:progress", args=[campaign.pk])
    seen = {"seen": sender.get(campaign.get_absolute_url()).context["seen"]}
    assert sender.get(address, seen).status_code == 204
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    told = sender.get(address, seen)
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


def test_who_is_slower_prices_nothing_that_was_begun_meanwhile(
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


def test_books_that_somebody_changed_meanwhile_let_nobody_begin(gateway: Gateway) -> None:
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


# -- Sent at once instead of later -----------------------------------------------------------


def test_sending_a_scheduled_campaign_now_asks_the_new_sum(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, ntc(10), at=timezone.now() + timedelta(days=3))
    sandbox.settings(rate=DOUBLE)
    balance.read_balance(gateway)
    at = campaign.scheduled_for
    assert at is not None
    with pytest.raises(SendRefused, match="Look at the sum, then send it now"):
        schedule.move(campaign, None, seen=at, by=None)
    address = reverse("messaging:move", args=[campaign.pk])
    data = {"now": "1", "at_night": "1", "seen": at.isoformat()}
    page = sender.post(address, data)
    assert "would cost Rs 16.00 instead of Rs 8.00" in words(page)
    assert "Send to 10 people for Rs 16.00 now" in words(page)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED
    sender.post(address, {**data, "cost": "16.00"})
    send_all(gateway)
    campaign.refresh_from_db()
    assert ledger(sandbox) == campaign.cost == campaign.reviewed_cost == 16


def test_sending_a_scheduled_campaign_now_needs_a_fresh_balance(
    sender: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = hand_over(gateway, ntc(1), at=timezone.now() + timedelta(days=3))
    grow_old()
    at = campaign.scheduled_for
    assert at is not None
    address = reverse("messaging:move", args=[campaign.pk])
    data = {"now": "1", "at_night": "1", "seen": at.isoformat()}
    woke = woken(django_capture_on_commit_callbacks, lambda: sender.post(address, data))
    assert "read_balance" in woke
    assert "Press Send again in a few seconds" in words(sender.post(address, data))


# -- Prepared by the worker ------------------------------------------------------------------


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


# -- After an upgrade ------------------------------------------------------------------------


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a part of the operators' table be another one from now on."""

    def upgrade(prefix: str, operator: Operator) -> None:
        monkeypatch.setitem(phone._OPERATORS, prefix, operator)
        rules.fingerprint_of_rules.cache_clear()

    yield upgrade
    monkeypatch.undo()
    rules.fingerprint_of_rules.cache_clear()


def test_after_an_upgrade_new_operators_make_another_sum(
    gateway: Gateway, sandbox: Sandbox, upgraded: Any
) -> None:
    sandbox.settings(ncell_rate="0.80")
    campaign = scheduled(gateway, [*ntc(4), "9851234567", "9851234568"])
    Campaign.objects.update(rates={**campaign.rates, "ncell": "1.00"})
    sandbox.settings(ncell_rate="1.00")
    upgraded("985", Operator.NCELL)
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.startswith("Since the upgrade of the portal, parts and operators")
    assert "the 6 messages that are left would cost Rs 5.20 instead of Rs 4.80" in (
        campaign.pause_reason
    )
    assert control.resume(campaign, by=None, seen=Decimal("5.20"))
    assert campaign.cost == booked(campaign) == Decimal("5.20")
    assert Recipient.objects.filter(operator="ncell").count() == 2


def test_after_an_upgrade_new_parts_make_another_sum(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the version that froze it had counted one part where Sociair bills two."""
    campaign = scheduled(gateway, ntc(3))
    Batch.objects.update(text="न" * 71)
    Campaign.objects.update(rules="of before")
    assert control.start_due(gateway) == 0
    campaign.refresh_from_db()
    assert "would cost Rs 4.80 instead of Rs 2.40" in campaign.pause_reason
    assert control.resume(campaign, by=None, seen=Decimal("4.80"))
    assert Batch.objects.get().parts == 2


def test_an_upgrade_without_a_new_sum_asks_nothing(gateway: Gateway) -> None:
    campaign = scheduled(gateway, ntc(3))
    Campaign.objects.update(rules="")
    assert control.start_due(gateway) == 1
    campaign.refresh_from_db()
    assert campaign.rules == rules.fingerprint_of_rules()
    assert campaign.cost == Decimal("2.40")


def test_an_operator_without_a_price_keeps_the_old_one(gateway: Gateway, upgraded: Any) -> None:
    scheduled(gateway, ntc(2))
    upgraded("984", Operator.OTHER)
    assert control.start_due(gateway) == 1
    assert set(Recipient.objects.values_list("operator", flat=True)) == {"ntc"}


def test_a_balance_that_is_too_low_covers_nothing(gateway: Gateway) -> None:
    reading = balance.read_balance(gateway)
    with pytest.raises(SendRefused, match="Not enough balance left"):
        affordability.check_covered(reading, reading.balance + 1)
    affordability.check_covered(reading, reading.balance)
