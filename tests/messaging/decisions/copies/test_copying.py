"""Many messages sent again at one signature: the worker copies them, piece by piece, once."""

import uuid
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.urls import reverse

from messaging import tasks
from messaging.models import Batch, Campaign, CampaignState, Event, EventKind, Gateway, Recipient
from messaging.services.campaigns import batches
from messaging.services.money.affordability import SendRefused
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows
from tests.at_once import at_once
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.messaging.decisions.copies.support import (
    REQUESTS,
    check_each_once,
    mobiles,
    prepare,
    send_again,
    unconfirmed,
    undecided,
)
from tests.pages import words
from tests.sending import check_books, send_all, states

pytestmark = pytest.mark.django_db


def test_undecided_messages_are_copied_piece_by_piece_and_sent(
    first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    someone = UserFactory.create()
    follower = send_again(first, by=someone)
    assert (follower.state, follower.total) == (CampaignState.PREPARING, 0)
    assert (follower.follows, follower.created_by) == (first, someone)
    assert follower.reviewed_cost == Decimal("16.00")
    assert first.unconfirmed == 20  # nothing is settled before it is copied
    event = Event.objects.get(kind=EventKind.SENT_AGAIN)
    assert (event.campaign, event.by) == (first, someone)
    assert event.words == f"20 people, in campaign {follower.pk}. Nobody got it."

    assert not prepare(follower, pieces=1)
    assert (follower.state, follower.total, follower.pending) == (CampaignState.PREPARING, 6, 6)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING  # not before it is whole
    check_each_once(first)

    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    assert follower.cost == follower.reviewed_cost
    check_each_once(first)
    assert (first.not_sent, first.unconfirmed) == (20, 0)
    settled = Batch.objects.filter(campaign=first)
    assert set(settled.values_list("state", "settled_as", "settled_by", "settled_why")) == {
        ("settled", "not_sent", someone.pk, "Nobody got it.")
    }
    send_all(gateway)
    check_books(follower, (entry.mobile for entry in sandbox.ledger()))
    assert (follower.state, follower.accepted) == (CampaignState.DONE, 20)


def test_a_few_undecided_messages_are_sent_again_at_once(first: Campaign) -> None:
    follower = send_again(first, undecided(first)[:2])
    assert (follower.state, follower.total) == (CampaignState.SENDING, 4)
    assert first.not_sent == 4


def test_hundreds_of_requests_are_sent_again_at_one_signature(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    first = unconfirmed(gateway, 600)
    wanted = mobiles(undecided(first))
    follower = send_again(first)
    assert prepare(follower)
    assert sorted(states(follower)) == sorted(wanted)
    assert follower.cost == follower.reviewed_cost == Decimal("480.00")
    assert Batch.objects.filter(campaign=follower).count() == 300
    check_each_once(first)


def test_everyone_is_sent_their_own_text_again(gateway: Gateway, sandbox: Sandbox) -> None:
    first = unconfirmed(gateway, 20)
    for batch in Batch.objects.filter(campaign=first):
        Batch.objects.filter(pk=batch.pk).update(text=f"Bring {batch.pk}.")
    follower = send_again(first)
    assert prepare(follower)
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
    follower = send_again(first)
    tasks.prepare.call_local()
    tasks.send.call_local()
    check_books(follower, (entry.mobile for entry in sandbox.ledger()))
    assert (follower.state, follower.accepted) == (CampaignState.DONE, 20)


def test_a_piece_that_broke_off_is_made_again_as_a_whole(
    first: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = send_again(first)
    assert not prepare(follower, pieces=1)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "insert_rows", _insert_and_die)
        with pytest.raises(RuntimeError):
            prepare(follower)
    follower = Campaign.objects.get(pk=follower.pk)
    assert follower.total == 6
    check_each_once(first)
    assert prepare(follower)
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    check_each_once(first)


def _insert_and_die(*args: Any) -> None:
    insert_rows(*args)
    if args[0] is Recipient:
        raise RuntimeError("killed")


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_copy_each_request_once(first: Campaign) -> None:
    follower = send_again(first)
    at_once([partial(prepare, Campaign.objects.get(pk=follower.pk)) for _worker in range(4)])
    follower.refresh_from_db()
    assert (follower.state, follower.total) == (CampaignState.SENDING, 20)
    assert Batch.objects.filter(campaign=follower).count() == REQUESTS
    assert Event.objects.filter(campaign=follower, kind=EventKind.STARTED).count() == 1
    check_each_once(first)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_copies_undecided_messages_once(first: Campaign) -> None:
    form_uuid = uuid.uuid4()
    followers = at_once([partial(send_again, first, None, None, form_uuid)] * 4)
    assert len({follower.pk for follower in followers}) == 1
    assert Campaign.objects.count() == 2
    assert prepare(followers[0])
    check_each_once(first)


@pytest.mark.django_db(transaction=True)
def test_several_managers_copy_undecided_messages_once(first: Campaign) -> None:
    refusals = sorted(at_once([partial(_refusal_of, first)] * 3))
    assert refusals[0] == ""
    assert all("again, in campaign" in refusal for refusal in refusals[1:])
    assert Campaign.objects.filter(follows=first).count() == 1


def _refusal_of(campaign: Campaign) -> str:
    try:
        send_again(campaign)
    except SendRefused as refused:
        return str(refused)
    return ""


def test_what_is_being_copied_is_nobody_elses_to_send_again(first: Campaign) -> None:
    batches = undecided(first)
    follower = send_again(first, batches[:6])
    prepare(follower, pieces=1)
    for some in (batches[5:], batches[5:6]):
        with pytest.raises(SendRefused, match=f"again, in campaign {follower.pk}"):
            send_again(first, some)
    other = send_again(first, batches[6:])
    assert prepare(other)
    assert prepare(follower)
    assert (follower.total, other.total) == (12, 8)
    check_each_once(first)


def test_one_form_sends_all_undecided_messages_again(
    manager: Browser, first: Campaign, gateway: Gateway, sandbox: Sandbox
) -> None:
    asked = manager.post(
        reverse("messaging:settle", args=[first.pk]),
        {"everything": "on", "verdict": "again", "why": "I asked some of them."},
    )
    assert "Send again to 20 people for Rs 16.00" in words(asked)
    batches = undecided(first)
    form = {name: asked.context["form"][name].value() for name in ("form_uuid", "batches", "why")}
    assert form["batches"] == f"{batches[0]}-{batches[-1]}"

    wrong = manager.post(reverse("messaging:send_again", args=[first.pk]), {**form, "people": "19"})
    assert "This now covers 20 people" in words(wrong)
    assert wrong.context["form"]["batches"].value() == form["batches"]

    for _click in range(2):
        sent = manager.post(
            reverse("messaging:send_again", args=[first.pk]), {**form, "people": "२०"}
        )
        follower = Campaign.objects.get(follows=first)
        assert sent.headers["Location"] == follower.get_absolute_url()
    assert follower.reviewed_cost == Decimal("16.00")
    assert "still need a decision" in words(
        manager.get(reverse("messaging:cancel", args=[follower.pk]))
    )


@pytest.mark.parametrize("made_up", ["", "all", "1-", "5-1", "1-99999999999", "9" * 30])
def test_made_up_requests_send_nothing(made_up: str, manager: Browser, first: Campaign) -> None:
    form = {"form_uuid": str(uuid.uuid4()), "batches": made_up, "why": "So.", "people": "20"}
    manager.post(reverse("messaging:send_again", args=[first.pk]), form)
    assert Campaign.objects.count() == 1
    assert len(undecided(first)) == REQUESTS
