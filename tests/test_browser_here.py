"""In a real browser: signed out while writing, warned before it, asked who it is."""

import re
import time
from collections.abc import Iterator

import pytest
from django.contrib.auth import models
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect
from pytest_django import Settings, live_server_helper

from contacts.models import Group
from messaging.models import Gateway
from sociair_portal.roles import MANAGER
from tests.consoles import no_complaints
from tests.factories import UserFactory
from tests.sending import hand_over, numbers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "monsoon-and-marigold-7"


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    # That somebody was signed out is said by a status, which the console repeats.
    with no_complaints(page, but="401") as heard:
        yield heard


@pytest.fixture
def writing(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, complaints: list[str]
) -> Page:
    """Anita has typed the name of a new group; the page's clock is in our hands."""
    user = UserFactory.create(username="anita")
    user.groups.add(models.Group.objects.get(name=MANAGER))
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{live_server.url}/account/sign-in/")
    _sign_in(page)
    page.clock.install()
    page.goto(f"{live_server.url}/groups/new/")
    page.get_by_label("Name").fill("Class 8 guardians")
    return page


def _sign_in(page: Page) -> None:
    page.get_by_label("Name or e-mail").fill("anita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_what_is_typed_survives_being_signed_out(writing: Page) -> None:
    Session.objects.all().delete()
    writing.clock.fast_forward(90_000)
    writing.get_by_role("button", name="Create group").click()

    expect(writing.get_by_text("What you typed is still here")).to_be_visible()
    _sign_in(writing)
    expect(writing.get_by_role("heading", name="Class 8 guardians")).to_be_visible()
    assert Group.objects.get().name == "Class 8 guardians"


def test_somebody_else_does_not_send_what_she_typed(writing: Page) -> None:
    other = UserFactory.create(username="hari", role=MANAGER)
    other.set_password(PASSWORD)
    other.save()
    Session.objects.all().delete()
    writing.clock.fast_forward(90_000)
    writing.get_by_role("button", name="Create group").click()
    writing.get_by_label("Name or e-mail").fill("hari")
    writing.get_by_label("Password").fill(PASSWORD)
    writing.get_by_role("button", name="Sign in", exact=True).click()

    expect(writing.get_by_role("heading", name="Someone else is signed in")).to_be_visible()
    assert not Group.objects.exists()


def test_a_warning_comes_two_minutes_before_and_she_can_stay(
    writing: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time() + 28.5 * 60
    monkeypatch.setattr("sociair_portal.accounts.idle.time.time", lambda: now)
    writing.clock.fast_forward(28 * 60_000 + 5_000)
    expect(writing.get_by_role("heading", name="Are you still there?")).to_be_visible()
    expect(writing.get_by_role("timer")).to_have_text(re.compile(r"1:[0-3]\d"))
    writing.get_by_role("button", name="Stay signed in").click()

    expect(writing.get_by_role("dialog")).to_be_hidden()
    assert writing.get_by_label("Name").input_value() == "Class 8 guardians"


def test_who_does_nothing_signs_in_on_the_page(
    writing: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time() + 31 * 60
    monkeypatch.setattr("sociair_portal.accounts.idle.time.time", lambda: now)
    writing.clock.fast_forward(28 * 60_000 + 5_000)
    expect(writing.get_by_text("What you typed is still here")).to_be_visible()
    _sign_in(writing)
    expect(writing.get_by_role("dialog")).to_be_hidden()
    writing.get_by_role("button", name="Create group").click()
    expect(writing.get_by_role("heading", name="Class 8 guardians")).to_be_visible()


def test_money_asks_on_the_page_who_it_is(
    writing: Page, settings: Settings, live_server: live_server_helper.LiveServer
) -> None:
    settings.SANDBOX = False
    settings.SECOND_STEP = "nobody"
    colleague = UserFactory.create(username="sita", role="Sender")
    writing.goto(f"{live_server.url}/colleagues/{colleague.pk}/")
    writing.get_by_role("button", name="Close account").click()
    expect(writing.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    writing.get_by_label("Your password").fill(PASSWORD)
    writing.get_by_role("button", name="Confirm").click()
    expect(writing.get_by_text("is closed")).to_be_visible()
    colleague.refresh_from_db()
    assert not colleague.is_active


@pytest.fixture
def watching(
    writing: Page, gateway: Gateway, live_server: live_server_helper.LiveServer
) -> tuple[Page, list[str]]:
    """Anita looks at a message that is being sent; and what her page has asked for meanwhile."""
    campaign = hand_over(gateway, numbers(2), by=models.User.objects.get(username="anita"))
    asked: list[str] = []
    writing.on("request", lambda request: asked.append(request.url))
    writing.goto(f"{live_server.url}{campaign.get_absolute_url()}")
    return writing, asked


def _news(page: Page, asked: list[str]) -> int:
    """How often the page asks for news within a minute."""
    asked.clear()
    for _second in range(60):
        page.clock.run_for(1000)
    page.wait_for_load_state("networkidle")
    return len([url for url in asked if "/progress/" in url])


def test_a_page_of_who_is_signed_out_asks_for_no_news_until_she_is_back(
    watching: tuple[Page, list[str]],
) -> None:
    page, asked = watching
    assert _news(page, asked) > 1
    Session.objects.all().delete()
    assert _news(page, asked) == 1
    expect(page.get_by_text("What you typed is still here")).to_be_visible()
    assert _news(page, asked) == 0

    _sign_in(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert _news(page, asked) > 1


def test_who_closes_the_question_is_told_that_the_page_stands_still(
    watching: tuple[Page, list[str]],
) -> None:
    page, asked = watching
    Session.objects.all().delete()
    _news(page, asked)
    page.keyboard.press("Escape")
    expect(page.get_by_text("This page may be out of date")).to_be_visible()
    assert _news(page, asked) == 0

    page.get_by_role("button", name="Sign in again").click()
    _sign_in(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_text("This page may be out of date")).to_be_hidden()
    assert _news(page, asked) > 1


def test_a_page_knows_at_once_that_she_has_signed_out_in_another_window(
    writing: Page, live_server: live_server_helper.LiveServer
) -> None:
    other = writing.context.new_page()
    other.goto(f"{live_server.url}/")
    other.locator(".user-menu summary").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_label("Password")).to_be_visible()

    expect(writing.get_by_text("What you typed is still here")).to_be_visible()
    writing.keyboard.press("Escape")
    expect(writing.get_by_text("This page may be out of date")).to_be_visible()


def test_a_page_that_comes_to_the_front_after_a_minute_looks_who_is_there(writing: Page) -> None:
    asked: list[str] = []
    writing.on("request", lambda request: asked.append(request.url))
    to_the_front = "document.dispatchEvent(new Event('visibilitychange'))"
    Session.objects.all().delete()
    writing.evaluate(to_the_front)
    writing.wait_for_timeout(500)
    assert asked == []  # it has come just now

    writing.clock.fast_forward(61_000)
    writing.evaluate(to_the_front)
    expect(writing.get_by_text("What you typed is still here")).to_be_visible()
