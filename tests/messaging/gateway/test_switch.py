"""A portal that is pointed at another gateway sends nothing that was meant for the first."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from messaging import tasks
from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services.campaigns import control, preparation
from messaging.services.gateway import holds
from messaging.services.sending import dispatch, upkeep
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.sending import check_books, claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(gateway: Gateway, settings: Settings) -> Campaign:
    """A campaign that waits in the sandbox's queue."""
    settings.SOCIAIR_BATCH_SIZE = 2
    return hand_over(gateway, numbers(6))


@pytest.fixture
def elsewhere(queued: Campaign, settings: Settings) -> Iterator[Sandbox]:
    """The settings point to another gateway from now on."""
    with Sandbox() as other:
        settings.SOCIAIR_BASE_URL = other.url
        yield other


def test_nothing_is_sent_of_another_gateways_campaign(
    queued: Campaign, sandbox: Sandbox, elsewhere: Sandbox
) -> None:
    gateway = holds.current_gateway()
    assert gateway != queued.gateway
    assert send_all(gateway) == [dispatch.Round.NOTHING]
    assert claim_batch(queued.pk) is None
    upkeep.sweep(gateway)
    tasks.sweep_now()
    tasks.send.call_local()
    tasks.prepare.call_local()
    assert not sandbox.requests()
    assert not elsewhere.requests()
    check_books(queued, [])
    assert (queued.state, queued.pending) == (CampaignState.SENDING, 6)


def test_another_gateway_sends_its_own_campaigns(
    queued: Campaign, sandbox: Sandbox, elsewhere: Sandbox
) -> None:
    gateway = holds.current_gateway()
    own = hand_over(gateway, numbers(3, first=2000))
    send_all(gateway)
    check_books(own, (entry.mobile for entry in elsewhere.ledger()))
    assert own.state == CampaignState.DONE
    assert not sandbox.requests()
    check_books(queued, [])


def test_a_campaign_goes_on_when_its_gateway_is_back(
    queued: Campaign, sandbox: Sandbox, elsewhere: Sandbox, settings: Settings
) -> None:
    settings.SOCIAIR_BASE_URL = sandbox.url
    assert holds.current_gateway() == queued.gateway
    send_all(holds.current_gateway())
    check_books(queued, (entry.mobile for entry in sandbox.ledger()))
    assert queued.accepted == 6
    assert not elsewhere.requests()


def test_another_gateways_campaign_is_not_started_or_prepared(
    queued: Campaign, elsewhere: Sandbox
) -> None:
    gateway = holds.current_gateway()
    Campaign.objects.update(
        state=CampaignState.SCHEDULED, scheduled_for=timezone.now() - timedelta(seconds=1)
    )
    assert control.start_due(gateway) == 0
    Campaign.objects.update(state=CampaignState.PREPARING)
    assert upkeep.unprepared(gateway) == []


def test_holds_and_readings_are_each_gateways_own(queued: Campaign, elsewhere: Sandbox) -> None:
    gateway = holds.current_gateway()
    holds.hold(queued.gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED)
    own = hand_over(gateway, numbers(1, first=2000))
    send_all(gateway)
    own.refresh_from_db()
    assert own.state == CampaignState.DONE


def test_another_gateways_campaign_can_be_cancelled(queued: Campaign, elsewhere: Sandbox) -> None:
    assert control.cancel(queued, by=None)
    check_books(queued, [])
    assert (queued.state, queued.cancelled) == (CampaignState.CANCELLED, 6)


def test_another_gateways_large_campaign_can_be_cancelled(
    queued: Campaign, elsewhere: Sandbox, settings: Settings
) -> None:
    """The worker that closes it is the other gateway's."""
    settings.INLINE_RECIPIENTS = 1
    assert control.cancel(queued, by=None)
    upkeep.sweep(holds.current_gateway())
    check_books(queued, [])
    assert (queued.state, queued.cancelled) == (CampaignState.CANCELLED, 6)


def test_another_gateways_call_in_flight_is_given_up(
    gateway: Gateway, sandbox: Sandbox, settings: Settings
) -> None:
    """The worker was killed in mid-call, and began again with the other address."""
    campaign = hand_over(gateway, numbers(2))
    assert claim_batch(campaign.pk) is not None
    Batch.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    with Sandbox() as other:
        settings.SOCIAIR_BASE_URL = other.url
        upkeep.sweep(holds.current_gateway())
    check_books(campaign, [])
    assert Batch.objects.get().state == BatchState.UNCONFIRMED
    assert (campaign.state, campaign.unconfirmed) == (CampaignState.DONE, 2)


def test_a_campaigns_page_says_that_its_gateway_is_another(
    queued: Campaign, elsewhere: Sandbox, sender: Browser
) -> None:
    page = sender.get(queued.get_absolute_url())
    assert "belongs to another connection to Sociair" in page.content.decode()
    assert queued.gateway.base_url in page.content.decode()


def test_a_campaigns_page_is_silent_about_its_own_gateway(
    queued: Campaign, sender: Browser
) -> None:
    page = sender.get(queued.get_absolute_url())
    assert "belongs to another connection to Sociair" not in page.content.decode()


def test_another_gateways_campaign_stays_unsent_when_resumed(
    queued: Campaign, elsewhere: Sandbox, sandbox: Sandbox
) -> None:
    control.pause(queued, by=None)
    control.resume(queued, by=None)
    assert preparation.prepare(queued)
    assert send_all(holds.current_gateway()) == [dispatch.Round.NOTHING]
    assert not sandbox.requests()
    assert not elsewhere.requests()
