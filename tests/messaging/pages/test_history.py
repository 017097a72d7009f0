"""Looking back: campaigns and recipients, searched, filtered and turned page by page."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from messaging.models import Batch, Campaign, CampaignState, Gateway, Recipient
from messaging.services import history
from messaging.services.audience.choice import Audience
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.pages import searched, source, words
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

NEPAL = ZoneInfo("Asia/Kathmandu")
CAMPAIGNS, RECIPIENTS = "/history/", "/history/recipients/"
SPELLINGS = ["9841234567", "+977 984-1234567", "00977 9841234567", "०९८४१२३४५६७", "98412", "984 12"]


def rows(browser: Client, address: str, **params: str) -> list[Any]:
    response = browser.get(address, params, follow=True)
    assert response.status_code == 200
    return list(response.context["page"].items)


def mobiles(browser: Client, **params: str) -> list[str]:
    return [recipient.mobile for recipient in rows(browser, RECIPIENTS, **params)]


def pages(browser: Client, address: str, **params: str) -> Iterator[Any]:
    """Every page, as somebody turns them; further back where that is offered."""
    if "q" in params:
        params = dict(parse_qsl(urlsplit(searched(browser, address, **params)).query))
    while True:
        context = browser.get(address, params).context
        yield context["page"]
        found = context.get("found")
        if context["page"].next:
            params["page"] = context["page"].next
        elif found and found.further_back:
            params = {**params, "page": "", "back_from": str(found.further_back)}
        else:
            return


@pytest.fixture
def sent(gateway: Gateway) -> Callable[..., Campaign]:
    """Hands over a campaign, with names, from some days ago."""

    def made(*mobiles: str, days_ago: float = 0, **kwargs: Any) -> Campaign:
        campaign = hand_over(gateway, mobiles or numbers(1), **kwargs)
        at = timezone.now() - timedelta(days=days_ago)
        Campaign.objects.filter(pk=campaign.pk).update(sent_at=at)
        return campaign

    return made


def test_the_history_lists_campaigns_and_recipients(sender: Browser, gateway: Gateway) -> None:
    asha = ContactFactory.create(name="Asha Karki", mobile="9841234567")
    group = GroupFactory.create(members=[asha])
    audience = Audience(groups=(group.pk,), numbers="9801234567")
    campaign = hand_over(gateway, audience, text="Fees are due.", by=sender.user)
    send_all(gateway)
    assert rows(sender, CAMPAIGNS) == [campaign]
    assert f"Fees are due. {sender.user.username} Done 2 Rs 1.60" in words(sender.get(CAMPAIGNS))
    said = words(sender.get(RECIPIENTS))
    assert "984-1234567 Asha Karki NTC Accepted Fees are due." in said
    assert "980-1234567 Ncell Accepted Fees are due." in said


def test_an_empty_history_says_so(sender: Browser, gateway: Gateway) -> None:
    for address in (CAMPAIGNS, RECIPIENTS):
        assert "Nothing has been sent yet" in words(sender.get(address))


@pytest.mark.parametrize("address", [CAMPAIGNS, RECIPIENTS])
def test_the_history_is_for_those_who_may_see_it(
    address: str, client: Client, gateway: Gateway
) -> None:
    assert client.get(address).status_code == 302
    client.force_login(UserFactory.create())
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("number", SPELLINGS)
def test_campaigns_are_found_by_number_in_any_spelling(
    number: str, sender: Browser, sent: Callable[..., Campaign]
) -> None:
    found = sent("9841234567")
    sent("9801234567")
    assert rows(sender, CAMPAIGNS, q=number) == [found]


def test_campaigns_are_found_by_text(sender: Browser, sent: Callable[..., Campaign]) -> None:
    found = sent(text="Call 98412 for the बिदा list, 100% sure")
    sent(text="Something else")
    for words_ in ("BIDA", "call 98412", "बिदा", "100%", "98412"):
        expected = [found] if words_ != "BIDA" else []
        assert rows(sender, CAMPAIGNS, q=words_) == expected
    none = words(sender.get(CAMPAIGNS, {"q": "nothing"}, follow=True))
    assert "No campaigns match" in none
    assert "0 found." in none


def test_campaigns_are_filtered_by_state_and_sender(
    sender: Browser, sent: Callable[..., Campaign]
) -> None:
    mine, other = sent(by=sender.user), sent(by=UserFactory.create())
    Campaign.objects.filter(pk=other.pk).update(state=CampaignState.PAUSED)
    assert rows(sender, CAMPAIGNS, sender=str(sender.user.pk)) == [mine]
    assert rows(sender, CAMPAIGNS, state="paused") == [other]
    assert rows(sender, CAMPAIGNS, state="paused", sender=str(sender.user.pk)) == []


def test_drafts_are_not_history(sender: Browser, sent: Callable[..., Campaign]) -> None:
    campaign = sent()
    Campaign.objects.update(state=CampaignState.DRAFT)
    assert rows(sender, CAMPAIGNS) == []
    assert rows(sender, RECIPIENTS) == []
    assert "draft" not in dict(sender.get(CAMPAIGNS).context["search"].fields["state"].choices)
    assert campaign.pk


def test_days_are_days_in_nepal(sender: Browser, sent: Callable[..., Campaign]) -> None:
    last, first = sent(), sent()
    tomorrow = sent()
    for campaign, at in [
        (first, datetime(2026, 11, 22, 0, 0, tzinfo=NEPAL)),
        (last, datetime(2026, 11, 22, 23, 59, 59, tzinfo=NEPAL)),
        (tomorrow, datetime(2026, 11, 23, 0, 0, tzinfo=NEPAL)),
    ]:
        Campaign.objects.filter(pk=campaign.pk).update(sent_at=at)
    day = "2026-11-22"
    assert {*rows(sender, CAMPAIGNS, since=day, until=day)} == {first, last}
    assert {*rows(sender, CAMPAIGNS, since="2026-11-23")} == {tomorrow}
    assert {*rows(sender, CAMPAIGNS, until="2026-11-21")} == set()
    found = rows(sender, RECIPIENTS, since=day, until=day)
    assert {recipient.campaign for recipient in found} == {first, last}


@pytest.mark.parametrize("number", SPELLINGS)
def test_recipients_are_found_by_number_in_any_spelling(
    number: str, sender: Browser, sent: Callable[..., Campaign]
) -> None:
    sent("9841234567", "9801234567", days_ago=3)
    sent("9841234567", "9819999999")
    found = rows(sender, RECIPIENTS, q=number)
    assert [recipient.mobile for recipient in found] == ["9841234567"] * 2
    assert found[0].campaign_id > found[1].campaign_id


def test_recipients_are_found_by_name_and_text(
    sender: Browser, sent: Callable[..., Campaign]
) -> None:
    sent("9841234567", text="Fees are due.")
    sent("9801234567", text="Closed.")
    Recipient.objects.filter(mobile="9801234567").update(name="सरिता Fee")
    assert mobiles(sender, q="सरिता") == ["9801234567"]
    assert mobiles(sender, q="fee") == ["9801234567", "9841234567"]
    assert mobiles(sender, q="closed") == ["9801234567"]
    assert mobiles(sender, q="nobody") == []
    assert "Nobody matches" in words(sender.get(RECIPIENTS, {"q": "nobody"}, follow=True))


def test_recipients_are_filtered_by_state_operator_and_sender(
    sender: Browser, gateway: Gateway, sent: Callable[..., Campaign]
) -> None:
    sent("9841234567", "9800000001", by=sender.user)
    send_all(gateway)
    sent("9611234567")
    assert mobiles(sender, state="refused") == ["9800000001"]
    assert mobiles(sender, state="unconfirmed") == ["9841234567"]
    assert mobiles(sender, state="queued") == ["9611234567"]
    assert mobiles(sender, state="accepted") == []
    assert mobiles(sender, operator="smartcell") == ["9611234567"]
    assert mobiles(sender, sender=str(sender.user.pk)) == ["9841234567", "9800000001"]
    assert mobiles(sender, q="98412", state="unconfirmed", operator="ntc") == ["9841234567"]
    assert mobiles(sender, q="98412", state="refused") == []


def test_recipients_are_found_by_number_and_days_together(
    sender: Browser, sent: Callable[..., Campaign]
) -> None:
    sent("9841234567", days_ago=10)
    new = sent("9841234567")
    week = f"{timezone.localdate() - timedelta(days=7):%Y-%m-%d}"
    assert [row.campaign for row in rows(sender, RECIPIENTS, q="9841234567", since=week)] == [new]


def test_pages_of_campaigns_hold_each_once(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1))
    others = [
        Campaign(form_uuid=uuid.uuid4(), gateway=gateway, audience={}, state=campaign.state)
        for _number in range(119)
    ]
    made = [campaign.pk, *(other.pk for other in Campaign.objects.bulk_create(others))]
    turned = [[campaign.pk for campaign in page.items] for page in pages(sender, CAMPAIGNS)]
    assert [len(page) for page in turned] == [50, 50, 20]
    assert [*chain(*turned)] == made[::-1]


def test_pages_of_recipients_hold_each_once_in_order(
    sender: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CAMPAIGNS_AT_A_TIME", 2)
    for first in (1000, 3000, 5000, 7000, 9000):
        hand_over(gateway, numbers(60, first=first))
    everybody = [row for page in pages(sender, RECIPIENTS) for row in page.items]
    assert len(everybody) == len({row.pk for row in everybody}) == 300
    order = [(-row.campaign_id, -int(row.mobile)) for row in everybody]
    assert order == sorted(order)


def test_a_search_of_recipients_goes_on_to_older_campaigns(
    sender: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CAMPAIGNS_AT_A_TIME", 2)
    hand_over(gateway, ["9841234567"], text="The one that is looked for.")
    for _number in range(4):
        hand_over(gateway, numbers(1))
    shown = sender.get(RECIPIENTS, {"q": "looked for"}, follow=True)
    assert "Nobody in the latest campaigns" in words(shown)
    assert "Search older campaigns" in words(shown)
    assert "0 found so far." in words(shown)
    found = [row for page in pages(sender, RECIPIENTS, q="looked for") for row in page.items]
    assert [row.mobile for row in found] == ["9841234567"]


def test_recipients_in_a_rare_state_are_found_at_once(
    sender: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CAMPAIGNS_AT_A_TIME", 2)
    hand_over(gateway, ["9800000023"])
    send_all(gateway)
    for _number in range(4):
        hand_over(gateway, numbers(1))
    assert mobiles(sender, state="unconfirmed") == ["9800000023"]


@pytest.mark.parametrize("address", [CAMPAIGNS, RECIPIENTS])
@pytest.mark.parametrize(
    "params",
    [
        {"state": "x"},
        {"operator": "x"},
        {"sender": "x"},
        {"sender": "999"},
        {"since": "yesterday"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "2026-11-22", "until": "2026-11-21"},
        {"page": "x"},
        {"page": "WyJhZnRlciIsMV0"},
        {"back_from": "x"},
        {"back_from": "9" * 30},
        {"q": "\x00"},
        {"q": "a" * 201},
        {"q": "%_\\'\""},
        {"q": "9" * 60},
        {"q": "+977"},
    ],
)
def test_odd_filters_of_the_history_do_no_harm(
    address: str, params: dict[str, str], sender: Browser, sent: Callable[..., Campaign]
) -> None:
    sent()
    assert sender.get(address, params, follow=True).status_code == 200


@pytest.mark.parametrize("address", [CAMPAIGNS, RECIPIENTS])
def test_a_message_that_waits_is_not_said_to_be_sent(
    address: str, sender: Browser, gateway: Gateway
) -> None:
    at = datetime(timezone.localdate().year + 1, 1, 5, 7, 30, tzinfo=NEPAL)
    campaign = hand_over(gateway, ["9841234567"], at=at)
    planned = f"Scheduled for 5 Jan {at.year}, 07:30"
    assert planned in words(sender.get(address))
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.CANCELLED)
    assert planned in words(sender.get(address))
    Campaign.objects.filter(pk=campaign.pk).update(state="done", accepted=1, pending=0, cancelled=0)
    assert "Scheduled for" not in words(sender.get(address))


@pytest.mark.parametrize("address", [CAMPAIGNS, RECIPIENTS])
def test_with_a_wrong_filter_of_the_history_nothing_is_listed(
    address: str, sender: Browser, sent: Callable[..., Campaign]
) -> None:
    """Above the list as well, which is all that a search without a new page replaces."""
    sent()
    found = re.compile(r'<p id="found".*?</p>', re.DOTALL)
    for params, sentence in (
        ({"since": "2026-11-22", "until": "2026-11-21"}, "To: This day is before the day in"),
        ({"since": "yesterday"}, "From: Enter a day"),
        ({"until": "2083-13-01"}, "To: There is no such day."),
        ({"state": "x"}, "State: Select a valid choice."),
    ):
        page = sender.get(address, params, follow=True)
        above = found.search(source(page))
        assert above is not None
        assert sentence in " ".join(unescape(strip_tags(above[0])).split())
        assert words(page).count(sentence.partition(": ")[2]) == 2  # and beside the field
        assert "There is a problem with a filter" in words(page)
        assert page.context["page"].items == []


@pytest.mark.parametrize("address", [CAMPAIGNS, RECIPIENTS])
@pytest.mark.parametrize("params", [{}, {"q": "school"}, {"q": "98410"}, {"state": "queued"}])
def test_queries_of_the_history_do_not_grow_with_messages(
    address: str, params: dict[str, str], sender: Browser, sent: Callable[..., Campaign]
) -> None:
    counted = []
    at = searched(sender, address, **params)
    for _more in range(2):
        sent(*numbers(20), by=UserFactory.create())
        with CaptureQueriesContext(connection) as queries:
            sender.get(at)
        counted.append(len(queries))
    assert counted[1] == counted[0] <= 14
    # The menu counts what is undecided, in an index of just that.
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert all('"unconfirmed" > 0' in sql for sql in counts)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="speaks SQLite")
def test_numbers_are_found_in_an_index(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, numbers(1))
    batch = Batch.objects.get()
    Recipient.objects.bulk_create(
        Recipient(campaign=campaign, batch=batch, mobile=f"98412{number:05d}", operator="ntc")
        for number in range(2000)
    )
    for words_ in ("9841200042", "98412"):
        found = history.recipients(history.Wanted(words=words_)).page
        assert len(found.items) == (1 if len(words_) == 10 else 50)
        with CaptureQueriesContext(connection) as queries:
            history.recipients(history.Wanted(words=words_))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "recipient_by_mobile" in plan
        assert "TEMP B-TREE" not in plan


def test_the_addresses_of_the_history_stay(gateway: Gateway) -> None:
    assert reverse("messaging:history") == CAMPAIGNS
    assert reverse("messaging:history_recipients") == RECIPIENTS
