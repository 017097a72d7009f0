"""The first page: the balance and how it is refreshed, what is under way, what waits."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from messaging.models import BalanceReading, Campaign, CampaignState, Gateway, HoldKind, HoldReason
from messaging.services import sociair
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.gateway import holds
from messaging.services.money import balance
from messaging.services.storage import trouble
from sandbox.server import Sandbox
from tests.conftest import Browser, signed_in
from tests.factories import UserFactory
from tests.pages import source, words
from tests.sending import hand_over, numbers, reading, send_all
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def draft(browser: Browser, gateway: Gateway, text: str) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(numbers="9841234567"),
        gateway=gateway,
        by=browser.user,
    )


def test_the_dashboard_shows_balance_campaigns_and_drafts(
    sender: Browser, gateway: Gateway
) -> None:
    done = hand_over(gateway, numbers(2), text="It went well.")
    unclear = hand_over(gateway, ["9800000023"], text="Nobody knows.")
    send_all(gateway)
    Gateway.objects.update(swept_at=timezone.now())
    running = hand_over(gateway, numbers(3), text="It is running.")
    BalanceReading.objects.update(ncell_rate=Decimal("1.00"))
    mine = draft(sender, gateway, "Not yet sent.")
    draft(signed_in("Sender"), gateway, "Somebody else's.")
    shown = sender.get("/")
    said = words(shown)
    assert "Balance Rs 10,000.00" in said
    assert "Enough for 10,000 one-part messages at the highest rate" in said
    assert "NTC Rs 0.80 per part Ncell Rs 1.00 per part Smart Cell Rs 0.80 per part" in said
    assert "just now" in said
    assert "0 of 3 people handled" in said
    assert [*shown.context["under_way"]] == [running]
    assert [*shown.context["undecided"]] == [unclear]
    assert {*shown.context["ended"]} == {done, unclear}
    assert [*shown.context["drafts"]] == [mine]
    assert "Somebody else's." not in said
    assert "Compose" in said


def test_a_new_dashboard_leads_to_the_first_message(sender: Browser, gateway: Gateway) -> None:
    said = words(sender.get("/"))
    assert "The balance has not been read yet." in said
    assert "Nothing has been sent yet" in said
    assert "Write the first message" in said


def test_the_dashboard_without_a_role_shows_the_balance_only(
    client: Client, gateway: Gateway
) -> None:
    assert client.get("/").status_code == 302
    client.force_login(UserFactory.create())
    hand_over(gateway, numbers(1), text="For others.")
    said = words(client.get("/"))
    assert "Balance" in said
    assert "Compose" not in said
    assert "For others." not in said
    assert client.get("/under-way/").status_code == 403


def test_the_dashboard_warns_of_a_full_disk(sender: Browser, gateway: Gateway) -> None:
    assert "The disk is full" not in words(sender.get("/"))
    trouble.note(trouble.Cause.FULL)
    said = "The disk is full. Nothing can be saved. Nothing is being sent. This began on"
    assert said in words(sender.get("/"))


def test_the_dashboard_warns_of_a_low_balance(
    sender: Browser, gateway: Gateway, settings: Settings
) -> None:
    settings.LOW_BALANCE = Decimal(500)
    reading(gateway, amount="499.99")
    assert "The balance is below Rs 500.00." in words(sender.get("/"))
    reading(gateway, amount="500")
    assert "The balance is below" not in words(sender.get("/"))


@pytest.mark.parametrize(("amount", "rate", "buys"), [("-5", "0.80", 0), ("5", "0", None)])
def test_a_negative_balance_or_no_price_buys_nothing(
    amount: str, rate: str, buys: int | None, sender: Browser, gateway: Gateway
) -> None:
    reading(gateway, amount=amount)
    BalanceReading.objects.update(ntc_rate=rate, ncell_rate=rate, smartcell_rate=rate)
    assert sender.get("/").context["buys"] == buys


def test_the_dashboard_says_what_is_committed(sender: Browser, gateway: Gateway) -> None:
    reading(gateway)
    hand_over(gateway, numbers(10))
    assert "Rs 8.00 of it already committed" in words(sender.get("/"))


def test_the_dashboard_says_what_holds_the_gateway(manager: Browser, gateway: Gateway) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.UNCONFIRMED)
    said = words(manager.get("/"))
    assert "no clear answer to two requests in a row, or to three of the last ten." in said
    assert "Start sending again" in said


def refresh(browser: Client, **kwargs: Any) -> Any:
    return browser.post("/balance/", headers=HTMX, **kwargs)


def look(browser: Client, until: object) -> Any:
    return browser.get("/balance/", {"until": str(until)}, headers=HTMX)


def in_seconds(seconds: float) -> int:
    return int((timezone.now() + timedelta(seconds=seconds)).timestamp())


def test_the_balance_is_refreshed_on_the_dashboard(
    sender: Browser, gateway: Gateway, django_capture_on_commit_callbacks: OnCommit
) -> None:
    reading(gateway, amount="1")
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(minutes=5),
        read_at=timezone.now() - timedelta(minutes=5),
    )
    tasks = woken(django_capture_on_commit_callbacks, lambda: refresh(sender))
    assert tasks == ["read_balance"]
    waiting = refresh(sender)
    assert "Reading…" in words(waiting)
    assert 'hx-trigger="every 1s"' in source(waiting)
    until = int(waiting.context["wait_until"].timestamp())
    assert look(sender, until).status_code == 204
    balance.read_balance(gateway)
    answered = look(sender, until)
    assert "Balance Rs 10,000.00" in words(answered)
    assert "Reading…" not in words(answered)
    assert "hx-get" not in source(answered)
    assert source(answered).count('id="balance"') == 1  # the one in the bar changes with it


def test_a_fresh_balance_is_not_read_again(sender: Browser, gateway: Gateway) -> None:
    reading(gateway)
    assert "Reading…" not in words(refresh(sender))


def test_the_dashboard_keeps_an_old_balance_without_an_answer(
    sender: Browser, gateway: Gateway, sandbox: Sandbox
) -> None:
    reading(gateway, amount="7")
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(minutes=5),
        read_at=timezone.now() - timedelta(minutes=5),
    )
    sandbox.stop()
    with pytest.raises(sociair.BalanceUnknown):
        balance.read_balance(gateway)
    answered = look(sender, in_seconds(10))
    assert "Sociair cannot be reached. This balance is from" in words(answered)
    assert "Balance Rs 7.00" in words(answered)
    assert "Reading…" not in words(answered)
    assert "Sociair cannot be reached. This balance is from" in words(sender.get("/"))


def test_the_dashboard_stops_waiting_for_the_balance(sender: Browser, gateway: Gateway) -> None:
    late = look(sender, in_seconds(-1))
    assert "Sociair has not answered yet." in words(late)
    assert "hx-get" not in source(late)


@pytest.mark.parametrize("until", ["", "x", "9" * 30, "-1", "1.5", "nan"])
def test_an_odd_moment_to_wait_until_does_no_harm(
    until: str, sender: Browser, gateway: Gateway
) -> None:
    assert look(sender, until).status_code == 200


def test_the_balance_is_refreshed_without_javascript(sender: Browser, gateway: Gateway) -> None:
    response = sender.post("/balance/", follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "The balance is being read. Refresh this page in a moment." in words(response)
    assert sender.get("/balance/").headers["Location"] == "/"


def test_progress_is_shown_on_the_dashboard(sender: Browser, gateway: Gateway) -> None:
    hand_over(gateway, numbers(2))
    assert "0 of 2 people handled" in words(sender.get("/under-way/"))
    send_all(gateway)
    assert sender.get("/under-way/").headers["HX-Refresh"] == "true"


def test_queries_of_the_dashboard_do_not_grow_with_campaigns(
    sender: Browser,
    gateway: Gateway,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    reading(gateway)
    for number in range(12):
        campaign = hand_over(gateway, numbers(1), by=signed_in("Sender").user)
        draft(sender, gateway, f"Draft {number}")
        if number % 2:
            Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.DONE)
    with django_assert_max_num_queries(22):
        sender.get("/")
