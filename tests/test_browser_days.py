"""In a real browser: a day of Bikram Sambat is picked by keyboard."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import live_server_helper

from contacts.models import Contact, ContactField
from messaging.models import Gateway
from sociair_portal.common import calendars
from tests.browser_people import sign_in_by_bikram_sambat
from tests.consoles import no_complaints
from tests.factories import ContactFactory
from tests.sending import hand_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def history(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, gateway: Gateway
) -> Iterator[Page]:
    """The history of somebody who counts by Bikram Sambat."""
    with no_complaints(page):
        sign_in_by_bikram_sambat(page, live_server.url)
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


def test_the_calendar_has_the_digits_of_whoever_looks(
    history: Page, live_server: live_server_helper.LiveServer
) -> None:
    history.locator(".user-menu summary").click()
    history.locator("form[action*=language] button").click()
    expect(history.locator("html")).to_have_attribute("lang", "ne")
    history.goto(f"{live_server.url}/account/preferences/")
    history.locator("#id_devanagari_digits").check()
    history.locator("main button[type=submit]").click()
    history.wait_for_url(lambda address: "preferences" not in address)
    history.goto(f"{live_server.url}/history/?since=2083-05-12")
    history.locator("#id_since + .pick-day").click()
    picker = history.get_by_role("dialog", name="भदौ २०८३")
    expect(picker.get_by_role("gridcell", selected=True)).to_have_text("१२")
    expect(picker.locator(".day-picker-both")).to_contain_text("१२ भदौ २०८३ (२८")
    year = history.locator("#day-picker-year")
    year.focus()
    year.select_option("2082")
    expect(year).to_be_focused()
    expect(year.locator("option:checked")).to_have_text("२०८२")
    picker = history.get_by_role("dialog", name="भदौ २०८२")
    picker.get_by_text("१३", exact=True).click()
    expect(history.locator("#id_since")).to_have_value("2082-05-13")


@pytest.fixture
def contact_form(history: Page, live_server: live_server_helper.LiveServer) -> Page:
    """The form of a new contact, with a field for a day."""
    ContactField.objects.create(name="Born", key="born", kind="date")
    history.goto(f"{live_server.url}/contacts/new/")
    history.get_by_label("Name").fill("Sita")
    history.get_by_label("Mobile number").fill("9841000001")
    return history


def test_a_day_of_a_contact_is_asked_about_and_picked(contact_form: Page) -> None:
    page = contact_form
    born = page.get_by_label("Born (optional)", exact=True)
    born.fill("2045-01-13")
    meant = page.get_by_label("Bikram Sambat (BS): 13 Baisakh 2045 (25 Apr 1988)")
    expect(meant).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_role("link", name="Both calendars have this year.")).to_be_visible()
    meant.check()

    page.get_by_role("button", name="Pick a day: Born").click()
    expect(page.get_by_role("dialog", name="Baisakh 2045")).to_be_visible()
    page.get_by_label("Year", exact=True).select_option("2044")
    expect(page.get_by_role("dialog", name="Baisakh 2044")).to_be_visible()
    for key in ("ArrowRight", "Enter"):
        page.locator(".day-picker [tabindex='0']").press(key)
    expect(born).to_have_value("2044-01-14")
    chosen = page.get_by_label("Bikram Sambat (BS): 14 Baisakh 2044 (27 Apr 1987)")
    expect(chosen).to_be_checked()  # what was picked needs no answer
    page.get_by_role("button", name="Add contact").click()
    page.wait_for_url("**/contacts/")
    assert Contact.objects.get().fields == {"born": ["1987-04-27", "2044-01-14"]}


def _count_by(page: Page, calendar: str) -> None:
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Preferences").click()
    page.get_by_label(calendar).check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(lambda address: "preferences" not in address)


def test_a_day_is_the_same_when_the_calendar_is_changed(contact_form: Page) -> None:
    page = contact_form
    born = page.get_by_label("Born (optional)", exact=True)
    born.fill("2045-01-13")
    page.get_by_label("Bikram Sambat (BS): 13 Baisakh 2045 (25 Apr 1988)").check()
    _count_by(page, "Gregorian")
    expect(page.get_by_label("Name")).to_have_value("Sita")
    expect(born).to_have_value("1988-04-25")
    expect(page.get_by_text("25 Apr 1988 (13 Baisakh 2045)", exact=True)).to_be_visible()
    born.fill("2012-04-25")
    expect(page.get_by_text("25 Apr 2012 (13 Baisakh 2069)", exact=True)).to_be_visible()
    _count_by(page, "Bikram Sambat")
    expect(born).to_have_value("2012-04-25")
    meant = page.get_by_label("Gregorian (AD): 13 Baisakh 2069 (25 Apr 2012)")
    expect(meant).to_be_checked()


def test_a_day_that_is_not_known_is_said_and_kept_for_the_other_calendar(
    contact_form: Page,
) -> None:
    page = contact_form
    born = page.get_by_label("Born (optional)", exact=True)
    born.fill("2045-01-13")  # of two days, none was ticked
    expect(page.get_by_text("Which day is it?")).to_be_visible()
    _count_by(page, "Gregorian")
    expect(born).to_have_value("")
    said = page.get_by_text("You typed “2045-01-13” here. Enter the day again.")
    expect(said).to_be_visible()
    assert not Axe().run(page).response["violations"]
    _count_by(page, "Bikram Sambat")
    expect(born).to_have_value("2045-01-13")
    expect(said).to_have_count(0)
    _count_by(page, "Gregorian")
    born.fill("1988-04-25")
    expect(said).to_have_count(0)


def test_which_day_was_meant_is_not_asked_again_in_the_other_language(contact_form: Page) -> None:
    page = contact_form
    page.get_by_label("Born (optional)", exact=True).fill("2045-01-13")
    page.get_by_label("Bikram Sambat (BS): 13 Baisakh 2045 (25 Apr 1988)").check()
    page.locator(".user-menu summary").click()
    page.locator("form[action*=language] button").click()
    expect(page.locator("html")).to_have_attribute("lang", "ne")
    expect(page.locator(".day-reading [type=radio][value='1988-04-25']")).to_be_checked()


def test_a_time_is_the_same_when_the_calendar_is_changed(
    history: Page, live_server: live_server_helper.LiveServer, gateway: Gateway
) -> None:
    planned = datetime(2026, 12, 20, 10, tzinfo=UTC)
    campaign = hand_over(gateway, ["9841234567"], at=planned)
    history.goto(f"{live_server.url}/campaigns/{campaign.pk}/move/")
    at = history.locator("#id_at")
    at.fill("२०८३-०९-१७ ११:००")
    _count_by(history, "Gregorian")
    expect(at).to_have_value("2027-01-01T11:00")
    at.fill("2027-01-02T12:00")
    _count_by(history, "Bikram Sambat")
    expect(at).to_have_value("2027-01-02T12:00")
    at.fill("17 Poush 2083")
    _count_by(history, "Gregorian")
    expect(at).to_have_value("2026-12-20T15:45")
    expect(history.get_by_text("You typed “17 Poush 2083” here.")).to_be_visible()


def test_the_filter_gets_a_calendar_for_a_field_of_days(
    history: Page, live_server: live_server_helper.LiveServer
) -> None:
    ContactField.objects.create(name="Born", key="born", kind="date")
    for name, day in (("Asha", "1987-01-01"), ("Bina", "2001-01-01")):
        ContactFactory.create(name=name, fields={"born": [day, day]})
    history.goto(f"{live_server.url}/contacts/")
    history.get_by_text("More filters and sorting").click()
    history.get_by_label("Field", exact=True).select_option("born")
    expect(history.get_by_role("button", name="Pick a day: Value")).to_be_visible()
    history.get_by_label("Condition").select_option("less")
    value = history.get_by_label("Value", exact=True)
    value.fill("2045-01-13")
    history.get_by_label("Bikram Sambat (BS): 13 Baisakh 2045 (25 Apr 1988)").check()
    expect(history.get_by_role("link", name="Bina")).to_have_count(0)
    expect(history.get_by_role("link", name="Asha")).to_be_visible()
    history.get_by_label("Condition").select_option("has")
    expect(history.get_by_role("button", name="Pick a day: Value")).to_have_count(0)
