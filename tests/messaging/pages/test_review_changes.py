"""What changed under an open receipt: it is sent once, and never otherwise than signed."""

import uuid
from functools import partial
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from messaging.models import Campaign, CampaignState, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.messaging.pages.review_support import Draft, drafts_of, send, signed, url
from tests.pages import source, words
from tests.sending import hand_over, numbers, reading, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(sender: Browser, gateway: Gateway) -> Draft:
    return drafts_of(sender, gateway)


def test_the_review_says_that_nobody_is_left(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    by = UserFactory.create(username="asha")
    OptOutFactory.create(mobile="9801234567", reason="Asked at the desk", created_by=by)
    reading(gateway)
    shown = sender.get(url(draft("9801234567")))
    assert "Nobody is left to send to." in words(shown)
    today = timezone.localtime()
    said = f"Opted out on {today.day} {today:%b %Y} (entered by asha): Asked at the desk"
    assert f"980-1234567 {said}" in words(shown)
    assert "Send to" not in words(shown)


def test_the_review_says_that_a_group_is_gone(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    campaign = draft("9801234567", groups=(group.pk,))
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    group.delete()
    response = sender.post(url(campaign), data, follow=True)
    assert words(response).count("A group that you chose was deleted.") == 2
    assert "The message is kept as a draft." in words(response)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_the_review_asks_again_when_the_cost_rises(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    campaign = draft(groups=(group.pk,))
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    group.members.add(ContactFactory.create())
    response = sender.post(url(campaign), data, follow=True)
    assert "The recipients or the rates changed after you reviewed the message" in words(response)
    assert "Send to 2 people for Rs 1.60" in words(response)


def test_the_review_says_it_changed_in_another_window(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, campaign)}
    drafts.save_draft(
        form_uuid=campaign.form_uuid,
        text="Other words.",
        audience=Audience(numbers="9801234567"),
        gateway=gateway,
        by=sender.user,
    )
    response = sender.post(url(campaign), data, follow=True)
    assert "This message was changed in another window." in words(response)
    assert "Other words." in words(response)


@pytest.mark.parametrize("wrong", ["", "x", "WyJhIiwxLCIxIl0:1abcde:x"])
def test_a_broken_signature_sends_nothing(
    wrong: str, sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    response = sender.post(url(campaign), {"signed": wrong}, follow=True)
    assert "Check the cost again, then send." in words(response)


def test_a_signature_is_for_one_draft(sender: Browser, draft: Draft, gateway: Gateway) -> None:
    first, second = draft("9801234567"), draft("9801234567")
    reading(gateway)
    data = {"signed": signed(sender, first)}
    response = sender.post(url(second), data, follow=True)
    assert "Check the cost again, then send." in words(response)


def test_a_receipt_that_is_sent_twice_sends_once(
    sender: Browser, draft: Draft, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = draft("9801234567")
    reading(gateway, amount="1.00")
    data = {"signed": signed(sender, campaign)}
    for _click in range(2):
        response = sender.post(url(campaign), data, follow=True)
        assert response.redirect_chain[-1][0] == reverse("messaging:campaign", args=[campaign.pk])
        assert "alert-danger" not in source(response)
    send_all(gateway)
    assert len(sandbox.ledger()) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_send_once(roles: None, gateway: Gateway, sandbox: Sandbox) -> None:
    browser = signed_in("Sender")
    campaign = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Closed.",
        audience=Audience(numbers="9801234567"),
        gateway=gateway,
        by=browser.user,
    )
    reading(gateway, amount="1.00")
    data = {"signed": signed(browser, campaign)}
    clients = [Client() for _click in range(10)]
    for each in clients:
        each.cookies[site.SESSION_COOKIE_NAME] = browser.cookies[site.SESSION_COOKIE_NAME]
    responses = at_once([partial(each.post, url(campaign), data) for each in clients])
    assert {response.headers["Location"] for response in responses} == {
        reverse("messaging:campaign", args=[campaign.pk])
    }
    send_all(gateway)
    assert len(sandbox.ledger()) == 1


def test_a_draft_for_another_gateway_cannot_be_sent(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    other = Gateway.objects.create(base_url="https://other.example/api")
    Campaign.objects.update(gateway=other)
    reading(other)
    shown = sender.get(url(campaign))
    assert "another connection to Sociair (https://other.example/api)." in words(shown)
    assert "Send to" not in words(shown)


def look(browser: Browser, campaign: Campaign, seen: str) -> Any:
    return browser.get(reverse("messaging:receipt", args=[campaign.pk]), {"seen": seen})


def test_an_open_review_follows_the_balance(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    waiting = sender.get(url(campaign)).context["seen"]
    assert look(sender, campaign, waiting).status_code == 204
    reading(gateway)
    ready = look(sender, campaign, waiting)
    assert "Send to 1 person for Rs 0.80" in words(ready)
    seen = ready.context["seen"]
    assert look(sender, campaign, seen).status_code == 204
    reading(gateway)
    assert look(sender, campaign, seen).status_code == 204
    reading(gateway, amount="50")
    assert "Balance afterwards Rs 49.20" in words(look(sender, campaign, seen))
    hand_over(gateway, numbers(5))
    seen = sender.get(url(campaign)).context["seen"]
    hand_over(gateway, numbers(5, first=9000))
    reading(gateway, amount="50")
    assert "Already committed 2 campaigns under way − Rs 8.00" in words(
        look(sender, campaign, seen)
    )


def test_an_open_review_leads_to_the_sent_campaign(
    sender: Browser, draft: Draft, gateway: Gateway
) -> None:
    campaign = draft("9801234567")
    reading(gateway)
    send(sender, campaign)
    response = look(sender, campaign, "")
    assert response.headers["HX-Redirect"] == reverse("messaging:campaign", args=[campaign.pk])
    assert sender.get(url(campaign)).headers["Location"] == response.headers["HX-Redirect"]


def test_queries_of_the_review_do_not_grow_with_people(
    sender: Browser,
    draft: Draft,
    gateway: Gateway,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    reading(gateway)
    for people in (1, 60):
        campaign = draft(
            groups=(GroupFactory.create(members=ContactFactory.create_batch(people)).pk,)
        )
        with django_assert_max_num_queries(27):
            sender.get(url(campaign))
