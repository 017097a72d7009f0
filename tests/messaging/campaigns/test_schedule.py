"""Later, in time, too late: when a scheduled campaign begins, and when it asks first."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from messaging import tasks
from messaging.models import Campaign, CampaignState, Event, EventKind, Gateway
from messaging.services.campaigns import control
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, upkeep
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import UserFactory
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


def _ago(**units: float) -> datetime:
    return timezone.now() - timedelta(**units)


def _scheduled(gateway: Gateway, due: datetime) -> Campaign:
    """A campaign that was handed over for later, and whose time is this one now."""
    campaign = hand_over(gateway, numbers(2), at=timezone.now() + timedelta(days=1))
    assert campaign.state == CampaignState.SCHEDULED
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_for=due)
    campaign.refresh_from_db()
    return campaign


def _slept(campaign: Campaign, **units: float) -> None:
    """Nothing was claimed and nobody resumed for so long."""
    Gateway.objects.update(active_at=_ago(**units))
    Campaign.objects.filter(pk=campaign.pk).update(resumed_at=_ago(**units))


def _kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign=campaign).values_list("kind", flat=True))


def test_a_campaign_begins_when_its_time_has_come(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = hand_over(gateway, numbers(2), at=timezone.now() + timedelta(hours=1))
    assert (campaign.state, campaign.pending) == (CampaignState.SCHEDULED, 2)
    assert control.start_due(gateway) == 0
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    assert claim_batch(campaign.pk) is None

    Campaign.objects.update(scheduled_for=_ago(seconds=1))
    # Its time alone sends nothing: it must have been started, which happens once.
    assert claim_batch(campaign.pk) is None
    assert control.start_due(gateway) == 1
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 2)
    assert _kinds(campaign) == [
        EventKind.SENT,
        EventKind.SCHEDULED,
        EventKind.STARTED,
        EventKind.DONE,
    ]


@pytest.mark.django_db(transaction=True)
def test_many_workers_start_a_scheduled_campaign_once(gateway: Gateway) -> None:
    campaign = _scheduled(gateway, _ago(seconds=1))
    started = at_once([partial(control.start_due, gateway)] * 6)
    assert sorted(started) == [0, 0, 0, 0, 0, 1]
    assert _kinds(campaign) == [EventKind.SENT, EventKind.SCHEDULED, EventKind.STARTED]
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


@pytest.mark.django_db(transaction=True)
def test_the_wake_up_starts_and_sends_a_due_campaign(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = _scheduled(gateway, _ago(seconds=1))
    tasks.wake.call_local()
    tasks.send.call_local()
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 2)


def test_a_paused_scheduled_campaign_resumes_to_waiting(gateway: Gateway) -> None:
    campaign = _scheduled(gateway, timezone.now() + timedelta(hours=1))
    assert control.pause(campaign, by=None)
    Campaign.objects.update(scheduled_for=_ago(seconds=1))
    assert control.start_due(gateway) == 0
    Campaign.objects.update(scheduled_for=timezone.now() + timedelta(hours=1))
    campaign.refresh_from_db()
    assert control.resume(campaign, by=None)
    assert campaign.state == CampaignState.SCHEDULED


def test_a_campaign_resumed_after_its_time_begins(gateway: Gateway) -> None:
    campaign = _scheduled(gateway, _ago(hours=5))
    control.pause(campaign, by=None)
    assert control.resume(campaign, by=None)
    assert campaign.state == CampaignState.SENDING
    upkeep.sweep(gateway)  # whoever resumed it has just been asked
    assert send_all(gateway)[0] is dispatch.Round.CALLED


def test_a_campaign_that_is_hours_late_asks_first(gateway: Gateway, sandbox: Sandbox) -> None:
    campaign = _scheduled(gateway, _ago(hours=2, seconds=1))
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OVERDUE
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    assert not sandbox.requests()

    someone = UserFactory.create()
    assert control.resume(campaign, by=someone)
    upkeep.sweep(gateway)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert (campaign.state, campaign.accepted) == (CampaignState.DONE, 2)
    assert _kinds(campaign) == [
        EventKind.SENT,
        EventKind.SCHEDULED,
        EventKind.OVERDUE,
        EventKind.RESUMED,
        EventKind.DONE,
    ]
    assert Event.objects.get(kind=EventKind.RESUMED).by == someone


def test_a_campaign_a_little_late_just_begins(gateway: Gateway) -> None:
    campaign = _scheduled(gateway, _ago(minutes=119))
    upkeep.sweep(gateway)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


def test_a_campaign_asks_first_after_a_long_silence(gateway: Gateway, sandbox: Sandbox) -> None:
    """The machine was off; the sender is quicker than the first sweep."""
    campaign = hand_over(gateway, numbers(2))
    _slept(campaign, hours=3)
    assert dispatch.send_next(gateway) is dispatch.Round.NOTHING
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OVERDUE
    assert not sandbox.requests()
    assert control.resume(campaign, by=None)
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 2


def test_the_sweep_marks_a_campaign_overdue_once(gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    _slept(campaign, hours=3)
    for _minute in range(2):
        upkeep.sweep(holds.current_gateway())
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OVERDUE
    assert _kinds(campaign).count(EventKind.OVERDUE) == 1


@pytest.mark.django_db(transaction=True)
def test_senders_side_by_side_mark_a_campaign_overdue_once(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(2))
    _slept(campaign, hours=3)
    at_once([partial(send_all, gateway)] * 4)
    assert not sandbox.requests()
    assert _kinds(campaign).count(EventKind.OVERDUE) == 1


@pytest.mark.parametrize("fresh", ["active_at", "resumed_at"])
def test_a_busy_or_just_resumed_campaign_does_not_ask(fresh: str, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(2))
    _slept(campaign, hours=3)
    if fresh == "active_at":
        Gateway.objects.update(active_at=_ago(minutes=1))
    else:
        Campaign.objects.update(resumed_at=_ago(minutes=1))
    assert dispatch.send_next(gateway) is dispatch.Round.CALLED
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE


def test_a_new_message_after_a_quiet_night_just_goes(gateway: Gateway, sandbox: Sandbox) -> None:
    Gateway.objects.update(active_at=_ago(hours=12))
    campaign = hand_over(gateway, numbers(2))
    send_all(gateway)
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.state == CampaignState.DONE
