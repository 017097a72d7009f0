"""In a real browser: days off are entered, corrected and deleted by keyboard on a phone's width."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django import live_server_helper

from messaging.models import Gateway, QuietDay
from tests.browser_people import sign_in_by_bikram_sambat
from tests.consoles import no_complaints
from tests.sending import hand_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def days_off(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, gateway: Gateway
) -> Iterator[Page]:
    """The days off of a manager who counts by Bikram Sambat and has a phone."""
    page.set_viewport_size({"width": 390, "height": 844})
    with no_complaints(page):
        sign_in_by_bikram_sambat(page, live_server.url)
        page.goto(f"{live_server.url}/days-off/")
        yield page


def press(target: Locator) -> None:
    """Go to it as the tab key would, and press Enter."""
    target.first.focus()
    target.page.keyboard.press("Enter")


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not Axe().run(page).response["violations"]


def test_days_off_are_kept_by_keyboard_on_a_phone(days_off: Page, gateway: Gateway) -> None:
    page = days_off
    expect(page.get_by_text("No days off yet")).to_be_visible()
    fits(page)

    press(page.get_by_role("link", name="New day off"))
    page.get_by_role("textbox", name="Day", exact=True).focus()
    page.keyboard.type("२०८३-०९-१०")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pick a day: Day", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    page.keyboard.type("Christmas")
    fits(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Christmas is saved.")).to_be_visible()
    expect(page.get_by_text("Friday, 10 Poush 2083 (25 Dec 2026)")).to_be_visible()

    on = timezone.localdate() + timedelta(days=40)
    at = timezone.now() + timedelta(days=40)
    hand_over(gateway, ["9841234567"], text="Exams begin.", at=at)
    press(page.get_by_role("link", name="Enter a list"))
    page.get_by_role("textbox", name="Days and their names").focus()
    page.keyboard.type(f"2083-09-10 Christmas\n{on} Holi")
    press(page.get_by_role("button", name="Save the days off"))
    problem = "Line 1, “2083-09-10 Christmas”: 10 Poush 2083 (25 Dec 2026) is already a day off"
    expect(page.get_by_role("alert")).to_contain_text(problem)
    expect(page.get_by_role("textbox", name="Days and their names")).to_have_value(
        re.compile("Christmas\n.* Holi")
    )
    fits(page)
    page.get_by_role("textbox", name="Days and their names").fill(f"{on} Holi")
    press(page.get_by_role("button", name="Save the days off"))
    expect(page.get_by_text("1 message is scheduled on a day that is now off.")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Exams begin"))).to_be_visible()
    fits(page)

    press(page.get_by_role("link", name="Christmas"))
    expect(page.get_by_role("textbox", name="Day", exact=True)).to_have_value("2083-09-10")
    page.get_by_role("textbox", name="Name", exact=True).fill("Christmas party")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Christmas party is saved.")).to_be_visible()
    press(page.get_by_role("link", name=re.compile("^Delete.*Christmas party")))
    expect(page.get_by_role("heading", name="Delete Christmas party?")).to_be_visible()
    fits(page)
    press(page.get_by_role("button", name="Delete the day off"))
    expect(page.get_by_text("Christmas party is deleted.")).to_be_visible()
    assert list(QuietDay.objects.values_list("day", "name")) == [(on, "Holi")]
    assert on != date(2026, 12, 25)
