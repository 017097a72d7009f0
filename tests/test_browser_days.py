"""In a real browser: a day of Bikram Sambat is picked by keyboard."""

from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import models
from playwright.sync_api import Page, expect
from pytest_django import live_server_helper

from messaging.models import Gateway
from sociair_portal.accounts.models import Preferences
from sociair_portal.common import calendars
from sociair_portal.common.calendars import Calendar
from sociair_portal.roles import MANAGER
from tests.consoles import no_complaints
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "monsoon-and-marigold-7"


@pytest.fixture
def history(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, gateway: Gateway
) -> Iterator[Page]:
    """The history of somebody who counts by Bikram Sambat."""
    user = UserFactory.create(username="anita")
    user.groups.add(models.Group.objects.get(name=MANAGER))
    user.set_password(PASSWORD)
    user.save()
    Preferences.objects.create(user=user, calendar=Calendar.BIKRAM_SAMBAT)
    with no_complaints(page):
        page.goto(f"{live_server.url}/account/sign-in/")
        page.get_by_label("Name or e-mail").fill("anita")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(f"{live_server.url}/history/?since=2083-05-12")
        yield page


def test_a_day_is_picked_by_keyboard(history: Page) -> None:
    field = history.get_by_label("From", exact=True)
    opens = history.get_by_role("button", name="Pick a day: From")
    opens.focus()
    history.keyboard.press("Enter")
    picker = history.get_by_role("dialog", name="Bhadra 2083")
    expect(picker.get_by_role("gridcell", selected=True)).to_have_text("12")
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "End", "PageDown", "ArrowLeft"):
        history.keyboard.press(key)  # Friday the 12th, Saturday the 13th, a month on, a day back
    picker = history.get_by_role("dialog", name="Ashwin 2083")
    expect(picker.get_by_text("12 Ashwin 2083 (28 Sep 2026)", exact=True)).to_be_visible()
    assert not Axe().run(history).response["violations"]

    history.keyboard.press("Escape")
    expect(opens).to_be_focused()
    expect(field).to_have_value("2083-05-12")

    history.keyboard.press("Enter")
    for key in ("Home", "PageUp", "Enter"):  # Sunday the 7th
        history.keyboard.press(key)
    expect(field).to_have_value("2083-04-07")
    expect(field).to_be_focused()
    history.wait_for_url("**since=2083-04-07**")


def test_the_last_known_day_is_the_last_that_can_be_picked(history: Page) -> None:
    field = history.get_by_label("From", exact=True)
    field.fill("2083-12-30")
    history.set_viewport_size({"width": 390, "height": 844})
    history.get_by_role("button", name="Pick a day: From").click()
    for key in ("ArrowRight", "PageDown"):
        history.keyboard.press(key)
    shown = calendars.bikram_sambat(date(2027, 4, 13))
    expect(history.get_by_text(f"{shown} (13 Apr 2027)", exact=True)).to_be_visible()
    assert history.evaluate("document.documentElement.scrollWidth <= innerWidth")
