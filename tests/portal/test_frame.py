"""What is around every page: the ribbon, the balance, the menu, what holds the gateway, errors."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from messaging.models import BalanceReading, Gateway, HoldKind, HoldReason
from messaging.services.gateway import holds
from sociair_portal import views
from tests.conftest import Browser
from tests.factories import UserFactory
from tests.queries import FRAME

PAGE = "/account/password/"
TEMPLATES = Path(project.BASE_DIR) / "templates"


@pytest.fixture
def running(db: None) -> Gateway:
    """A gateway whose worker has just looked in."""
    gateway = holds.current_gateway()
    gateway.swept_at = timezone.now()
    gateway.save()
    return gateway


def read(gateway: Gateway, balance: str) -> None:
    rates = dict.fromkeys(("ntc_rate", "ncell_rate", "smartcell_rate"), Decimal("0.80"))
    BalanceReading.objects.create(gateway=gateway, balance=Decimal(balance), **rates)


def test_every_page_has_ribbon_balance_and_menu(sender: Browser, running: Gateway) -> None:
    read(running, "123456.8")
    page = sender.get(PAGE).text
    assert page.count("<h1>") == 1
    assert "Sandbox: nothing is really sent" in page
    assert "Rs\u00a01,23,456.80" in page
    assert sender.user.username in page
    for name in ("messaging:compose", "contacts:list", "contacts:groups", "contacts:optouts"):
        assert f'href="{reverse(name)}"' in page
    assert f'<form method="post" action="{reverse("account_logout")}">' in page
    assert 'class="notice"' not in page


def test_the_frame_takes_few_queries(
    sender: Browser, running: Gateway, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(FRAME):
        sender.get(PAGE)


def test_the_real_thing_has_no_ribbon(sender: Browser, settings: Settings) -> None:
    settings.SANDBOX = False
    assert "Sandbox" not in sender.get(PAGE).text


@pytest.mark.parametrize(
    ("balance", "words", "amber"),
    [
        ("500", "Rs\u00a0500.00", False),
        ("499.99", "Rs\u00a0499.99", True),
        ("0", "Rs\u00a00.00", True),
        (None, "Balance not known", False),
    ],
)
def test_the_balance_in_the_bar_warns_when_low(
    sender: Browser, running: Gateway, balance: str | None, words: str, amber: bool
) -> None:
    if balance is not None:
        read(running, balance)
    page = sender.get(PAGE).text
    assert words in page
    assert ("pill-amber" in page) == amber


def test_the_page_one_is_on_is_marked_in_the_menu(sender: Browser) -> None:
    page = sender.get("/contacts/").text
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/contacts/"]
    page = sender.get("/groups/new/").text
    assert re.findall(r'href="([^"]+)" aria-current="true"', page) == ["/groups/"]


def test_only_managers_see_the_admin(sender: Browser, manager: Browser) -> None:
    assert f'href="{reverse("admin:index")}"' not in sender.get(PAGE).text
    assert f'href="{reverse("admin:index")}"' in manager.get(PAGE).text


def test_one_without_a_role_has_a_short_menu(client: Client, db: None) -> None:
    client.force_login(UserFactory.create())
    menu = re.findall(r'class="menu-item" href="([^"]+)"', client.get(PAGE).text)
    assert menu == ["/"]


def test_a_hold_is_said_on_every_page(sender: Browser, manager: Browser, running: Gateway) -> None:
    holds.hold(running, HoldKind.PERSON, HoldReason.CERTIFICATE, words="<expired>")
    for browser in (sender, manager):
        page = browser.get(PAGE).text
        assert "security certificate is not trusted. Nothing was sent." in page
        assert "Sociair said: “&lt;expired&gt;”." in page
        assert "then start sending again." in page
        assert "<summary>What to do" in page
        assert "On hold since" in page
    release = f'action="{reverse("messaging:release")}"'
    assert release in manager.get(PAGE).text
    assert release not in sender.get(PAGE).text


def test_a_hold_for_a_while_says_until_when_and_has_no_button(
    manager: Browser, running: Gateway
) -> None:
    until = timezone.now() + timedelta(minutes=5)
    holds.hold(running, HoldKind.TIMED, HoldReason.THROTTLED, until=until)
    page = manager.get(PAGE).text
    assert "asked the portal to slow down" in page
    assert ", until " in page
    assert reverse("messaging:release") not in page
    # Nobody has to do anything, so nothing has to be opened.
    assert "Sending resumes automatically." in page
    assert "<summary>What to do" not in page


def test_a_hold_that_is_over_is_not_said(sender: Browser, running: Gateway) -> None:
    over = timezone.now() - timedelta(seconds=1)
    holds.hold(running, HoldKind.TIMED, HoldReason.THROTTLED, until=over)
    assert 'id="hold"' not in sender.get(PAGE).text


@pytest.mark.parametrize(("minutes", "silent"), [(2, False), (4, True), (None, True)])
def test_a_worker_that_is_not_there_is_said(
    sender: Browser, running: Gateway, minutes: int | None, silent: bool
) -> None:
    seen = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
    Gateway.objects.update(swept_at=seen)
    words = "Nothing is being sent: the worker is not running."
    assert (words in sender.get(PAGE).text) == silent


def test_the_page_to_sign_in_on_has_no_menu(client: Client, db: None) -> None:
    page = client.get(reverse("account_login")).text
    assert "Sandbox: nothing is really sent" in page
    assert page.count("<h1>") == 1
    for hidden in ("menu-item", "user-menu", "Balance"):
        assert hidden not in page


def test_a_missing_page_says_so(sender: Browser, client: Client) -> None:
    for browser in (sender, client):
        response = browser.get("/nowhere/")
        assert response.status_code == 404
        assert "Page not found" in response.text


def test_a_page_for_another_role_says_so(sender: Browser) -> None:
    response = sender.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "You do not have permission" in response.text


def test_a_failure_needs_nothing_of_the_frame(rf: RequestFactory) -> None:
    """No database, no user: this test has none, and a request that failed may have none."""
    response = views.server_error(rf.get("/"))
    assert response.status_code == 500
    assert b"There is a problem with the portal" in response.content
    assert b"menu-item" not in response.content


def test_a_form_that_is_too_old_says_so(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    response = browser.post(reverse("account_login"), {"login": "x"})
    assert response.status_code == 403
    assert "This page has expired" in response.text


def test_a_request_that_cannot_be_read_says_so(sender: Browser, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    response = sender.post("/contacts/", {f"field{number}": "x" for number in range(6)})
    assert response.status_code == 400
    assert "This request could not be read" in response.text


def test_pages_allow_nothing_inline(sender: Browser) -> None:
    policy = sender.get(PAGE)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_has_anything_inline(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", source)
    # Data that no browser runs may stand inline.
    assert not re.search(r'<script(?![^>]*\s(?:src=|type="application/json"))', source)


def test_health_is_for_everybody(client: Client, db: None) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_a_refusal_is_in_the_log_with_who_was_refused(
    sender: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    sender.get("/colleagues/")
    assert f"Refused to user {sender.user.pk}: GET /colleagues/" in caplog.text
