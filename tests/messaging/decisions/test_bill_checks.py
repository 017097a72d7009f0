"""The check of a bill is made once and kept; whatever can change it makes it anew."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from messaging.answers.outcomes import Outcome
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    BillCheck,
    Campaign,
    Gateway,
    SentMessage,
    Verdict,
)
from messaging.services import sociair
from messaging.services.decisions import bill_checks, billing, settlement
from messaging.services.gateway import bills, doubts
from messaging.services.money import balance
from messaging.services.sending import record, upkeep
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.pages import words
from tests.sending import claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

KEPT = ["ntc", 4, 77, None]  # what no check would find


def sent(gateway: Gateway, *, ago: timedelta = timedelta(hours=1)) -> Campaign:
    """A campaign between two readings of the balance, some time ago."""
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(10))
    BalanceReading.objects.latest("id").delete()  # which the test made up
    send_all(gateway)
    balance.read_balance(gateway)
    for model, columns in (
        (BalanceReading, ["asked_at", "read_at"]),
        (SentMessage, ["started_at", "ended_at"]),
        (Batch, ["claimed_at", "deadline"]),
    ):
        for row in model.objects.all():
            changed = {name: getattr(row, name) - ago for name in columns}
            model.objects.filter(pk=row.pk).update(**changed)
    return fresh(campaign)


def fresh(campaign: Campaign) -> Campaign:
    """As the next view reads it."""
    return Campaign.objects.select_related("gateway").get(pk=campaign.pk)


def is_kept(campaign: Campaign) -> bool:
    """Whether the next view shows what was kept, and not what it finds itself."""
    BillCheck.objects.filter(campaign=campaign).update(lines=[KEPT])
    found = bill_checks.check(fresh(campaign)).lines
    return [line.theirs for line in found] == [KEPT[2]]


def test_a_second_view_asks_for_what_was_kept(gateway: Gateway) -> None:
    campaign = sent(gateway)
    first = bill_checks.check(campaign)
    again = fresh(campaign)
    with CaptureQueriesContext(connection) as queries:
        assert bill_checks.check(again) == first
    assert len(queries) == 1


def test_what_disagrees_is_kept_as_it_was_found(sender: Browser, gateway: Gateway) -> None:
    campaign = sent(gateway)
    reading = BalanceReading.objects.latest("id")
    BalanceReading.objects.filter(pk=reading.pk).update(
        balance=reading.balance - 5, ntc_rate=Decimal("1.50")
    )
    SentMessage.objects.update(ntc=9, ncell=1)
    found = bill_checks.check(campaign)
    assert found.gap is not None
    assert found.gap.gap == 5
    assert [(line.ours, line.theirs) for line in found.lines] == [(4, 9), (4, 1)]
    kept = bill_checks.check(fresh(campaign))
    assert kept == found
    assert is_kept(campaign)
    assert kept.cause_of_gap(campaign) == found.cause_of_gap(campaign)
    assert "The rates changed" in kept.cause_of_gap(campaign)
    assert "billing does not match" in words(sender.get(campaign.get_absolute_url()))


def _no_reading_yet(gateway: Gateway, campaign: Campaign) -> None:
    BalanceReading.objects.latest("id").delete()


def _the_reading_is_new(gateway: Gateway, campaign: Campaign) -> None:
    now = timezone.now()
    pk = BalanceReading.objects.latest("id").pk
    BalanceReading.objects.filter(pk=pk).update(asked_at=now, read_at=now)


def _a_call_is_under_way(gateway: Gateway, campaign: Campaign) -> None:
    hand_over(gateway, numbers(1, first=50), by=None)
    BalanceReading.objects.latest("id").delete()
    before = BalanceReading.objects.latest("id").read_at - timedelta(seconds=1)
    Batch.objects.exclude(campaign=campaign).update(state=BatchState.SENDING, claimed_at=before)


@pytest.mark.parametrize("so", [_no_reading_yet, _the_reading_is_new, _a_call_is_under_way])
def test_what_may_still_change_automatically_is_not_kept(
    gateway: Gateway, so: Callable[[Gateway, Campaign], None]
) -> None:
    campaign = sent(gateway)
    so(gateway, campaign)
    bill_checks.check(campaign)
    assert not BillCheck.objects.exists()


def test_a_campaign_under_way_is_not_checked(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(3))
    found = bill_checks.check(fresh(campaign))
    assert (found.lines, found.gap) == ([], None)
    assert not BillCheck.objects.exists()


def test_without_a_reading_before_it_nothing_is_ever_proved(gateway: Gateway) -> None:
    campaign = sent(gateway)
    BalanceReading.objects.all().delete()
    assert bill_checks.check(campaign).gap is None
    assert is_kept(campaign)


def _unclear(gateway: Gateway, sandbox: Sandbox) -> Campaign:
    other = hand_over(gateway, numbers(2, first=70))
    sandbox.settings(script=["close"])
    send_all(gateway)
    return fresh(other)


def _somebody_settles(gateway: Gateway, sandbox: Sandbox) -> None:
    other = _unclear(gateway, sandbox)
    batches = list(other.batches.values_list("pk", flat=True))
    assert settlement.settle(other, batches, Verdict.ACCEPTED, by=None, why="I asked.") == 2


def _somebody_sends_again(gateway: Gateway, sandbox: Sandbox) -> None:
    other = _unclear(gateway, sandbox)
    batches = list(other.batches.values_list("pk", flat=True))
    with_lock = Campaign.objects.get(pk=other.pk)
    assert settlement.settle_some(with_lock, batches, Verdict.NOT_SENT, by=None, why="Asked.")


def _an_answer_comes_late(gateway: Gateway, sandbox: Sandbox) -> None:
    other = hand_over(gateway, numbers(2, first=70))
    claim = claim_batch(other.pk)
    assert claim is not None
    answer = sociair.send(claim.batch, claim.numbers, start_before=claim.start_before)
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(pk=claim.batch.pk).update(deadline=past)
    upkeep.sweep(gateway)
    record.record(answer)


def _a_backup_is_put_back(gateway: Gateway, sandbox: Sandbox) -> None:
    doubts.doubt_all(gateway, why="A backup was restored.")


def _somebody_says_what_went_out(gateway: Gateway, sandbox: Sandbox) -> None:
    other = hand_over(gateway, numbers(2, first=70))
    doubts.doubt_all(gateway, why="A backup was restored.")
    mark = bills.mark(gateway.pk)
    assert doubts.say(fresh(other), 2, by=None) == 2
    assert bills.mark(gateway.pk) > mark


@pytest.mark.parametrize(
    "happens",
    [
        _somebody_settles,
        _somebody_sends_again,
        _an_answer_comes_late,
        _a_backup_is_put_back,
        _somebody_says_what_went_out,
    ],
)
def test_it_is_made_anew_when_something_can_have_changed_it(
    gateway: Gateway, sandbox: Sandbox, happens: Callable[[Gateway, Sandbox], None]
) -> None:
    campaign = sent(gateway)
    bill_checks.check(campaign)
    assert is_kept(campaign)
    happens(gateway, sandbox)
    assert bill_checks.check(fresh(campaign)).lines == []
    assert is_kept(campaign)  # and that is kept again


def test_an_answer_in_time_lets_it_be(gateway: Gateway) -> None:
    campaign = sent(gateway)
    bill_checks.check(campaign)
    hand_over(gateway, numbers(2, first=70))
    send_all(gateway)
    assert is_kept(campaign)


def test_what_changes_while_someone_looks_is_found_by_the_next(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = sent(gateway)
    counts = billing.counts_that_differ

    def meanwhile(looked_at: Campaign) -> Any:
        bills.changed(gateway.pk)
        return counts(looked_at)

    with monkeypatch.context() as patch:
        patch.setattr(billing, "counts_that_differ", meanwhile)
        bill_checks.check(campaign)
    assert not is_kept(campaign)
    assert is_kept(campaign)


def test_another_gateways_bills_are_another_matter(gateway: Gateway) -> None:
    campaign = sent(gateway)
    bill_checks.check(campaign)
    bills.changed(Gateway.objects.create(base_url="http://127.0.0.1:9/other").pk)
    assert is_kept(campaign)


def test_the_sweep_checks_what_ended_lately(gateway: Gateway) -> None:
    campaign = sent(gateway)
    Campaign.objects.update(answered_at=timezone.now() - timedelta(hours=1))
    upkeep.sweep(gateway)
    assert BillCheck.objects.get().campaign_id == campaign.pk
    assert is_kept(campaign)


def test_the_sweep_leaves_what_it_has_checked_and_what_is_under_way(gateway: Gateway) -> None:
    campaign = sent(gateway)
    bill_checks.check(campaign)
    hand_over(gateway, numbers(2, first=70))
    assert is_kept(campaign)
    upkeep.sweep(gateway)
    assert is_kept(campaign)
    assert BillCheck.objects.count() == 1


def test_an_account_that_is_never_quiet_is_searched_no_further(gateway: Gateway) -> None:
    campaign = sent(gateway)
    reading = BalanceReading.objects.latest("id")
    Batch.objects.update(
        outcome=Outcome.WORKER_LOST, claimed_at=reading.asked_at, deadline=reading.read_at
    )
    assert billing.readings_around(campaign).after is None
    assert bill_checks.check(campaign).gap is None
    assert not BillCheck.objects.exists()  # a quiet reading may still come
    for _ in range(billing.READINGS - 1):
        reading.pk = None
        reading.save()
    bill_checks.check(campaign)
    assert is_kept(campaign)
