"""Pause, resume, cancel and release, as people do them on the pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from messaging.models import (
    BalanceReading,
    Campaign,
    CampaignState,
    Event,
    Gateway,
    HoldKind,
    HoldReason,
)
from messaging.services.campaigns import control
from messaging.services.gateway import holds
from messaging.services.money import balance
from sandbox.server import Sandbox
from tests.conftest import Browser, signed_in
from tests.factories import UserFactory
from tests.pages import words
from tests.sending import hand_over, numbers, send_all, states
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

ACTIONS = ["pause", "resume", "cancel"]
RELEASE = "/gateway/release/"


def url(campaign: Campaign, name: str) -> str:
    return reverse(f"messaging:{name}", args=[campaign.pk])


def post(browser: Client, campaign: Campaign, name: str) -> Any:
    return browser.post(url(campaign, name), follow=True)


def kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign=campaign).values_list("kind", flat=True))


def test_a_campaign_is_paused_and_resumed_on_its_page(
    sender: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = hand_over(gateway, numbers(3), by=sender.user)
    paused = post(sender, campaign, "pause")
    assert "Paused. Requests already on their way will finish." in words(paused)
    assert send_all(gateway) != []
    assert set(states(campaign).values()) == {"queued"}

    tasks = woken(django_capture_on_commit_callbacks, lambda: post(sender, campaign, "resume"))
    assert set(tasks) == {"send"}
    send_all(gateway)
    assert set(states(campaign).values()) == {"accepted"}
    assert kinds(campaign) == ["sent", "started", "paused", "resumed", "done"]
    events = Event.objects.filter(campaign=campaign, kind__in=["paused", "resumed"])
    assert {event.by for event in events} == {sender.user}


def test_cancelling_a_campaign_asks_first(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(3), by=sender.user)
    asked = sender.get(url(campaign, "cancel"))
    assert "3 people have not been sent it yet and will not get it." in words(asked)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    cancelled = post(sender, campaign, "cancel")
    assert "Cancelled 3" in words(cancelled)
    assert set(states(campaign).values()) == {"cancelled"}
    assert kinds(campaign)[-1] == "cancelled"


def test_resuming_during_preparation_wakes_the_preparation(
    sender: Browser,
    gateway: Gateway,
    settings: Settings,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    settings.INLINE_RECIPIENTS = 1
    campaign = hand_over(gateway, numbers(2), by=sender.user)
    post(sender, campaign, "pause")
    tasks = woken(django_capture_on_commit_callbacks, lambda: post(sender, campaign, "resume"))
    assert tasks == ["prepare"]


def test_after_a_refused_token_the_balance_is_read_first(
    sender: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    control.pause(campaign, by=sender.user)
    holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
    tasks = woken(django_capture_on_commit_callbacks, lambda: post(sender, campaign, "resume"))
    assert "read_balance" in tasks


@pytest.mark.parametrize("name", ACTIONS)
def test_controlling_a_campaign_needs_the_permission(
    name: str, client: Client, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1))
    assert client.post(url(campaign, name)).status_code == 302
    client.force_login(UserFactory.create())
    assert client.post(url(campaign, name)).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING


@pytest.mark.parametrize("name", ["pause", "resume", "release"])
def test_a_campaign_is_controlled_only_by_post(
    name: str, manager: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1))
    address = RELEASE if name == "release" else url(campaign, name)
    assert manager.get(address).status_code == 405


@pytest.mark.parametrize("name", ACTIONS)
def test_controlling_a_campaign_needs_a_form_token(
    name: str, gateway: Gateway, roles: None
) -> None:
    campaign = hand_over(gateway, numbers(1))
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(UserFactory.create(role="Sender"))
    assert browser.post(url(campaign, name)).status_code == 403


@pytest.mark.parametrize("name", ACTIONS)
def test_a_campaign_at_its_end_is_not_controlled(
    name: str, sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    send_all(gateway)
    response = post(sender, campaign, name)
    assert response.redirect_chain[-1][0] == url(campaign, "campaign")
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DONE
    assert kinds(campaign) == ["sent", "started", "done"]


@pytest.mark.parametrize("name", ACTIONS)
def test_a_missing_campaign_cannot_be_controlled(
    name: str, sender: Browser, gateway: Gateway
) -> None:
    assert sender.post(reverse(f"messaging:{name}", args=[1])).status_code == 404


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_pausing_and_resuming_twice_happens_once(
    name: str, sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    for _click in range(2):
        post(sender, campaign, "pause")
    for _click in range(2):
        post(sender, campaign, "resume")
    assert kinds(campaign) == ["sent", "started", "paused", "resumed"]


def test_another_gateways_campaign_can_only_be_cancelled(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    other = Gateway.objects.create(base_url="https://other.example/api")
    Campaign.objects.update(gateway=other, state=CampaignState.PAUSED)
    response = post(sender, campaign, "resume")
    assert "This campaign belongs to another connection to Sociair." in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    post(sender, campaign, "cancel")
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED


def test_a_manager_releases_the_gateway(
    manager: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)
    assert "Start sending again" in words(manager.get("/"))
    tasks = woken(django_capture_on_commit_callbacks, lambda: manager.post(RELEASE))
    assert set(tasks) == {"send"}
    gateway.refresh_from_db()
    assert not gateway.is_held
    released = Event.objects.get(gateway=gateway, kind="released")
    assert released.by == manager.user
    assert "Sending has started again." in words(manager.get("/"))


def test_releasing_after_a_refused_token_tries_it_again(
    manager: Browser,
    gateway: Gateway,
    sandbox: Sandbox,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    holds.hold(gateway, HoldKind.TOKEN, HoldReason.TOKEN_REFUSED)
    tasks = woken(django_capture_on_commit_callbacks, lambda: manager.post(RELEASE))
    assert "read_balance" in tasks
    assert holds.current_gateway().is_held
    balance.read_balance(gateway)
    assert not holds.current_gateway().is_held
    assert BalanceReading.objects.count() == 1


def test_a_sender_cannot_release_the_gateway(sender: Browser, gateway: Gateway) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)
    assert sender.post(RELEASE).status_code == 403
    assert "Start sending again" not in words(sender.get("/"))
    gateway.refresh_from_db()
    assert gateway.is_held


def test_releasing_a_gateway_not_held_does_nothing(gateway: Gateway, roles: None) -> None:
    assert signed_in("Manager").post(RELEASE, follow=True).status_code == 200
    assert Event.objects.count() == 0
