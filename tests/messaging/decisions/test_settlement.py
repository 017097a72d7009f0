"""What people decide about messages of which nobody knows: settled, or sent again, once."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
    SentMessage,
    Verdict,
)
from messaging.services.campaigns import control, resend
from messaging.services.decisions import second_try, settlement
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import OptOutFactory, UserFactory
from tests.sending import check_books, hand_over, numbers, reading, release, send_all, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def unconfirmed(gateway: Gateway, sandbox: Sandbox, settings: Settings) -> Campaign:
    """Three batches of two: one accepted, then two of which nobody knows; none was billed."""
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(6))
    sandbox.settings(script=["ok", "503", "503"])
    send_all(gateway)
    release(gateway)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted, campaign.unconfirmed) == (CampaignState.DONE, 2, 4)
    return campaign


def _undecided(campaign: Campaign) -> list[int]:
    return list(settlement.undecided(campaign).order_by("pk").values_list("pk", flat=True))


def _billed(sandbox: Sandbox) -> list[str]:
    return [entry.mobile for entry in sandbox.ledger()]


def test_one_undecided_batch_is_settled(
    unconfirmed: Campaign, sandbox: Sandbox, someone: User
) -> None:
    first, second = _undecided(unconfirmed)
    people = settlement.settle(
        unconfirmed, [first], Verdict.NOT_SENT, by=someone, why="Ram asked two of them."
    )
    assert people == 2
    batch = Batch.objects.get(pk=first)
    assert (batch.state, batch.settled_as) == ("settled", "not_sent")
    assert (batch.settled_by, batch.settled_why) == (someone, "Ram asked two of them.")
    assert batch.settled_at is not None
    assert batch.outcome == "server_error"  # what happened is not rewritten
    assert set(batch.recipients.values_list("state", flat=True)) == {"not_sent"}
    event = Event.objects.get(kind=EventKind.SETTLED)
    assert (event.by, event.words) == (someone, "2 messages did not go out. Ram asked two of them.")
    check_books(unconfirmed, _billed(sandbox))
    assert (unconfirmed.accepted, unconfirmed.not_sent, unconfirmed.unconfirmed) == (2, 2, 2)
    assert unconfirmed.state == CampaignState.DONE
    assert _undecided(unconfirmed) == [second]


def test_all_undecided_batches_are_settled_at_once(unconfirmed: Campaign, someone: User) -> None:
    both = _undecided(unconfirmed)
    assert settlement.settle(unconfirmed, both, Verdict.ACCEPTED, by=someone, why="It did.") == 4
    assert (unconfirmed.accepted, unconfirmed.unconfirmed) == (6, 0)
    assert set(states(unconfirmed).values()) == {"accepted"}
    assert Event.objects.filter(kind=EventKind.SETTLED).count() == 1
    assert _undecided(unconfirmed) == []


def test_settling_again_changes_nothing(unconfirmed: Campaign, someone: User) -> None:
    both = _undecided(unconfirmed)
    settlement.settle(unconfirmed, both, Verdict.ACCEPTED, by=someone, why="It did.")
    before = list(Batch.objects.order_by("pk").values())
    assert settlement.settle(unconfirmed, both, Verdict.NOT_SENT, by=None, why="It did not.") == 0
    assert list(Batch.objects.order_by("pk").values()) == before
    assert Event.objects.filter(kind=EventKind.SETTLED).count() == 1


def test_only_undecided_batches_of_a_campaign_are_settled(
    unconfirmed: Campaign, gateway: Gateway
) -> None:
    """Neither what Sociair has answered nor another campaign's."""
    other = hand_over(gateway, numbers(1, first=2000))
    accepted = Batch.objects.get(campaign=unconfirmed, state="accepted")
    of_other = Batch.objects.get(campaign=other)
    wrong = [accepted.pk, of_other.pk, 0]
    assert settlement.settle(unconfirmed, wrong, Verdict.NOT_SENT, by=None, why="") == 0
    assert settlement.settle(other, _undecided(unconfirmed), Verdict.NOT_SENT, by=None, why="") == 0
    assert len(_undecided(unconfirmed)) == 2


