"""The records in the admin: found, read, never changed; the balance on the front page."""

import html
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from messaging.admin import lists
from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    Event,
    Gateway,
    HoldKind,
    HoldReason,
    LeftOut,
    Machine,
    Recipient,
    SentMessage,
)
from messaging.services.gateway import holds
from messaging.services.money import balance
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.pages import source, words
from tests.sending import hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

RECORDS = [
    BalanceReading, Batch, Campaign, Event, Gateway, LeftOut, Machine, Recipient, SentMessage,
]  # fmt: skip
names = pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)


def url(model: Any, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:messaging_{model._meta.model_name}_{page}", args=args)


def found(browser: Client, model: Any, **params: str) -> list[Any]:
    response = browser.get(url(model), params, follow=True)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


@pytest.fixture
def sent(gateway: Gateway) -> Campaign:
    """One campaign with a row of every kind."""
    balance.read_balance(gateway)
    campaign = hand_over(gateway, ["9841234567", "9801234567", "12"], text="Fees are due.")
    send_all(gateway)
    return campaign


@names
def test_the_admin_lists_and_shows_every_record(
    model: Any, manager: Browser, sent: Campaign
) -> None:
    rows = found(manager, model)
    assert rows
    shown = manager.get(url(model, "change", rows[0].pk))
    assert shown.status_code == 200
    form = source(shown).partition('id="content-main"')[2]
    assert "<select" not in form
    assert 'type="text"' not in form
    assert "_save" not in form


@names
def test_no_record_can_be_changed_in_the_admin(model: Any, sent: Campaign) -> None:
    browser = Client()
    browser.force_login(UserFactory.create(is_superuser=True, is_staff=True))
    row = model.objects.first()
    assert browser.get(url(model, "add")).status_code == 403
    assert browser.post(url(model, "add"), {}).status_code == 403
    assert browser.post(url(model, "change", row.pk), {}).status_code == 403
    assert browser.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    browser.post(url(model), data)
    assert model.objects.filter(pk=row.pk).exists()


@names
def test_records_in_the_admin_are_for_managers_only(
    model: Any, sender: Browser, sent: Campaign
) -> None:
    assert sender.get(url(model), follow=True).status_code == 403


@pytest.mark.parametrize("model", [Campaign, Batch, SentMessage, Recipient])
@pytest.mark.parametrize("number", ["9841234567", "+977 984-1234567", "०९८४१२३४५६७", "98412"])
def test_records_in_the_admin_are_found_by_number(
    model: Any, number: str, manager: Browser, sent: Campaign
) -> None:
    assert len(found(manager, model, q=number)) == 1
    assert found(manager, model, q="9851111111") == []


@pytest.mark.parametrize(
    ("model", "text"),
    [(Campaign, "fees"), (Batch, "fees"), (SentMessage, "success"), (LeftOut, "too short")],
)
def test_records_in_the_admin_are_found_by_words(
    model: Any, text: str, manager: Browser, sent: Campaign
) -> None:
    assert len(found(manager, model, q=text)) == 1
    assert found(manager, model, q="something else") == []


def test_records_in_the_admin_are_filtered_by_state_and_date(
    manager: Browser, sent: Campaign
) -> None:
    assert len(found(manager, Recipient, state__exact="accepted")) == 2
    assert found(manager, Recipient, state__exact="refused") == []
    assert len(found(manager, Recipient, operator__exact="ncell")) == 1
    today = timezone.localdate()
    for days in (f"{today}", f"{today:%Y-%m}", f"{today:%Y}", "7"):
        assert found(manager, Campaign, day=days) == [sent]
        assert len(found(manager, SentMessage, day=days)) == sent.batches.count()
        assert len(found(manager, Recipient, day=days)) == 2
    for model in (Campaign, SentMessage, Recipient, Batch, Event, LeftOut, BalanceReading):
        assert found(manager, model, day="1999-01") == []
    # No days: nothing is chosen.
    for none in ("1999-99", "9999", "9999-12", "9999-12-31", "99999999999", "2026-99999999999"):
        assert found(manager, Campaign, day=none) == [sent], none


@names
def test_queries_of_admin_lists_do_not_grow_with_records(
    model: Any, manager: Browser, sent: Campaign, gateway: Gateway
) -> None:
    counted = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as queries:
            found(manager, model)
        counted.append(len(queries))
        hand_over(gateway, [*numbers(5), "1", "2"], by=UserFactory.create())
        send_all(gateway)
    assert counted[0] == counted[1]


def test_the_answer_as_it_came_is_in_the_admin_for_those_who_settle(
    manager: Browser, sent: Campaign
) -> None:
    SentMessage.objects.update(raw="as it came")
    page = url(SentMessage, "change", SentMessage.objects.latest("pk").pk)
    assert "as it came" in words(manager.get(page))
    SentMessage.objects.update(raw="", withheld=12)
    assert "The answer repeated a secret" in html.unescape(words(manager.get(page)))

    other = Client()
    other.force_login(UserFactory.create(is_staff=True))
    reader = Permission.objects.get(codename="view_sentmessage")
    User.objects.get(pk=other.session["_auth_user_id"]).user_permissions.add(reader)
    SentMessage.objects.update(raw="as it came", withheld=None)
    shown = other.get(page)
    assert shown.status_code == 200
    assert "raw answer" not in words(shown).lower()
    assert "as it came" not in source(shown)


def test_nobody_finds_out_by_asking_what_an_answer_has_in_it(
    manager: Browser, sent: Campaign
) -> None:
    for condition in ("raw__contains", "raw"):
        assert manager.get(url(SentMessage), {condition: "s"}).status_code == 400


def test_no_table_is_counted_to_its_end(
    manager: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST", 60)
    hand_over(gateway, numbers(70))
    response = manager.get(url(Recipient))
    assert response.context["cl"].result_count == 60
    assert len(found(manager, Recipient, p="2")) == 10


def test_every_record_is_in_the_admin() -> None:
    assert {model for model in admin.site._registry if model._meta.app_label == "messaging"} >= {
        *RECORDS
    }


def test_the_balance_is_on_the_front_page(manager: Browser, gateway: Gateway) -> None:
    index = reverse("admin:index")
    assert "The balance has not been read yet." in words(manager.get(index))
    balance.read_balance(gateway)
    said = words(manager.get(index))
    assert "Rs 10,000.00 · NTC Rs 0.80 · Ncell Rs 0.80 · Smart Cell Rs 0.80 · read" in said
    holds.hold(gateway, HoldKind.PERSON, HoldReason.MISCONFIGURED, words="Forbidden")
    said = words(manager.get(index))
    assert "Sociair does not allow the portal's requests." in said
    assert "Sociair said: “Forbidden”." in said


def test_amounts_and_days_are_written_as_elsewhere(manager: Browser, gateway: Gateway) -> None:
    """Not as Django writes them: 36.8000, Nov. 27, 2026, 5:25 p.m."""
    reading = BalanceReading.objects.create(
        gateway=gateway,
        read_at=datetime(2026, 11, 27, 11, 40, tzinfo=UTC),
        **dict.fromkeys(("balance", "ntc_rate", "ncell_rate", "smartcell_rate"), Decimal("36.8")),
    )
    for url in ("balancereading/", f"balancereading/{reading.pk}/change/"):
        page = manager.get(f"/admin/messaging/{url}").text
        assert "Rs\u00a036.80" in page
        assert "27 Nov 2026, 17:25" in page
        assert "36.8000" not in page
        assert "p.m." not in page


@pytest.mark.parametrize(
    ("lookup", "answer"),
    [
        ("gateway__id__exact=1", 200),
        ("state__exact=done", 200),
        ("day=2026", 200),
        # Nobody's number is guessed digit by digit through other tables.
        ("gateway__campaigns__recipients__mobile__startswith=98", 400),
        ("gateway__base_url__contains=s", 400),
        ("text__startswith=S", 400),
    ],
)
def test_a_list_is_filtered_by_what_it_offers_alone(
    manager: Browser, lookup: str, answer: int
) -> None:
    assert manager.get(f"/admin/messaging/campaign/?{lookup}").status_code == answer


def test_a_campaign_is_read_without_what_is_for_the_portal_alone(
    manager: Browser, gateway: Gateway
) -> None:
    campaign = hand_over(gateway, ["9841234567"])
    page = words(manager.get(f"/admin/messaging/campaign/{campaign.pk}/change/"))
    assert "ntc: 0.8" in page  # the rates, as people write them
    for word in ("{", str(campaign.form_uuid), campaign.fingerprint, "Version", "Who was frozen"):
        assert word not in page
    batch = campaign.batches.get()
    page = words(manager.get(f"/admin/messaging/batch/{batch.pk}/change/"))
    assert "key" not in page.lower()
