"""A large campaign is prepared in pieces, resumably, and each recipient once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from contacts.models import Contact
from messaging import tasks
from messaging.models import Batch, Campaign, CampaignState, EventKind, Gateway, LeftOut, Recipient
from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns import batches, control, preparation
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows
from tests.at_once import at_once
from tests.factories import OptOutFactory
from tests.messaging.campaigns.preparation.support import group_of, kinds, prepare
from tests.sending import check_books, hand_over, numbers, send_all, states

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("by_the_worker")
def test_a_large_campaign_is_prepared_by_the_worker(gateway: Gateway, sandbox: Sandbox) -> None:
    OptOutFactory.create(mobile=numbers(8)[4])
    campaign = hand_over(gateway, [*numbers(8), "12"])
    assert (campaign.state, campaign.total) == (CampaignState.PREPARING, 0)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING

    assert not prepare(campaign, pieces=1)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.PREPARING, 3)
    assert campaign.prepared_up_to == sorted(numbers(8))[2]
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING  # not before all is known

    assert prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.SENDING, 7)
    assert campaign.prepared_up_to == Campaign.PREPARED
    assert campaign.cost == campaign.reviewed_cost == Decimal("5.60")
    assert LeftOut.objects.filter(campaign=campaign).count() == 2
    assert max(Batch.objects.values_list("size", flat=True)) == 2
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 7)


@pytest.mark.usefixtures("by_the_worker")
def test_preparation_goes_on_where_it_broke_off(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies within a piece: that piece is undone as a whole, and made again."""
    campaign = hand_over(gateway, numbers(8))
    with monkeypatch.context() as patch:
        failing = _failing(on_call=5)
        patch.setattr(batches, "insert_rows", failing)
        patch.setattr(preparation, "insert_rows", failing)
        with pytest.raises(RuntimeError):
            prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total, campaign.pending) == (CampaignState.PREPARING, 3, 3)
    assert Recipient.objects.count() == 3
    assert sum(Batch.objects.values_list("size", flat=True)) == 3

    assert prepare(campaign)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted, campaign.cost) == ("done", 8, Decimal("6.40"))


def _failing(*, on_call: int) -> Callable[..., None]:
    calls: list[object] = []

    def insert_or_fail(*args: Any) -> None:
        insert_rows(*args)
        calls.append(args)
        if len(calls) == on_call:
            raise RuntimeError("killed")

    return insert_or_fail


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_workers_side_by_side_prepare_each_recipient_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(20))
    at_once([partial(prepare, Campaign.objects.get(pk=campaign.pk)) for _worker in range(4)])
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total, campaign.pending) == (CampaignState.SENDING, 20, 20)
    assert sorted(states(campaign)) == sorted(numbers(20))
    assert sum(Batch.objects.values_list("size", flat=True)) == 20
    assert campaign.cost == campaign.reviewed_cost
    assert kinds(campaign) == [EventKind.SENT, EventKind.STARTED]
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_the_next_people_are_read_while_the_last_ones_are_saved(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = hand_over(gateway, numbers(8))
    second_read = threading.Event()
    read: list[str] = []
    piece = Reader.piece

    def note(reader: Reader, *, after: str = "", **how: Any) -> AudiencePiece:
        read.append(after)
        if len(read) == 2:
            second_read.set()
        return piece(reader, after=after, **how)

    def wait_and_insert(*rows: Any) -> None:
        assert second_read.wait(10)
        insert_rows(*rows)

    monkeypatch.setattr(Reader, "piece", note)
    monkeypatch.setattr(batches, "insert_rows", wait_and_insert)
    assert prepare(campaign)
    ordered = sorted(numbers(8))
    assert read == ["", ordered[2], ordered[5]]  # each once
    assert sorted(states(campaign)) == ordered


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_a_piece_read_ahead_that_cannot_be_read_pauses_the_message(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = hand_over(gateway, numbers(8))
    piece = Reader.piece

    def gone(reader: Reader, *, after: str = "", **how: Any) -> AudiencePiece:
        if after:
            raise GroupGone("The group is gone.")
        return piece(reader, after=after, **how)

    monkeypatch.setattr(Reader, "piece", gone)
    assert prepare(campaign)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.PAUSED, 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_a_contact_who_is_deleted_after_being_read_gets_nothing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = group_of(8)
    *_others, last = sorted(group.members.all(), key=lambda one: one.mobile)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)))
    piece = Reader.piece

    def read_and_delete(reader: Reader, **how: Any) -> AudiencePiece:
        found = piece(reader, **how)
        if any(person.mobile == last.mobile for person in found.people):
            Contact.objects.filter(pk=last.pk).delete()
        return found

    monkeypatch.setattr(Reader, "piece", read_and_delete)
    assert prepare(campaign)
    assert len(states(campaign)) == 7
    assert last.mobile not in states(campaign)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_who_gets_the_same_text_after_being_read_gets_it_once(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = group_of(6)
    *_others, last = sorted(group.members.all(), key=lambda one: one.mobile)
    campaign = hand_over(gateway, Audience(groups=(group.pk,)), text="Hello {name}")
    settings.INLINE_RECIPIENTS, settings.SAME_TEXT_HOURS = 100, 24
    is_read = threading.Event()
    piece = Reader.piece

    def read(reader: Reader, **how: Any) -> AudiencePiece:
        found = piece(reader, **how)
        if any(person.mobile == last.mobile for person in found.people):
            is_read.set()
        return found

    monkeypatch.setattr(Reader, "piece", read)
    sent: list[Campaign] = []

    def send_meanwhile() -> bool:
        """Before the second piece is saved, and after it has been read."""
        if campaign.total and not sent:
            assert is_read.wait(10)
            sent.append(hand_over(gateway, [last.mobile], text=f"Hello {last.name}"))
        return True

    assert preparation.prepare(campaign, go_on=send_meanwhile)
    assert states(sent[0])
    campaign.refresh_from_db()
    assert (campaign.state, campaign.total) == (CampaignState.SENDING, 5)
    assert last.mobile not in states(campaign)


@pytest.mark.usefixtures("by_the_worker")
def test_preparation_stops_when_paused_or_cancelled(gateway: Gateway) -> None:
    paused = hand_over(gateway, numbers(8))
    prepare(paused, pieces=1)
    assert control.pause(paused, by=None)
    assert prepare(paused)
    paused.refresh_from_db()
    assert (paused.state, paused.total) == (CampaignState.PAUSED, 3)
    assert control.resume(paused, by=None)
    assert paused.state == CampaignState.PREPARING
    prepare(paused, pieces=1)
    assert control.cancel(paused, by=None)
    assert prepare(paused)
    paused.refresh_from_db()
    assert (paused.state, paused.total) == (CampaignState.CANCELLED, 6)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_the_worker")
def test_the_workers_task_prepares_what_waits(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(8))
    tasks.prepare.call_local()
    tasks.send.call_local()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 8)


@pytest.mark.usefixtures("by_the_worker")
def test_a_campaign_prepared_before_its_time_waits(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(4), at=timezone.now() + timedelta(hours=1))
    assert campaign.state == CampaignState.PREPARING
    assert prepare(campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SCHEDULED


@pytest.mark.usefixtures("by_the_worker")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="plans by statistics")
def test_after_each_piece_of_a_large_message_new_rows_are_known_of(gateway: Gateway) -> None:
    """Each new recipient's batch was looked for among all of them, as when there were few."""
    campaign = hand_over(gateway, numbers(8))
    assert not prepare(campaign, pieces=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'messaging_recipient'")
        assert cursor.fetchone() == (3,)