def test_settling_leaves_the_refused_of_a_batch_refused(
    gateway: Gateway, sandbox: Sandbox, someone: User
) -> None:
    campaign = hand_over(gateway, [INVALID, *numbers(2)])
    send_all(gateway)
    [batch] = _undecided(campaign)
    assert settlement.settle(campaign, [batch], Verdict.NOT_SENT, by=someone, why="") == 2
    found = states(campaign)
    assert found.pop(INVALID) == "refused"
    assert set(found.values()) == {"not_sent"}
    check_books(campaign, _billed(sandbox))


@pytest.mark.django_db(transaction=True)
def test_two_managers_settle_once(unconfirmed: Campaign) -> None:
    both = _undecided(unconfirmed)
    managers = UserFactory.create_batch(2)
    verdicts = [Verdict.ACCEPTED, Verdict.NOT_SENT]
    settled = at_once(
        [
            partial(settlement.settle, unconfirmed, both, verdict, by=manager, why="I know it.")
            for verdict, manager in zip(verdicts, managers, strict=True)
        ]
    )
    assert sorted(settled) == [0, 4]
    winner = settled.index(4)
    batches = Batch.objects.filter(pk__in=both)
    assert set(batches.values_list("settled_as", "settled_by")) == {
        (verdicts[winner], managers[winner].pk)
    }
    unconfirmed.refresh_from_db()
    assert unconfirmed.unconfirmed == 0
    assert getattr(unconfirmed, verdicts[winner].value) >= 4
    assert Event.objects.get(kind=EventKind.SETTLED).by == managers[winner]


def _send_again(
    campaign: Campaign,
    batches: list[int],
    by: User | None = None,
    form_uuid: uuid.UUID | None = None,
    people: int = 4,
) -> Campaign:
    return second_try.send_again(
        campaign,
        batches,
        form_uuid=form_uuid or uuid.uuid4(),
        people=people,
        by=by,
        why="Nobody got it.",
    )


def _history(campaign: Campaign) -> list[Any]:
    """What was called and answered, which nobody may rewrite."""
    calls = SentMessage.objects.filter(batch__campaign=campaign).order_by("pk")
    batches = Batch.objects.filter(campaign=campaign).order_by("pk")
    return [
        list(calls.values()),
        list(batches.values("pk", "text", "parts", "size", "cost", "outcome", "tries")),
        list(Recipient.objects.filter(campaign=campaign).order_by("pk").values("pk", "mobile")),
    ]


def test_sending_again_reaches_exactly_the_undecided(
    unconfirmed: Campaign, gateway: Gateway, sandbox: Sandbox, someone: User
) -> None:
    both, before = _undecided(unconfirmed), _history(unconfirmed)
    people = second_try.unconfirmed_of(unconfirmed, both)
    wanted = sorted(people.values_list("mobile", flat=True))
    reading_now = balance.read_balance(gateway)
    again = resend.price_again(people, reading_now.rates)
    assert (again.people, again.cost) == (4, Decimal("3.20"))

    follower = _send_again(unconfirmed, both, someone)
    assert (follower.follows, follower.created_by) == (unconfirmed, someone)
    assert follower.text == unconfirmed.text
    assert (follower.state, follower.total, follower.pending) == (CampaignState.SENDING, 4, 4)
    assert follower.cost == follower.reviewed_cost == Decimal("3.20")
    assert sorted(states(follower)) == wanted

    assert _history(unconfirmed) == before
    check_books(unconfirmed, _billed(sandbox))
    assert (unconfirmed.not_sent, unconfirmed.unconfirmed) == (4, 0)
    settled = Batch.objects.filter(pk__in=both).values_list("state", "settled_by", "settled_why")
    assert set(settled) == {("settled", someone.pk, "Nobody got it.")}
    event = Event.objects.get(kind=EventKind.SENT_AGAIN)
    assert (event.campaign, event.by) == (unconfirmed, someone)
    assert event.words == f"4 people, in campaign {follower.pk}. Nobody got it."

    billed = len(sandbox.ledger())
    send_all(gateway)
    assert sorted(_billed(sandbox)[billed:]) == wanted
    check_books(follower, _billed(sandbox)[billed:])
    assert (follower.state, follower.accepted) == (CampaignState.DONE, 4)
    assert balance.read_balance(gateway).balance == reading_now.balance - again.cost


