"""One campaign's pages: progress, each request and its answers, each recipient, who was left out,
and what needs a decision.
"""

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from messaging.models import (
    Batch,
    BatchState,
    Campaign,
    CampaignState,
    Gateway,
    LeftOut,
    LeftOutReason,
    Recipient,
    SentMessage,
)
from messaging.services.campaigns import control
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.pages import source, words
from tests.sending import claim_batch, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

PAGES = ["campaign", "campaign_recipients", "campaign_batches", "campaign_left_out", "progress"]
REFUSES, HANGS_UP, INVALID = "9800000007", "9800000023", "9800000001"


def url(campaign: Campaign, name: str = "campaign") -> str:
    return reverse(f"messaging:{name}", args=[campaign.pk])


def test_a_campaigns_page_follows_it_to_the_end(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [*numbers(137), "12"], by=sender.user)
    before = sender.get(url(campaign))
    assert "0 of 137 people handled" in words(before)
    assert "Queued or sending 137" in words(before)
    assert 'hx-trigger="every 2s"' in source(before)
    send_all(gateway)
    after = sender.get(url(campaign))
    said = words(after)
    assert "Done" in said
    assert "All 137 people handled" in said
    assert "Accepted 137" in said
    assert f"Sender {sender.user.username}" in said
    assert "Cost Rs 109.60 Charged, according to Sociair Rs 109.60" in said
    assert f"Send confirmed by {sender.user.username}" in said
    assert "hx-trigger" not in source(after).partition('id="live"')[2]


def test_a_campaigns_page_says_that_a_script_sent_it(sender: Browser, gateway: Gateway) -> None:
    assert "Sender Command line" in words(sender.get(url(hand_over(gateway, numbers(1)))))


