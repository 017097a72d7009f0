"""A colleague's message is paused, moved, cancelled, followed up by its sender and by managers."""

from datetime import timedelta
from typing import Any, Final

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging.models import Campaign, CampaignState, Event, Gateway
from messaging.services.campaigns import control
from sociair_portal.roles import MANAGER, SENDER
from tests.conftest import Browser, signed_in
from tests.factories import UserFactory
from tests.messaging.pages import addresses
from tests.pages import source, words
from tests.sending import hand_over, numbers

pytestmark = pytest.mark.django_db

# What changes somebody's message. A new address belongs here, or below.
CONTROLS: Final = {"pause", "resume", "cancel", "move", "open_again", "follow_up", "title"}
# What shows it, begins something of one's own, asks for a permission of its own or for a draft.
OTHERS: Final = {
    *("campaign", "progress", "campaign_recipients", "campaign_batches", "campaign_left_out"),
    *("decide", "copy", "send_refused", "settle", "send_again", "doubt"),
    *("review", "receipt", "answer", "send_test", "delete_draft"),
}
ASKS: Final = {"cancel", "move", "title"}


def url(campaign: Campaign, name: str) -> str:
    return reverse(f"messaging:{name}", args=[campaign.pk])


def scheduled(gateway: Gateway, by: User | None) -> Campaign:
    at = (timezone.localtime() + timedelta(days=2)).replace(hour=12)
    return hand_over(gateway, numbers(2), by=by, at=at)


@pytest.fixture
def sita(roles: None) -> User:
    return UserFactory.create(username="sita", first_name="Sita", role=SENDER)


@pytest.fixture
def theirs(gateway: Gateway, sita: User) -> Campaign:
    return scheduled(gateway, sita)


def snapshot() -> tuple[Any, ...]:
    return (*Campaign.objects.order_by("pk").values_list(), Event.objects.count())


def test_every_address_of_a_campaign_is_looked_at() -> None:
    assert addresses.of_a_campaign() == CONTROLS | OTHERS
    assert not CONTROLS & OTHERS


@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_a_sender_changes_nothing_of_a_colleagues_message(
    name: str, sender: Browser, theirs: Campaign
) -> None:
    before = snapshot()
    for method in ("get", "post") if name in ASKS else ("post",):
        refused = getattr(sender, method)(url(theirs, name))
        assert refused.status_code == 403
        assert "Only Sita or a manager can " in words(refused)
    assert snapshot() == before


@pytest.mark.parametrize("name", sorted(CONTROLS))
@pytest.mark.parametrize("who", ["sender", "manager", "owner"])
def test_its_sender_a_manager_and_a_superuser_do(
    who: str, name: str, theirs: Campaign, sita: User
) -> None:
    browser = Client()
    managers = {
        "sender": sita,
        "manager": UserFactory.create(role=MANAGER),
        "owner": User(username="owner", is_superuser=True),
    }
    managers[who].save()
    browser.force_login(managers[who])
    assert browser.post(url(theirs, name)).status_code in (200, 302)


def test_a_manager_pauses_a_colleagues_message(manager: Browser, theirs: Campaign) -> None:
    page = source(manager.get(url(theirs, "campaign")))
    assert url(theirs, "pause") in page
    manager.post(url(theirs, "pause"))
    theirs.refresh_from_db()
    assert theirs.state == CampaignState.PAUSED
    assert Event.objects.filter(campaign=theirs, by=manager.user).exists()


@pytest.mark.parametrize("page", ["campaign", "schedule"])
def test_who_may_not_sees_whom_to_ask_and_no_button(
    page: str, sender: Browser, theirs: Campaign
) -> None:
    address = url(theirs, "campaign") if page == "campaign" else reverse("messaging:schedule")
    said = sender.get(address)
    assert "Only Sita or a manager can pause, resume, reschedule or cancel this message." in words(
        said
    )
    for name in CONTROLS:
        assert url(theirs, name) not in source(said)


def test_a_message_that_ended_is_followed_up_by_its_sender_or_a_manager(
    sender: Browser, manager: Browser, theirs: Campaign
) -> None:
    control.cancel(theirs, by=None)
    said = sender.get(url(theirs, "campaign"))
    why = "Only Sita or a manager can send to the people this message did not reach."
    assert why in words(said)
    assert url(theirs, "follow_up") not in source(said)
    assert why in words(sender.post(url(theirs, "follow_up")))
    assert url(theirs, "follow_up") in source(manager.get(url(theirs, "campaign")))


def test_a_message_of_a_script_is_controlled_by_managers(
    sender: Browser, manager: Browser, gateway: Gateway
) -> None:
    campaign = scheduled(gateway, None)
    why = "Only a manager can pause, resume, reschedule or cancel this message."
    assert why in words(sender.get(url(campaign, "campaign")))
    assert sender.post(url(campaign, "cancel")).status_code == 403
    assert manager.post(url(campaign, "cancel")).status_code == 302


def test_a_user_who_can_no_longer_send_controls_nothing(
    theirs: Campaign, sita: User, client: Client
) -> None:
    sita.groups.clear()
    sita.user_permissions.set(
        Permission.objects.filter(codename__in=["view_campaign", "control_campaign"])
    )
    client.force_login(sita)
    assert url(theirs, "pause") not in source(client.get(url(theirs, "campaign")))
    assert client.post(url(theirs, "pause")).status_code == 403


def test_copying_a_colleagues_message_needs_no_more_than_sending(
    sender: Browser, theirs: Campaign
) -> None:
    assert sender.post(url(theirs, "copy")).status_code == 302
    assert Campaign.objects.get(state=CampaignState.DRAFT).created_by == sender.user


def test_managers_have_the_right_and_senders_have_not(roles: None) -> None:
    having = Group.objects.filter(permissions__codename="control_campaign")
    assert list(having.values_list("name", flat=True)) == [MANAGER]


def test_the_list_of_what_is_scheduled_asks_no_more_for_more_of_it(
    roles: None, gateway: Gateway
) -> None:
    browser, page = signed_in(SENDER), reverse("messaging:schedule")
    asked = []
    for people in (1, 3):
        for _person in range(people):
            scheduled(gateway, UserFactory.create(role=SENDER))
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        asked.append(len(queries))
    assert asked[0] == asked[1]
