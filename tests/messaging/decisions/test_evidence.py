"""What the balance says about messages of which nobody knows, in exact figures."""

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging.models import BalanceReading, Batch, BatchState, Campaign, Gateway, Verdict
from messaging.services import sociair
from messaging.services.campaigns import control
from messaging.services.decisions import settlement
from messaging.services.decisions.evidence import Evidence, evidence_for
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.sending import dispatch, record
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from tests.sending import claim_batch, hand_over, numbers, release, send_all

pytestmark = pytest.mark.django_db
RATE = Decimal("0.80")
Amount = Decimal | int


@pytest.fixture(autouse=True)
def two_a_batch(settings: Settings) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2


def _send(gateway: Gateway, sandbox: Sandbox, *script: str) -> Campaign:
    """A campaign of a batch for each word of the script, between two readings of the balance."""
    campaign = hand_over(gateway, numbers(2 * len(script)))
    BalanceReading.objects.all().delete()
    balance.read_balance(gateway)
    sandbox.settings(script=script)
    while send_all(gateway)[-1] is dispatch.Round.HELD:
        holds.release(gateway, by=None)
    balance.read_balance(gateway)
    return campaign


def _evidence(campaign: Campaign) -> Evidence:
    found = evidence_for(campaign)
    assert found is not None
    return found


def _figures(campaign: Campaign) -> tuple[Amount, Amount, Amount]:
    """Known, undecided and missing, in messages of one part."""
    found = _evidence(campaign)
    return found.known / RATE, found.undecided / RATE, found.missing / RATE