@pytest.mark.parametrize("name", PAGES)
def test_a_campaigns_pages_are_for_those_who_may_see_it(
    name: str, client: Client, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1))
    assert client.get(url(campaign, name)).status_code == 302
    client.force_login(UserFactory.create())
    assert client.get(url(campaign, name)).status_code == 403
    client.force_login(UserFactory.create(role="Sender"))
    assert client.get(url(campaign, name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_a_missing_campaign_are_not_found(
    name: str, sender: Browser, gateway: Gateway
) -> None:
    for pk in (1, 10**30):
        assert sender.get(reverse(f"messaging:{name}", args=[pk])).status_code == 404


def test_a_draft_has_no_pages_of_a_campaign(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    Campaign.objects.update(state=CampaignState.DRAFT)
    response = sender.get(url(campaign))
    assert response.headers["Location"] == reverse("messaging:review", args=[campaign.pk])
    for name in PAGES[1:]:
        assert sender.get(url(campaign, name)).status_code == 404


def look(browser: Browser, campaign: Campaign, seen: str) -> Any:
    return browser.get(url(campaign, "progress"), {"seen": seen})


def test_progress_of_a_campaign_is_shown_as_it_moves(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, numbers(5))
    seen = sender.get(url(campaign)).context["seen"]
    assert look(sender, campaign, seen).status_code == 204
    dispatch.send_next(gateway)
    moved = look(sender, campaign, seen)
    assert "2 of 5 people handled" in words(moved)
    assert "HX-Retarget" not in moved.headers
    send_all(gateway)
    ended = look(sender, campaign, moved.context["seen"])
    assert ended.headers["HX-Retarget"] == "#live"
    assert ended.headers["HX-Reswap"] == "outerHTML"
    assert "hx-trigger" not in source(ended)
    assert "All 5 people handled" in words(ended)


def test_progress_shows_why_sending_is_on_hold(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    campaign = hand_over(gateway, numbers(1))
    seen = sender.get(url(campaign)).context["seen"]
    sandbox.stop()
    send_all(gateway)
    held = look(sender, campaign, seen)
    assert "Sending is on hold: Sociair cannot be reached. Nothing was sent." in words(held)


def test_a_cancelled_campaign_is_watched_until_its_calls_end(
    sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1))
    claim = claim_batch(campaign.pk)
    assert claim is not None
    control.cancel(campaign, by=sender.user)
    shown = sender.get(url(campaign))
    assert "Requests already on their way will finish. Nothing new is sent." in words(shown)
    assert 'hx-trigger="every 2s"' in source(shown)


def test_a_campaigns_page_says_that_it_is_being_prepared(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.INLINE_RECIPIENTS = 1
    campaign = hand_over(gateway, numbers(2))
    assert campaign.state == CampaignState.PREPARING
    assert "Preparing: 0 people so far." in words(sender.get(url(campaign)))


def test_a_campaigns_page_says_what_needs_a_decision(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [*numbers(2), HANGS_UP])
    send_all(gateway)
    said = words(sender.get(url(campaign)))
    assert "It is not known whether 3 messages went out. They were not sent again" in said
    assert "Sociair did not answer. The messages may have gone out" in said
    assert "Not known 3" in said


def test_one_message_to_decide_is_in_the_singular(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [HANGS_UP])
    send_all(gateway)
    said = words(sender.get(url(campaign)))
    assert "It is not known whether 1 message went out. It was not sent again" in said


def test_a_campaigns_page_shows_a_partial_rejection(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [*numbers(2), INVALID])
    send_all(gateway)
    said = words(sender.get(url(campaign)))
    assert "Refused 1" in said
    assert "Not known 2" in said
    assert "It is not known whether 2 messages went out" in said
    assert "Sociair said: “Sorry! SMS could not be sent. Invalid mobile number”" in said


def test_a_campaigns_page_says_why_it_paused(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    campaign = hand_over(gateway, [REFUSES, "9851234567"], by=sender.user)
    send_all(gateway)
    shown = sender.get(url(campaign))
    assert "Paused" in words(shown)
    assert "Sociair refused a message:" in words(shown)
    assert "Resume" in words(shown)


def test_a_page_of_another_gateways_campaign_offers_only_cancel(
    sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, numbers(1), by=sender.user)
    other = Gateway.objects.create(base_url="https://other.example/api")
    Campaign.objects.update(gateway=other, state=CampaignState.PAUSED)
    said = words(sender.get(url(campaign)))
    assert "another connection to Sociair (https://other.example/api)." in said
    assert "Resume" not in said
    assert "Cancel" in said


def test_the_raw_answer_is_shown_only_to_managers(
    sender: Browser, manager: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, [REFUSES])
    send_all(gateway)
    SentMessage.objects.update(raw='{"message": "<as it came>"}')
    address = url(campaign, "campaign_batches")
    known, shown = words(sender.get(address)), words(manager.get(address))
    assert "Numbers and raw answer" in shown
    assert "<as it came>" in html.unescape(shown)
    assert "Numbers" in known
    assert "raw answer" not in known
    assert "as it came" not in source(sender.get(address))
    assert "Sociair said:" in html.unescape(known)  # the outcome in words is for everybody


def test_an_answer_that_held_the_token_says_so(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1))
    send_all(gateway)
    SentMessage.objects.update(raw="", withheld=123_456)
    said = html.unescape(words(manager.get(url(campaign, "campaign_batches"))))
    assert (
        "The answer repeated a secret (the portal's token, or the code or link in the message)"
        in said
    )
    assert "The answer was 1,23,456 bytes long." in said
    assert "There was no answer to keep." not in said


def test_requests_are_shown_with_their_attempts_and_answers(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    campaign = hand_over(gateway, ["9841234567", "9801234567", "9800000500", "9851111111"])
    send_all(gateway)
    said = words(sender.get(url(campaign, "campaign_batches")))
    assert "2 people · 1 part · Rs 1.60" in said
    assert "Attempt 1" in said
    assert "HTTP 200" in said
    assert "HTTP 500" in said
    assert "Sociair had an error." in said
    assert "984-1234567, 985-1111111" in said
    only = sender.get(url(campaign, "campaign_batches"), {"state": "unconfirmed"})
    assert [batch.state for batch in only.context["page"].items] == ["unconfirmed"]
    assert "HTTP 200" not in words(only)


def test_a_call_without_an_answer_is_shown(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [HANGS_UP])
    send_all(gateway)
    said = words(manager.get(url(campaign, "campaign_batches")))
    assert f"no answer ({SentMessage.objects.get().error})" in said
    assert "There was no answer to keep." in said


def test_a_long_answer_is_cut(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9800000030"])
    send_all(gateway)
    SentMessage.objects.update(raw="<script>" + "x" * 60_000)
    shown = source(manager.get(url(campaign, "campaign_batches")))
    assert "&lt;script&gt;xxx" in shown
    assert "x" * 4000 not in shown


def test_a_request_not_called_yet_is_shown(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1))
    assert "Not sent yet." in words(sender.get(url(campaign, "campaign_batches")))
    said = words(sender.get(url(campaign, "campaign_batches"), {"state": "no such"}))
    assert "Not sent yet." not in said
    assert "State: Select a valid choice" in said
    none = words(sender.get(url(campaign, "campaign_batches"), {"state": "settled"}))
    assert "No requests in this state" in none
    assert "0 found." in none


def find(browser: Browser, campaign: Campaign, **params: str) -> list[str]:
    response = browser.get(url(campaign, "campaign_recipients"), params, follow=True)
    assert response.status_code == 200
    return [recipient.mobile for recipient in response.context["page"].items]


def test_recipients_of_a_campaign_are_listed_and_searched(
    sender: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, ["9841234567", "9801234567"])
    Recipient.objects.filter(mobile="9841234567").update(name="Asha Karki", state="refused")
    assert find(sender, campaign) == ["9801234567", "9841234567"]
    assert find(sender, campaign, state="refused") == ["9841234567"]
    assert find(sender, campaign, q="karki") == ["9841234567"]
    for spelling in ("984-1234567", "+977 984 123 4567", "98412", "९८४१२"):
        assert find(sender, campaign, q=spelling) == ["9841234567"]
    assert find(sender, campaign, q="nobody") == []
    assert "Nobody matches" in words(
        sender.get(url(campaign, "campaign_recipients"), {"q": "nobody"}, follow=True)
    )


@pytest.mark.parametrize(
    "params", [{"state": "x"}, {"page": "x"}, {"q": "\x00"}, {"q": "%"}, {"q": "a" * 300}]
)
def test_odd_searches_of_recipients_do_no_harm(
    params: dict[str, str], sender: Browser, gateway: Gateway
) -> None:
    find(sender, hand_over(gateway, numbers(1)), **params)


def test_pages_of_a_campaigns_recipients_hold_each_once(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(120))
    seen: list[str] = []
    at = ""
    while True:
        found = sender.get(url(campaign, "campaign_recipients"), {"page": at}).context["page"]
        seen += [recipient.mobile for recipient in found.items]
        if not (at := found.next):
            break
    assert seen == sorted(numbers(120))


def test_a_campaigns_page_says_who_was_left_out(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9841234567", "12"])
    said = words(sender.get(url(campaign, "campaign_left_out")))
    assert "12 Not a mobile number This number is too short" in said
    other = hand_over(gateway, ["9841234567"])
    assert "Nobody was left out" in words(sender.get(url(other, "campaign_left_out")))


@pytest.mark.parametrize("name", PAGES)
def test_queries_of_a_campaigns_pages_do_not_grow(
    name: str, sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 1
    counted = []
    for people in (1, 15):
        campaign = hand_over(gateway, numbers(people), by=sender.user)
        Batch.objects.update(state=BatchState.UNCONFIRMED, outcome="no_answer")
        Recipient.objects.update(state="unconfirmed")
        Campaign.objects.filter(pk=campaign.pk).update(pending=0, unconfirmed=people)
        for batch in Batch.objects.filter(campaign=campaign):
            SentMessage.objects.create(
                batch=batch, gateway=batch.campaign.gateway, attempt=1, outcome="no_answer"
            )
            LeftOut.objects.create(campaign=campaign, entry="1", reason=LeftOutReason.INVALID)
        with CaptureQueriesContext(connection) as queries:
            sender.get(url(campaign, name))
        counted.append(len(queries))
    assert counted[1] == counted[0]
    assert counted[0] <= 20