def test_sending_again_reaches_only_the_chosen_batches(
    unconfirmed: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    first, second = _undecided(unconfirmed)
    follower = _send_again(unconfirmed, [second], people=2)
    assert set(states(follower)) == set(
        Recipient.objects.filter(batch=second).values_list("mobile", flat=True)
    )
    assert _undecided(unconfirmed) == [first]
    send_all(gateway)
    check_books(follower, [mobile for mobile in _billed(sandbox) if mobile in states(follower)])


def test_a_follow_up_leaves_out_who_opted_out_meanwhile(
    unconfirmed: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    people = second_try.unconfirmed_of(unconfirmed, _undecided(unconfirmed))
    out = people.order_by("mobile").values_list("mobile", flat=True)[0]
    OptOutFactory.create(mobile=out)
    billed = len(sandbox.ledger())
    follower = _send_again(unconfirmed, _undecided(unconfirmed))
    send_all(gateway)
    assert len(_billed(sandbox)[billed:]) == 3
    assert out not in _billed(sandbox)[billed:]
    assert states(follower)[out] == "opted_out"


def test_a_follow_up_can_be_followed(
    unconfirmed: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    first = _send_again(unconfirmed, _undecided(unconfirmed))
    sandbox.settings(script=["503", "ok"])
    send_all(gateway)
    second = _send_again(first, _undecided(first), people=2)
    send_all(gateway)
    assert second.follows == first
    billed = _billed(sandbox)
    assert sorted(billed) == sorted(numbers(6))  # in the end everyone got it, once


@pytest.mark.parametrize("typed", [0, 3, 5])
def test_sending_again_needs_the_number_of_people(typed: int, unconfirmed: Campaign) -> None:
    with pytest.raises(SendRefused, match="This now covers 4 people"):
        _send_again(unconfirmed, _undecided(unconfirmed), people=typed)
    _assert_nothing_happened(unconfirmed)


def _assert_nothing_happened(campaign: Campaign) -> None:
    campaign.refresh_from_db()
    assert (campaign.unconfirmed, len(_undecided(campaign))) == (4, 2)
    assert not campaign.followed_by.exists()
    assert not Event.objects.filter(kind=EventKind.SENT_AGAIN).exists()


def _no_reading(gateway: Gateway) -> None:
    BalanceReading.objects.all().delete()


def _old_reading(gateway: Gateway) -> None:
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(minutes=5),
        read_at=timezone.now() - timedelta(minutes=5),
    )


@pytest.mark.parametrize("make", [_no_reading, _old_reading])
def test_sending_again_needs_a_fresh_balance(
    make: Callable[[Gateway], None], unconfirmed: Campaign, gateway: Gateway
) -> None:
    make(gateway)
    with pytest.raises(SendRefused, match="Refreshing the balance"):
        _send_again(unconfirmed, _undecided(unconfirmed))
    _assert_nothing_happened(unconfirmed)


def test_messages_of_another_gateway_are_not_sent_again(
    unconfirmed: Campaign, settings: Settings
) -> None:
    settings.SOCIAIR_BASE_URL = "http://127.0.0.1:9/another"
    with pytest.raises(SendRefused, match="belongs to another connection"):
        _send_again(unconfirmed, _undecided(unconfirmed))
    _assert_nothing_happened(unconfirmed)


def test_sending_again_never_costs_more_than_the_balance(
    unconfirmed: Campaign, gateway: Gateway
) -> None:
    both = _undecided(unconfirmed)
    reading(gateway, amount="3.19")
    with pytest.raises(SendRefused, match="Not enough balance left"):
        _send_again(unconfirmed, both)
    _assert_nothing_happened(unconfirmed)
    other = hand_over(gateway, numbers(2, first=2000))
    reading(gateway, amount="4.79")  # of which the other campaign will take 1.60
    with pytest.raises(SendRefused, match="Not enough balance left"):
        _send_again(unconfirmed, both)
    _assert_nothing_happened(unconfirmed)
    control.cancel(other, by=None)
    assert _send_again(unconfirmed, both).cost == Decimal("3.20")


def test_sending_again_keeps_the_price_of_an_unpriced_operator(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """SOCIAIR_OTHER_RATE was taken out of the settings since: then it costs what it did."""
    settings.SOCIAIR_OTHER_RATE = Decimal("1.50")
    campaign = hand_over(gateway, ["9721234567"])
    sandbox.settings(script=["503"])
    send_all(gateway)
    settings.SOCIAIR_OTHER_RATE = None
    follower = _send_again(campaign, _undecided(campaign), people=1)
    assert (follower.cost, follower.rates["other"]) == (Decimal("1.50"), "1.50")
    send_all(gateway)
    follower.refresh_from_db()
    assert (follower.state, follower.total) == (CampaignState.DONE, 1)


def test_the_same_form_again_is_the_same_follow_up(unconfirmed: Campaign) -> None:
    form_uuid, both = uuid.uuid4(), _undecided(unconfirmed)
    first = _send_again(unconfirmed, both, form_uuid=form_uuid)
    _no_reading(unconfirmed.gateway)
    assert _send_again(unconfirmed, both, form_uuid=form_uuid) == first
    assert Campaign.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_sends_undecided_messages_again_once(unconfirmed: Campaign) -> None:
    """And both clicks are shown the same page."""
    form_uuid, both = uuid.uuid4(), _undecided(unconfirmed)
    followers = at_once([partial(_send_again, unconfirmed, both, None, form_uuid)] * 4)
    assert len({follower.pk for follower in followers}) == 1
    assert Campaign.objects.count() == 2
    assert Recipient.objects.filter(campaign=followers[0]).count() == 4


@pytest.mark.django_db(transaction=True)
def test_several_managers_send_undecided_messages_again_once(unconfirmed: Campaign) -> None:
    both = _undecided(unconfirmed)
    managers = UserFactory.create_batch(3)
    made = at_once([partial(_try_again, unconfirmed, both, manager) for manager in managers])
    assert sorted(made) == [False, False, True]
    follower = Campaign.objects.get(follows=unconfirmed)
    assert follower.created_by == managers[made.index(True)]
    assert follower.recipients.count() == 4
    assert Event.objects.filter(kind=EventKind.SENT_AGAIN).count() == 1


def _try_again(campaign: Campaign, batches: list[int], by: User) -> bool:
    try:
        return bool(_send_again(campaign, batches, by))
    except SendRefused:
        return False


@pytest.mark.django_db(transaction=True)
def test_settling_and_sending_again_exclude_each_other(unconfirmed: Campaign) -> None:
    both = _undecided(unconfirmed)
    one, other = UserFactory.create_batch(2)
    settled, again = at_once(
        [
            partial(_settle_all, unconfirmed, both, one),
            partial(_try_again, unconfirmed, both, other),
        ]
    )
    assert settled != again
    unconfirmed.refresh_from_db()
    assert unconfirmed.unconfirmed == 0
    assert unconfirmed.followed_by.count() == int(again)
    assert (unconfirmed.accepted, unconfirmed.not_sent) == ((2, 4) if again else (6, 0))


def _settle_all(campaign: Campaign, batches: list[int], by: User) -> bool:
    return settlement.settle(campaign, batches, Verdict.ACCEPTED, by=by, why="It did.") == 4