def test_the_balance_tells_that_undecided_messages_went_out(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = _send(gateway, sandbox, "ok", "500", "502", "ok")
    found = _evidence(campaign)
    assert found.before.balance == Decimal(10000)
    assert found.now.balance == sandbox.balance == Decimal("9993.60")
    assert (found.known, found.undecided, found.missing) == (
        Decimal("3.20"),
        Decimal("3.20"),
        Decimal("3.20"),
    )
    assert found.sentence == (
        "Exactly the cost of the messages that need a decision has left the account. They "
        "probably went out."
    )


def test_a_call_without_an_answer_may_still_be_billed(gateway: Gateway, sandbox: Sandbox) -> None:
    """We hung up, and Sociair may bill a little later: a reading at once proves nothing."""
    assert evidence_for(_send(gateway, sandbox, "ok", "close", "ok")) is None


def test_a_reading_that_was_asked_for_before_the_end_proves_nothing(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = _send(gateway, sandbox, "ok", "500", "ok")
    assert evidence_for(campaign) is not None
    last = BalanceReading.objects.latest()
    BalanceReading.objects.filter(pk=last.pk).update(asked_at=campaign.sent_at)
    assert evidence_for(campaign) is None


def test_the_balance_tells_that_nothing_undecided_went_out(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = _send(gateway, sandbox, "503", "ok", "503")
    assert _figures(campaign) == (2, 4, 0)
    assert _evidence(campaign).sentence == (
        "Nothing has left the account for the messages that need a decision. They probably "
        "did not go out."
    )


def test_the_balance_tells_that_some_undecided_went_out(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = _send(gateway, sandbox, "503", "ok", "500")
    assert _figures(campaign) == (2, 4, 2)
    assert _evidence(campaign).sentence == (
        "Part of the cost of the messages that need a decision has left the account. Some "
        "of them probably went out."
    )


@pytest.mark.parametrize("others", [Decimal("9.99"), Decimal(-50)])
def test_the_balance_does_not_fit_when_others_used_it(
    others: Decimal, gateway: Gateway, sandbox: Sandbox
) -> None:
    """Or topped it up."""
    campaign = _send(gateway, sandbox, "500")
    sandbox.settings(balance=sandbox.balance - others)
    balance.read_balance(gateway)
    assert _evidence(campaign).missing == Decimal("1.60") + others
    assert _evidence(campaign).sentence == (
        "The figures do not match. The account was topped up or used elsewhere. Ask Sociair."
    )


def test_of_a_partly_refused_batch_the_others_are_undecided(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 3
    sandbox.settings(partial="valid_sent")
    balance.read_balance(gateway)
    campaign = hand_over(gateway, [INVALID, *numbers(2)])
    send_all(gateway)
    balance.read_balance(gateway)
    assert _figures(campaign) == (0, 2, 2)


def test_a_text_of_several_parts_counts_each(gateway: Gateway, sandbox: Sandbox) -> None:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(2), text="long " * 40)
    sandbox.settings(script=["500"])
    send_all(gateway)
    balance.read_balance(gateway)
    assert _figures(campaign) == (0, 4, 4)


def test_other_campaigns_of_the_same_time_are_in_the_figures(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    balance.read_balance(gateway)
    one = hand_over(gateway, numbers(2))
    other = hand_over(gateway, numbers(4, first=2000))
    BalanceReading.objects.filter(balance=10000).order_by("-id")[0].delete()
    sandbox.settings(script=["500", "ok", "503"])
    send_all(gateway)
    holds.release(gateway, by=None)
    send_all(gateway)
    balance.read_balance(gateway)
    assert _figures(one) == _figures(other) == (2, 4, 2)


@pytest.mark.parametrize(
    ("verdict", "figures"),
    [(Verdict.ACCEPTED, (4, 2, 2)), (Verdict.NOT_SENT, (2, 2, 4))],
)
def test_a_persons_word_counts_as_known(
    verdict: Verdict, figures: tuple[int, int, int], gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = _send(gateway, sandbox, "500", "ok", "500")
    first = settlement.undecided(campaign).order_by("pk")[0].pk
    settlement.settle(campaign, [first], verdict, by=None, why="")
    assert _figures(campaign) == figures


def test_a_late_answer_of_a_settled_batch_is_counted_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(4))
    BalanceReading.objects.all().delete()
    balance.read_balance(gateway)
    _a_moment_later()
    claim = claim_batch(campaign.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, claim.numbers)
    _lose(gateway)
    settlement.settle(campaign, [claim.batch.pk], Verdict.ACCEPTED, by=None, why="")
    record.record(sent)
    sandbox.settings(script=["500"])
    send_all(gateway)
    balance.read_balance(gateway)
    assert _figures(campaign) == (2, 2, 2)


def test_decided_messages_need_no_evidence(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = _send(gateway, sandbox, "500")
    batches = list(settlement.undecided(campaign).values_list("pk", flat=True))
    settlement.settle(campaign, batches, Verdict.ACCEPTED, by=None, why="")
    assert evidence_for(campaign) is None


def _a_moment_later() -> None:
    """SQLite's own clock, of claims and deadlines, knows milliseconds only."""
    time.sleep(0.005)


def _lose(gateway: Gateway) -> None:
    """The worker of the batch in flight was killed, and its deadline is over."""
    Batch.objects.filter(state=BatchState.SENDING).update(deadline=timezone.now())
    _a_moment_later()
    assert record.give_up_lost(gateway) == 1


def _while_in_flight(gateway: Gateway, campaign: Campaign) -> None:
    other = hand_over(gateway, numbers(2, first=3000))
    BalanceReading.objects.order_by("-id")[0].delete()
    assert claim_batch(other.pk) is not None


def _without_a_reading_before(gateway: Gateway, campaign: Campaign) -> None:
    BalanceReading.objects.order_by("id")[0].delete()


def _without_a_reading_since(gateway: Gateway, campaign: Campaign) -> None:
    BalanceReading.objects.order_by("-id")[0].delete()


def _with_a_call_after_the_last_reading(gateway: Gateway, campaign: Campaign) -> None:
    hand_over(gateway, numbers(2, first=3000))
    BalanceReading.objects.order_by("-id")[0].delete()
    send_all(gateway)


@pytest.mark.parametrize(
    "happens",
    [
        _while_in_flight,
        _without_a_reading_before,
        _without_a_reading_since,
        _with_a_call_after_the_last_reading,
    ],
)
def test_there_is_no_evidence_rather_than_a_wrong_one(
    happens: Callable[[Gateway, Campaign], None], gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = _send(gateway, sandbox, "500")
    assert evidence_for(campaign) is not None
    happens(gateway, campaign)
    assert evidence_for(campaign) is None


def test_a_reading_during_another_call_proves_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    """Whether that call was in it cannot be known; the one before is taken."""
    quiet = balance.read_balance(gateway)
    first = hand_over(gateway, numbers(2))
    BalanceReading.objects.exclude(pk=quiet.pk).delete()
    claim = claim_batch(first.pk)
    assert claim is not None
    busy = balance.read_balance(gateway)
    sent = sociair.send(claim.batch, claim.numbers)
    started = busy.read_at - timedelta(milliseconds=5)
    record.record(sociair.Sent(sent.batch, sent.numbers, sent.answer, started, sent.ended_at))
    second = hand_over(gateway, numbers(2, first=2000))
    BalanceReading.objects.filter(pk__gt=busy.pk).delete()
    sandbox.settings(script=["500"])
    send_all(gateway)
    balance.read_balance(gateway)
    found = _evidence(second)
    assert found.before == quiet
    assert (found.known, found.undecided, found.missing) == (2 * RATE, 2 * RATE, 2 * RATE)


def test_a_lost_batch_proves_nothing_before_its_deadline(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    """Its worker may be gone, and its call still under way."""
    campaign = hand_over(gateway, numbers(2))
    BalanceReading.objects.all().delete()
    balance.read_balance(gateway)
    _a_moment_later()
    assert claim_batch(campaign.pk) is not None
    between = balance.read_balance(gateway)
    _lose(gateway)
    assert evidence_for(campaign) is None
    assert Batch.objects.filter(deadline__gt=between.read_at).exists()
    balance.read_balance(gateway)
    assert _figures(campaign) == (0, 2, 0)


def test_evidence_leaves_out_calls_of_another_gateway(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    campaign = _send(gateway, sandbox, "500")
    with Sandbox() as second:
        settings.SOCIAIR_BASE_URL = second.url
        other = holds.current_gateway()
        hand_over(other, numbers(4, first=2000))
        send_all(other)
        balance.read_balance(other)
    assert _figures(campaign) == (0, 2, 2)


def test_a_cancelled_campaign_is_decided_like_any_other(gateway: Gateway, sandbox: Sandbox) -> None:
    balance.read_balance(gateway)
    campaign = hand_over(gateway, numbers(4))
    sandbox.settings(script=["500"])
    dispatch.send_next(gateway)
    control.cancel(campaign, by=None)
    release(gateway)
    assert _figures(campaign) == (0, 2, 2)
