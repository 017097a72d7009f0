"""Many messages sent again at one signature: the worker copies them, piece by piece, once."""

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.models import (
    BalanceReading,
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Event,
    EventKind,
    Gateway,
    Recipient,
    RecipientState,
    Verdict,
)
from messaging.services import sociair
from messaging.services.campaigns import control, follow_ups, preparation, resend
from messaging.services.decisions import copies, second_try, settlement
from messaging.services.gateway import doubts
from messaging.services.money import balance
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch, record
from messaging.text.length import measure
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows
from tests.at_once import at_once
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.pages import words
from tests.sending import check_books, claim_batch, hand_over, numbers, reading, send_all, states

pytestmark = pytest.mark.django_db

_REQUESTS = 10
_A_PIECE = 3  # requests


@pytest.fixture(autouse=True)
def by_the_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of two people; more than two requests are copied by the worker."""
    settings.SOCIAIR_BATCH_SIZE = 2
    settings.INLINE_RECIPIENTS = 4
    monkeypatch.setattr(copies, "_PIECE", 2 * _A_PIECE)


@pytest.fixture
def first(gateway: Gateway, sandbox: Sandbox) -> Campaign:
    """Ten requests of two, and nobody knows of any of them; none went out."""
    return _unconfirmed(gateway, 2 * _REQUESTS)


def _unconfirmed(gateway: Gateway, people: int) -> Campaign:
    campaign = hand_over(gateway, numbers(people))
    assert preparation.prepare(campaign)
    _lose(Batch.objects.filter(campaign=campaign))
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.DONE, pending=0, unconfirmed=people
    )
    campaign.refresh_from_db()
    return campaign


def _lose(batches: QuerySet[Batch]) -> None:
    """As after a server error."""
    Recipient.objects.filter(batch__in=batches).update(state=RecipientState.UNCONFIRMED)
    batches.filter(claimed_at=None).update(tries=1, claimed_at=timezone.now())
    batches.update(state=BatchState.UNCONFIRMED, outcome="server_error")


def _undecided(campaign: Campaign) -> list[int]:
    return list(settlement.undecided(campaign).order_by("pk").values_list("pk", flat=True))


def _send_again(
    campaign: Campaign,
    batches: list[int] | None = None,
    by: User | None = None,
    form_uuid: uuid.UUID | None = None,
) -> Campaign:
    batches = _undecided(campaign) if batches is None else batches
    return second_try.send_again(
        campaign,
        batches,
        form_uuid=form_uuid or uuid.uuid4(),
        people=2 * len(batches),
        by=by,
        why="Nobody got it.",
    )


def _prepare(follower: Campaign, *, pieces: int | None = None) -> bool:
    """As a worker does that is stopped after so many pieces."""
    left = itertools.repeat(True) if pieces is None else iter([True] * pieces)
    return copies.prepare(follower, go_on=lambda: next(left, False))


def _mobiles(batches: list[int]) -> list[str]:
    people = Recipient.objects.filter(batch__in=batches).order_by("mobile")
    return list(people.values_list("mobile", flat=True))


def _check_each_once(first: Campaign) -> None:
    """Whoever is sent to again is settled as not sent, and nobody else; each in one follow-up."""
    again = Recipient.objects.filter(campaign__follows=first).values_list("mobile", flat=True)
    assert len(again) == len(set(again))
    not_sent = {mobile for mobile, state in states(first).items() if state == "not_sent"}
    assert set(again) == not_sent
    for campaign in Campaign.objects.all():
        check_books(campaign, [])
    first.refresh_from_db()


# -- The way of it ---------------------------------------------------------------------------


def test_undecided_messages_are_copied_piece_by_piece_and_sent(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    someone = UserFactory.create()
    follower = _send_again(first, by=someone)
    assert (follower.state, follower.total) == (CampaignState.PREPARING, 0)
    assert (follower.follows, follower.created_by) == (first, someone)
    assert follower.reviewed_cost == Decimal("16.00")
    assert first.unconfirmed == 20  # nothing is settled before it is copied
    event = Event.objects.get(kind=EventKind.SENT_AGAIN)
    assert (event.campaign, event.by) == (first, someone)
    assert event.words == f"People: 20. In campaign {follower.pk}. Nobody got it."

    assert not _prepare(follower, pieces=1)
    assert (follower.state, follower.total, follower.pending) == (CampaignState.PREPARING, 6, 6)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING  # not before it is whole
    _check_each_once(first)

    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    assert follower.cost == follower.reviewed_cost
    _check_each_once(first)
    assert (first.not_sent, first.unconfirmed) == (20, 0)
    settled = Batch.objects.filter(campaign=first)
    assert set(settled.values_list("state", "settled_as", "settled_by", "settled_why")) == {
        ("settled", "not_sent", someone.pk, "Nobody got it.")
    }
    send_all(gateway)
    check_books(follower, (entry.mobile for entry in sandbox.ledger()))
    assert (follower.state, follower.accepted) == (CampaignState.DONE, 20)


def test_a_few_undecided_messages_are_sent_again_at_once(first: Campaign) -> None:
    follower = _send_again(first, _undecided(first)[:2])
    assert (follower.state, follower.total) == (CampaignState.SENDING, 4)
    assert first.not_sent == 4


def test_hundreds_of_requests_are_sent_again_at_one_signature(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    first = _unconfirmed(gateway, 600)
    wanted = _mobiles(_undecided(first))
    follower = _send_again(first)
    assert _prepare(follower)
    assert sorted(states(follower)) == sorted(wanted)
    assert follower.cost == follower.reviewed_cost == Decimal("480.00")
    assert Batch.objects.filter(campaign=follower).count() == 300
    _check_each_once(first)


def test_everybody_is_sent_their_own_text_again(gateway: Gateway, sandbox: Sandbox) -> None:
    first = _unconfirmed(gateway, 20)
    for batch in Batch.objects.filter(campaign=first):
        Batch.objects.filter(pk=batch.pk).update(text=f"Bring {batch.pk}.")
    follower = _send_again(first)
    assert _prepare(follower)
    by_text = {
        campaign: {
            batch.text: set(batch.recipients.values_list("mobile", flat=True))
            for batch in campaign.batches.all()
        }
        for campaign in (first, follower)
    }
    assert by_text[first] == by_text[follower]


@pytest.mark.django_db(transaction=True)
def test_the_workers_task_copies_and_sends(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    follower = _send_again(first)
    tasks.prepare.call_local()
    tasks.send.call_local()
    check_books(follower, (entry.mobile for entry in sandbox.ledger()))
    assert (follower.state, follower.accepted) == (CampaignState.DONE, 20)


# -- Broken off, and side by side ------------------------------------------------------------


def test_a_piece_that_broke_off_is_made_again_as_a_whole(
    first: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = _send_again(first)
    assert not _prepare(follower, pieces=1)
    with monkeypatch.context() as patch:
        patch.setattr(resend, "insert_rows", _insert_and_die)
        with pytest.raises(RuntimeError):
            _prepare(follower)
    follower = Campaign.objects.get(pk=follower.pk)
    assert follower.total == 6
    _check_each_once(first)
    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    _check_each_once(first)


def _insert_and_die(*args: Any) -> None:
    insert_rows(*args)
    raise RuntimeError("killed")


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_copy_each_request_once(first: Campaign) -> None:
    follower = _send_again(first)
    at_once([partial(_prepare, Campaign.objects.get(pk=follower.pk)) for _worker in range(4)])
    follower.refresh_from_db()
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    assert Batch.objects.filter(campaign=follower).count() == _REQUESTS
    assert Event.objects.filter(campaign=follower, kind=EventKind.STARTED).count() == 1
    _check_each_once(first)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_copies_undecided_messages_once(first: Campaign) -> None:
    form_uuid = uuid.uuid4()
    followers = at_once([partial(_send_again, first, None, None, form_uuid)] * 4)
    assert len({follower.pk for follower in followers}) == 1
    assert Campaign.objects.count() == 2
    assert _prepare(followers[0])
    _check_each_once(first)


@pytest.mark.django_db(transaction=True)
def test_several_managers_copy_undecided_messages_once(first: Campaign) -> None:
    refusals = sorted(at_once([partial(_refusal_of, first)] * 3))
    assert refusals[0] == ""
    assert all("already, in campaign" in refusal for refusal in refusals[1:])
    assert Campaign.objects.filter(follows=first).count() == 1


def _refusal_of(campaign: Campaign) -> str:
    try:
        _send_again(campaign)
    except SendRefused as refused:
        return str(refused)
    return ""


def test_what_is_being_copied_is_nobody_elses_to_send_again(first: Campaign) -> None:
    batches = _undecided(first)
    follower = _send_again(first, batches[:6])
    _prepare(follower, pieces=1)
    for some in (batches[5:], batches[5:6]):
        with pytest.raises(SendRefused, match=f"already, in campaign {follower.pk}"):
            _send_again(first, some)
    other = _send_again(first, batches[6:])
    assert _prepare(other)
    assert _prepare(follower)
    assert (follower.total, other.total) == (12, 8)
    _check_each_once(first)


# -- Decided otherwise meanwhile -------------------------------------------------------------


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decision_made_during_copying_stays(verdict: Verdict, first: Campaign) -> None:
    batches = _undecided(first)
    theirs = _mobiles(batches[4:6])
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    assert settlement.settle(first, batches[4:6], verdict, by=None, why="I asked them.") == 4
    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 16)
    assert set(theirs).isdisjoint(states(follower))
    assert follower.cost == Decimal("12.80")
    first.refresh_from_db()
    assert (first.unconfirmed, getattr(first, verdict.value)) in [(0, 4), (0, 20)]


def test_a_late_answer_during_copying_counts(gateway: Gateway, sandbox: Sandbox) -> None:
    first = hand_over(gateway, numbers(20))
    preparation.prepare(first)
    claim = claim_batch(first.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, start_before=claim.start_before)
    _lose(Batch.objects.filter(campaign=first))
    sent.batch.refresh_from_db(fields=["claimed_at"])  # which that has set
    Campaign.objects.filter(pk=first.pk).update(state="done", pending=0, unconfirmed=20)
    follower = _send_again(first)

    record.record(sent)
    assert _prepare(follower)
    assert follower.total == 18
    send_all(gateway)
    billed = [entry.mobile for entry in sandbox.ledger()]
    assert sorted(billed) == sorted(numbers(20))
    first.refresh_from_db()
    assert (first.accepted, first.not_sent, first.unconfirmed) == (2, 18, 0)


def test_a_late_answer_after_it_was_copied_changes_nothing(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    first = hand_over(gateway, numbers(20))
    preparation.prepare(first)
    claim = claim_batch(first.pk)
    assert claim is not None
    sent = sociair.send(claim.batch, start_before=claim.start_before)
    _lose(Batch.objects.filter(campaign=first))
    sent.batch.refresh_from_db(fields=["claimed_at"])  # which that has set
    Campaign.objects.filter(pk=first.pk).update(state="done", pending=0, unconfirmed=20)
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    before = states(first)
    record.record(sent)
    assert states(first) == before
    assert _prepare(follower)
    assert follower.total == 20


def test_copying_is_done_when_all_was_decided_otherwise(first: Campaign) -> None:
    follower = _send_again(first)
    settlement.settle(first, _undecided(first), Verdict.ACCEPTED, by=None, why="They got it.")
    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.DONE, 0)


def test_messages_undecided_later_are_not_copied(first: Campaign) -> None:
    """It is newer than what the manager spoke of, whatever its number."""
    batches = _undecided(first)
    Batch.objects.filter(pk=batches[4]).update(state=BatchState.SENDING)
    follower = second_try.send_again(
        first, batches, form_uuid=uuid.uuid4(), people=18, by=None, why="Nobody got it."
    )
    Batch.objects.filter(pk=batches[4]).update(state=BatchState.UNCONFIRMED)
    assert _prepare(follower)
    assert follower.total == 18
    assert _undecided(first) == [batches[4]]


# -- Stopped ---------------------------------------------------------------------------------


def test_copying_that_is_paused_and_resumed_copies_the_rest(first: Campaign) -> None:
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    assert control.pause(follower, by=None)
    assert _prepare(follower)
    assert (follower.state, follower.total, len(_undecided(first))) == (CampaignState.PAUSED, 6, 7)
    _check_each_once(first)
    assert control.resume(follower, by=None)
    assert follower.state == CampaignState.PREPARING
    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    _check_each_once(first)


def test_cancelled_copying_leaves_the_rest_undecided(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    assert control.cancel(follower, by=None)
    assert _prepare(follower)
    control.close_cancelled(follower)
    assert (follower.state, follower.cancelled) == (CampaignState.CANCELLED, 6)
    _check_each_once(first)
    assert (first.not_sent, first.unconfirmed) == (6, 14)
    assert follow_ups.not_reached(follower).count() == 6  # whom somebody may write to again

    other = _send_again(first)
    assert _prepare(other)
    assert (other.state, other.total) == (CampaignState.SENDING, 14)
    _check_each_once(first)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stop", [control.pause, control.cancel])
def test_copying_stopped_during_a_piece_copies_each_once(
    stop: Callable[..., bool], first: Campaign
) -> None:
    follower = _send_again(first)
    same = Campaign.objects.get(pk=follower.pk)
    at_once([partial(_prepare, follower), partial(stop, same, by=None)])
    same.refresh_from_db()
    assert same.state in (CampaignState.PAUSED, CampaignState.CANCELLED)
    control.close_cancelled(same)
    _check_each_once(first)
    assert len(_undecided(first)) == _REQUESTS - same.total // 2


def test_copies_dearer_by_new_rates_ask_first(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    dear = reading(gateway)
    BalanceReading.objects.filter(pk=dear.pk).update(ntc_rate="1.10")
    assert _prepare(follower)
    assert follower.state == CampaignState.SCHEDULED  # its time is now
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    control.start_due(gateway)
    follower.refresh_from_db()
    assert follower.state == CampaignState.PAUSED
    assert "NTC costs Rs 1.10 a part now instead of Rs 0.80" in follower.pause_reason
    assert follower.cost == follower.reviewed_cost == Decimal("16.00")


def test_copies_dearer_by_new_counting_ask_first(
    first: Campaign, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = _send_again(first)
    two_parts = measure("a" * 161)
    monkeypatch.setattr(resend, "measure", lambda text: two_parts)
    assert _prepare(follower)
    control.start_due(gateway)
    follower.refresh_from_db()
    assert follower.state == CampaignState.PAUSED
    assert follower.pause_reason.startswith("It costs Rs 32.00 now instead of Rs 16.00.")


def test_copies_made_hours_later_ask_first(first: Campaign) -> None:
    follower = _send_again(first)
    Campaign.objects.update(resumed_at=timezone.now() - timedelta(hours=3))
    assert _prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.OVERDUE, 20)


def test_the_cost_of_copies_is_committed_from_the_start(first: Campaign, gateway: Gateway) -> None:
    reading(gateway, amount="16.00")
    follower = _send_again(first)
    assert balance.committed(gateway).cost == Decimal("16.00")
    _prepare(follower, pieces=1)
    assert balance.committed(gateway).cost == Decimal("16.00")
    _prepare(follower)
    assert balance.committed(gateway).cost == Decimal("16.00")


def test_after_a_restore_the_rest_of_a_copy_is_undecided(first: Campaign, gateway: Gateway) -> None:
    """It may have been copied, and have gone out, since the backup was taken."""
    follower = _send_again(first)
    _prepare(follower, pieces=1)
    doubts.doubt_all(gateway, why="The database was restored.")
    assert doubts.say(follower, 0, by=None) == 0
    assert control.resume(follower, by=None)
    assert (follower.state, follower.pending) == (CampaignState.SENDING, 6)
    assert len(_undecided(first)) == 7


@pytest.mark.parametrize("some", [2, _REQUESTS])
def test_after_a_restore_sending_again_waits_for_a_person(
    some: int, first: Campaign, gateway: Gateway
) -> None:
    """It may have been sent again since the backup was taken."""
    doubts.doubt_all(gateway, why="The database was restored.")
    with pytest.raises(SendRefused, match="not certain what of this message has gone out"):
        _send_again(first, _undecided(first)[:some])
    assert not first.followed_by.exists()
    doubts.say(first, 0, by=None)
    assert _send_again(first, _undecided(first)[:some]).follows == first


# -- The page --------------------------------------------------------------------------------


def test_one_form_sends_all_undecided_messages_again(
    manager: Browser, first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    asked = manager.post(
        reverse("messaging:settle", args=[first.pk]),
        {"everything": "on", "verdict": "again", "why": "I asked some of them."},
    )
    assert "Send again to 20 people for Rs 16.00" in words(asked)
    batches = _undecided(first)
    form = {name: asked.context["form"][name].value() for name in ("form_uuid", "batches", "why")}
    assert form["batches"] == f"{batches[0]}-{batches[-1]}"

    wrong = manager.post(reverse("messaging:send_again", args=[first.pk]), {**form, "people": "19"})
    assert "The number of people is 20 now" in words(wrong)
    assert wrong.context["form"]["batches"].value() == form["batches"]

    for _click in range(2):
        sent = manager.post(
            reverse("messaging:send_again", args=[first.pk]), {**form, "people": "२०"}
        )
        follower = Campaign.objects.get(follows=first)
        assert sent.headers["Location"] == follower.get_absolute_url()
    assert follower.reviewed_cost == Decimal("16.00")
    assert "stay undecided" in words(manager.get(reverse("messaging:cancel", args=[follower.pk])))


@pytest.mark.parametrize("made_up", ["", "all", "1-", "5-1", "1-99999999999", "9" * 30])
def test_made_up_requests_send_nothing(made_up: str, manager: Browser, first: Campaign) -> None:
    form = {"form_uuid": str(uuid.uuid4()), "batches": made_up, "why": "So.", "people": "20"}
    manager.post(reverse("messaging:send_again", args=[first.pk]), form)
    assert Campaign.objects.count() == 1
    assert len(_undecided(first)) == _REQUESTS
