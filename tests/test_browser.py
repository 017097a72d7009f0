"""The whole path in a real browser, as a person would walk it; keeps its screenshots.

`SCREENSHOTS` names the folder for those that the README shows (`make screenshots`).
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import models
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings, live_server_helper

from contacts.models import Contact, ContactField, Group
from messaging.models import Campaign, Gateway, PeopleCount, SentMessage
from messaging.services import templates
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import kept_counts
from messaging.services.gateway import slot_record
from messaging.services.sending import slots
from sandbox.magic import INVALID
from sandbox.server import Sandbox
from sociair_portal.common.bulk_rows import insert_rows
from sociair_portal.roles import MANAGER, SENDER
from tests.consoles import no_complaints
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.importing import xlsx_file
from tests.proof.workers import until
from tests.sending import hand_over, numbers, send_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "monsoon-and-marigold-7"
NAMES = ["Sita Rai", "राम बहादुर", "Hari Thapa", "Maya Gurung", "Bishnu KC"]
SHOWN = {f"{name}-light-1280.png" for name in ("dashboard", "compose", "review", "campaign")}
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


Look = Callable[[str], None]


@pytest.fixture
def keep(page: Page, tmp_path: Path) -> Look:
    """Where the page's look at this moment is kept, by name."""
    asked_for = os.environ.get("SCREENSHOTS")

    def kept(name: str) -> None:
        folder = Path(asked_for) if asked_for and name in SHOWN else tmp_path
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / name)

    return kept


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console objected to: scripts that fail, what the CSP forbids."""
    with no_complaints(page) as heard:
        yield heard


@pytest.fixture
def look(page: Page, keep: Look) -> Look:
    """Check the page with axe in light and dark, wide and narrow; keep how it looked."""

    def looked(name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)  # type: ignore[arg-type]  # a literal dict
                keep(f"{name}-{scheme}-{size['width']}.png")
                _check_width(page, name)
                _check_with_axe(page, f"{name}, {scheme}, {size['width']} px")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a literal dict

    return looked


def _check_width(page: Page, name: str) -> None:
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, f"{name} is {wider} px too wide"


def _check_with_axe(page: Page, where: str) -> None:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == [], where


@pytest.fixture
def signed_in(page: Page, live_server: live_server_helper.LiveServer, roles: None) -> Page:
    user = UserFactory.create(username="anita", first_name="Anita", last_name="Shrestha")
    user.groups.add(models.Group.objects.get(name=MANAGER))
    user.set_password(PASSWORD)
    user.save()
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a literal dict
    page.goto(live_server.url)
    page.get_by_label("Name or e-mail").fill("anita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    return page


@pytest.fixture
def going_back(launch_browser: Callable[..., Browser], signed_in: Page) -> Iterator[Page]:
    """Her in a browser that keeps the pages she leaves for when she comes back, as browsers do."""
    browser = launch_browser(ignore_default_args=["--disable-back-forward-cache"])
    page = browser.new_context(storage_state=signed_in.context.storage_state()).new_page()
    page.goto(signed_in.url)
    yield page
    browser.close()


def test_a_colleague_sends_her_first_message(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    people = [
        ContactFactory.create(name=name, mobile=f"984123450{place}")
        for place, name in enumerate(NAMES)
    ]
    GroupFactory.create(name="Class 8 guardians", members=people)
    page = signed_in
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)
    look("dashboard")

    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Class 8 guardians").check()
    page.get_by_label("Numbers", exact=True).fill("+977 9801234567, ०९६१२३४५६७०\n9851234567 12345")
    page.get_by_label("Message", exact=True).fill("School is closed tomorrow because of the rain.")
    expect(page.locator("#estimate-heading")).to_contain_text("8 people", timeout=20_000)
    look("compose")
    page.get_by_role("button", name="Review").click()

    send = page.get_by_role("button", name=re.compile("^Send to 8 people for Rs.6.40$"))
    expect(send).to_be_visible(timeout=20_000)
    expect(page.locator("#receipt")).to_contain_text("too short")
    look("review")
    send.click()
    expect(page.locator("#live")).to_contain_text("Done", timeout=20_000)
    look("campaign")
    assert sorted(entry.mobile for entry in sandbox.ledger()) == sorted(
        [*(person.mobile for person in people), "9801234567", "9612345670", "9851234567"]
    )

    page.get_by_role("link", name="History").first.click()
    look("history")
    expect(page.get_by_role("main")).to_contain_text("School is closed tomorrow")
    page.get_by_role("link", name="Contacts").first.click()
    look("contacts")
    page.get_by_role("link", name="Groups").first.click()
    look("groups")
    page.get_by_role("link", name="Admin").first.click()
    expect(page.get_by_role("main")).to_contain_text("Rs")
    page.get_by_role("link", name="Attempts to send").first.click()
    expect(page.get_by_role("main")).to_contain_text("Sociair accepted the messages.")
    assert SentMessage.objects.get().outcome == "accepted"


def test_she_sends_her_first_message_in_nepali(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    page.locator(".user-menu > summary").click()
    page.get_by_role("button", name="नेपाली").click()
    expect(page.locator("html")).to_have_attribute("lang", "ne")
    look("dashboard-ne")
    page.get_by_role("link", name="सन्देश लेख्नुहोस्").first.click()
    page.locator("[name=numbers]").fill("9841234567")
    page.locator("[name=text]").fill("भोलि विद्यालय बन्द छ।")
    look("compose-ne")
    page.get_by_role("button", name="जाँच गर्नुहोस्").click()
    send = page.locator("#send")
    expect(send).to_contain_text("1 जनालाई", timeout=20_000)
    expect(send).to_contain_text("रु")
    look("review-ne")
    send.click()
    expect(page.locator("#live")).to_contain_text("सकियो", timeout=20_000)
    look("campaign-ne")
    assert [entry.mobile for entry in sandbox.ledger()] == ["9841234567"]
    for path, name in (
        ("/contacts/", "contacts"),
        ("/history/", "history"),
        ("/groups/", "groups"),
    ):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        look(f"{name}-ne")


def test_a_bad_day_is_said_and_decided(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    sandbox.settings(script=["500"])
    _send(page, "9841234567", "The bus is late.")
    expect(page.locator("#live")).to_contain_text("1", timeout=20_000)
    expect(page.get_by_role("main")).to_contain_text("were not sent again", timeout=20_000)
    look("unconfirmed")

    page.get_by_role("link", name="Needs a decision").first.click()
    look("undecided")
    page.get_by_role("link", name="Decide").first.click()
    page.get_by_label("All requests of this campaign").check()
    page.get_by_label("They did not go out", exact=True).check()
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Say how you know")
    look("decide")
    page.get_by_label("How you know").fill("The guardian has received nothing.")
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing needs a decision")
    assert Campaign.objects.get().not_sent == 1


def test_a_spreadsheet_becomes_a_group_that_gets_a_message(
    sandbox: Sandbox,
    worker: None,
    signed_in: Page,
    complaints: list[str],
    look: Look,
    tmp_path: Path,
) -> None:
    page = signed_in
    path = xlsx_file(
        tmp_path / "students.xlsx",
        [
            ["नाम", "मोबाइल नं", "Fee due"],
            ["सुनिता थापा", 9841234500, 1500],
            ["Ram Karki", "+977-9801-234501", 0],
            ["Gita Rai", "01-4412345", 20],
            ["Hari Lama", "98412345O3", 20],
        ],
    )
    page.get_by_role("link", name="Contacts").first.click()
    page.get_by_role("link", name="Import", exact=True).click()
    look("import-upload")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("main")).to_contain_text("2 new, 0 changed, 0 unchanged, 2 left out.")
    look("import-preview")
    column = page.get_by_label("Fee due")
    column.focus()
    column.select_option(label="Leave out")
    column.select_option(label="New field: text")  # at once: the last word counts
    expect(page.locator("#import .htmx-request")).to_have_count(0)
    expect(column).to_have_value("new:text")
    expect(column).to_be_focused()
    page.get_by_label("Add everyone to these groups").fill("Class 9")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Import result: students.xlsx", timeout=20_000
    )
    expect(page.get_by_role("main")).to_contain_text("Did you mean 984-1234503?")
    look("import-report")

    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Class 9").check()
    page.get_by_label("Message", exact=True).fill("The exam begins at 10.")
    page.get_by_role("button", name="Review").click()
    send = page.get_by_role("button", name=re.compile("^Send to 2 people"))
    expect(send).to_be_visible(timeout=20_000)
    send.click()
    expect(page.locator("#live")).to_contain_text("Done", timeout=20_000)
    assert sorted(entry.mobile for entry in sandbox.ledger()) == ["9801234501", "9841234500"]


def test_refused_numbers_are_marked(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str]
) -> None:
    _send(signed_in, INVALID, "Hello.")
    expect(signed_in.locator("#live")).to_contain_text("Refused", timeout=20_000)
    expect(signed_in.locator("#live")).to_contain_text("Done", timeout=20_000)
    assert Campaign.objects.get().refused == 1


def test_what_was_typed_survives_an_error(
    sandbox: Sandbox, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Message", exact=True).fill("नमस्ते, भोलि बिदा छ।")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("alert").first).to_contain_text("Choose who gets it")
    expect(page.get_by_label("Message", exact=True)).to_have_value("नमस्ते, भोलि बिदा छ।")
    look("compose-error")


def _send(page: Page, numbers: str, text: str) -> None:
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Numbers", exact=True).fill(numbers)
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Review").click()
    send = page.get_by_role("button", name=re.compile("^Send to"))
    expect(send).to_be_visible(timeout=20_000)
    send.click()


def test_many_people_are_found_and_put_into_a_group(
    signed_in: Page, complaints: list[str], look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slowly, so that the page has to go on by itself."""
    monkeypatch.setattr("contacts.services.bulk_actions._AT_ONCE", 10)
    monkeypatch.setattr("contacts.views.bulk_actions._FOR", 0.0)
    for place in range(60):
        name = f"Person {place}" if place < 35 else f"Teacher {place}"
        fields = {"fee_due": place * 10}
        ContactFactory.create(name=name, mobile=f"98412345{place:02d}", fields=fields)
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number", in_list=True)
    group = GroupFactory.create(name="Class 9")
    page = signed_in
    page.get_by_role("link", name="Contacts", exact=True).first.click()
    page.get_by_label("Name or number").fill("person")
    expect(page.locator("#found")).to_contain_text("35 found.")
    page.get_by_text("More filters and sorting").click()
    page.get_by_label("Field", exact=True).select_option(label="Fee due")
    page.get_by_label("Condition").select_option(label="is at least, or on or after")
    page.get_by_label("Value").fill("१००")
    expect(page.locator("#found")).to_contain_text("25 found.")
    look("contacts")

    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV").click()
    assert len(downloading.value.path().read_text().splitlines()) == 26

    page.get_by_label("Apply to", exact=True).select_option(label="All contacts found")
    page.get_by_label("Group to add to or remove from").select_option(label="Class 9")
    page.get_by_role("button", name="Add to group").click()
    look("bulk")
    page.get_by_role("button", name="Add 25 contacts to Class 9").click()
    expect(page.get_by_text("25 contacts were added to Class 9. Members now: 25.")).to_be_visible()
    assert group.members.count() == 25
    page.goto(page.url.split("/contacts/")[0] + "/contacts/fields/")
    look("fields")


def test_a_message_is_written_from_a_template_left_and_found_again(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    people = [
        ContactFactory.create(name=name, mobile=f"984123450{place}")
        for place, name in enumerate(NAMES)
    ]
    GroupFactory.create(name="Class 8 guardians", members=people)
    templates.keep(name="Fee reminder", text="Dear {name}, fees are due.", by=None)
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)

    page.get_by_role("link", name="Compose").first.click()
    page.get_by_text("Use a template").click()
    page.get_by_role("button", name=re.compile("^Use.*Fee reminder$")).click()
    page.get_by_label("Class 8 guardians").check()
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    expect(page.locator("#estimate")).to_contain_text("As Sita Rai will see it")
    page.get_by_role("button", name="Next recipient").click()
    expect(page.locator("#estimate")).to_contain_text("As राम बहादुर will see it")
    page.get_by_label("Message", exact=True).press_sequentially(" Thanks.")
    page.get_by_role("link", name="Dashboard").first.click()  # before it could save itself

    page.get_by_role("link", name=re.compile("^Continue")).first.click()
    expect(page.get_by_label("Message", exact=True)).to_have_value(re.compile("Thanks.$"))
    expect(page.get_by_label("Class 8 guardians")).to_be_checked()
    address = page.url
    other = page.context.new_page()
    other.goto(address)
    other.get_by_label("Message", exact=True).fill("Dear {name}, from the other window.")
    expect(other.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    page.get_by_label("Message", exact=True).fill("Dear {name}, from this one.")
    expect(page.locator("#draft-line")).to_contain_text("changed in another window", timeout=20_000)
    page.get_by_role("button", name="Keep this version").click()
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    other.close()
    page.get_by_role("button", name="Review").click()
    expect(page.locator("#receipt")).to_contain_text("Dear Sita Rai, from this one.")
    assert sandbox.ledger() == []


def test_a_sender_proves_the_own_number(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    models.User.objects.get().groups.set([models.Group.objects.get(name=SENDER)])
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)
    page.locator(".user-menu").click()
    page.get_by_role("link", name="My number").click()
    look("own-number")
    page.get_by_label("Your mobile number").fill("980-1234567")
    page.get_by_role("button", name="Save").click()
    look("own-number-unproved")
    page.get_by_role("button", name="Send the code for Rs 0.80").click()
    until(lambda: [entry.mobile for entry in sandbox.ledger()] == ["9801234567"])
    look("own-number-code")
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Check the code").click()
    look("own-number-wrong")
    page.get_by_label("Code").fill(sandbox.ledger()[0].text[:6])
    page.get_by_role("button", name="Check the code").click()
    expect(
        page.get_by_text("You have proved that the number is yours. You can send tests to it now.")
    ).to_be_visible()


def test_a_table_is_tried_scheduled_moved_and_sent(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], look: Look
) -> None:
    page = signed_in
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_role("button", name="Or send to a spreadsheet list").click()
    page.get_by_label("Or paste rows").fill(
        "Student\tMobile\tMarks\nSita Rai\t9841234500\t81\nराम\t९८४१२३४५०१\t७५\nHari\t12\t50\n"
    )
    look("table")
    page.get_by_role("button", name="Use this spreadsheet").click()
    page.get_by_label("Message", exact=True).fill("{student}: {marks} marks")
    expect(page.locator("#estimate-heading")).to_contain_text("2 people", timeout=20_000)
    look("compose-table")
    page.get_by_role("button", name="Review").click()

    page.get_by_text("Send a test to my own number").click()
    page.get_by_role("link", name="Enter my number").click()
    page.get_by_label("Your mobile number").fill("+977 980-1234567")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Send a test to my own number").click()
    look("review-table")
    page.get_by_role("button", name="Send test to 980-1234567").click()
    expect(page.get_by_text("A test is on its way to 980-1234567.")).to_be_visible()
    until(lambda: [entry.mobile for entry in sandbox.ledger()] == ["9801234567"])

    noon = timezone.localtime() + timedelta(days=2)
    page.get_by_text("Send later", exact=True).click()
    page.get_by_label("Date (AD) and time in Nepal").fill(f"{noon:%Y-%m-%d}T12:00")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#live")).to_contain_text("Scheduled", timeout=20_000)
    page.get_by_role("link", name="Scheduled").first.click()
    look("schedule")
    page.get_by_role("link", name=re.compile("^Change the time")).click()
    look("move")
    page.get_by_role("button", name=re.compile("^Send now to 2 people for Rs.*$")).click()
    expect(page.locator("#live")).to_contain_text("Done", timeout=20_000)
    texts = {entry.mobile: entry.text for entry in sandbox.ledger()}
    assert texts["9841234500"] == "Sita Rai: 81 marks"
    assert texts["9841234501"] == "राम: ७५ marks"
    assert len(sandbox.ledger()) == 3
    page.get_by_role("link", name="Templates").first.click()
    look("templates")


def test_dear_characters_are_replaced_and_back_is_no_other_window(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str], settings: Settings
) -> None:
    page = signed_in
    settings.QUIET_HOURS = (0, 6)
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Numbers", exact=True).fill("9841234500")
    message = page.get_by_label("Message", exact=True)
    message.fill("“Come” on {date}")
    page.get_by_role("button", name="Use plain characters instead").click()
    expect(message).to_have_value('"Come" on {date}')
    expect(message).to_be_focused()
    page.get_by_role("button", name="Review").click()
    expect(page.locator("#receipt")).to_contain_text("Balance afterwards", timeout=20_000)

    page.go_back()
    message.fill('"Come soon" on {date}')
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    page.get_by_role("button", name="Review").click()

    # A night that is not wanted keeps its date; the message says that day.
    later = timezone.localtime() + timedelta(days=3)
    page.get_by_text("Send later", exact=True).click()
    page.get_by_label("Date (AD) and time in Nepal").fill(f"{later:%Y-%m-%d}T05:00")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#receipt")).to_contain_text(f"{later:%d %b %Y}")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#at-errors")).to_contain_text("That time is in quiet hours")
    expect(page.get_by_label("Date (AD) and time in Nepal")).to_have_value(
        f"{later:%Y-%m-%d}T05:00"
    )
    page.get_by_label("Send it even in quiet hours or on a day off").check()
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#live")).to_contain_text("Scheduled", timeout=20_000)
    assert sandbox.ledger() == []


def test_what_is_typed_before_the_scripts_are_there_is_counted_and_saved(
    sandbox: Sandbox, worker: None, signed_in: Page, complaints: list[str]
) -> None:
    page = signed_in
    expect(page.get_by_text("Rs 10,000.00").first).to_be_visible(timeout=20_000)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route(re.compile("compose.*[.]js"), hold)
    with page.expect_request(re.compile("compose.*[.]js")):
        page.get_by_role("link", name="Compose").first.click(no_wait_after=True)
    page.get_by_label("Numbers", exact=True).fill("9841234500")
    page.get_by_label("Message", exact=True).fill("Come")
    late[0].continue_()
    expect(page.locator("#estimate-heading")).to_contain_text("Rs 0.80")
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft")


def test_after_a_restore_somebody_says_what_went_out(
    gateway: Gateway,
    sandbox: Sandbox,
    signed_in: Page,
    complaints: list[str],
    look: Look,
    settings: Settings,
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 5
    sandbox.settings(script=["scam", "scam"])
    for first in (1000, 2000):
        hand_over(gateway, numbers(3, first=first), text="The bus is late.")
        send_all(gateway)
    campaign = hand_over(gateway, numbers(23), text="The health camp begins at 8.")
    slot_record.raise_to(gateway, 4)
    slots.attend(gateway)

    page = signed_in
    page.reload()
    expect(page.locator("#hold")).to_contain_text("A backup was restored")
    look("restored")
    page.get_by_role("button", name="Start sending again").click()
    expect(page.get_by_role("main")).to_contain_text("About 10 messages that went out")
    look("restored-undecided")
    page.get_by_role("link", name=re.compile("^Say what went out")).click()
    expect(page.get_by_label("How many of them may have gone out already?")).to_have_value("10")
    page.get_by_label("How many of them may have gone out already?").fill("many")
    page.get_by_role("button", name="Save decision").click()
    look("restored-doubt")
    page.get_by_label("How many of them may have gone out already?").fill("१०")
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_role("main")).to_contain_text("10 messages wait under Needs a decision")
    look("restored-campaign")
    campaign.refresh_from_db()
    assert (campaign.unconfirmed, campaign.pending) == (10, 13)
    assert sandbox.ledger() == []

    Gateway.objects.update(unknown_calls=2)  # of messages that were written after the backup
    page.get_by_role("link", name="Needs a decision").first.click()
    expect(page.get_by_role("main")).to_contain_text("2 requests to Sociair belong to no message")
    expect(page.get_by_role("main")).to_contain_text("2 finished messages did not reach everyone")
    look("restored-forgotten")
    page.get_by_role("link", name=re.compile("^Decide")).click()
    look("restored-decide")
    page.go_back()
    page.get_by_role("button", name="I have checked Sociair's list").click()
    page.get_by_label("I have checked Sociair's list").check()
    page.get_by_role("button", name="Save for all of them").click()
    expect(page.get_by_role("main")).not_to_contain_text("did not reach everyone")


def test_review_back_and_review_again_is_one_draft(
    sandbox: Sandbox, worker: None, going_back: Page
) -> None:
    page = going_back
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Numbers", exact=True).fill("9841234500")
    message = page.get_by_label("Message", exact=True)
    for text in ("Come.", "Come soon.", "Come at once."):
        message.fill(text)
        page.get_by_role("button", name="Review").click()
        expect(page.locator("#receipt")).to_contain_text(text, timeout=20_000)
        _back(page)
    assert Campaign.objects.get().text == "Come at once."

    # What was typed as the page was left is saved, and known to the page when she comes back.
    message.fill("Come at ten.")
    page.get_by_role("link", name="Dashboard").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    until(lambda: Campaign.objects.get().text == "Come at ten.")
    _back(page)
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    message.fill("Come at eleven.")
    until(lambda: Campaign.objects.get().text == "Come at eleven.")
    page.get_by_role("button", name="Review").click()
    expect(page.locator("#receipt")).to_contain_text("Come at eleven.", timeout=20_000)


def test_of_two_windows_neither_writes_over_the_other_unasked(
    sandbox: Sandbox, worker: None, going_back: Page
) -> None:
    page = going_back
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Numbers", exact=True).fill("9841234500")
    message = page.get_by_label("Message", exact=True)
    message.fill("From the one.")
    expect(page.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    other = page.context.new_page()
    other.goto(page.url)

    # The other is faster than what this one has on its way, and Review waits for its answer.
    on_its_way: list[Route] = []

    def hold(route: Route) -> None:
        on_its_way.append(route)

    page.route("**/compose/save/", hold)
    with page.expect_request("**/compose/save/"):
        message.fill("Once more from the one.")
    _save_from(other, "From the other.")
    page.get_by_role("button", name="Review").click(no_wait_after=True)
    on_its_way.pop().continue_()
    expect(page.get_by_role("alert").first).to_contain_text("press Review again")
    assert Campaign.objects.get().text == "From the other."
    page.unroute_all()

    page.get_by_role("button", name="Review").click()
    expect(page.locator("#receipt")).to_contain_text("Once more from the one.", timeout=20_000)
    _back(page)
    message.fill("Kept by the one.")
    page.get_by_role("button", name="Review").click()
    expect(page.locator("#receipt")).to_contain_text("Kept by the one.", timeout=20_000)

    _save_from(other, "Typed by the other.", says="changed in another window")
    assert Campaign.objects.get().text == "Kept by the one."
    other.get_by_role("button", name="Keep this version").click()
    expect(other.locator("#draft-line")).to_contain_text("Saved as a draft", timeout=20_000)
    assert Campaign.objects.get().text == "Typed by the other."
    _back(page)
    message.fill("Typed by the one.")
    expect(page.locator("#draft-line")).to_contain_text("changed in another", timeout=20_000)
    assert Campaign.objects.get().text == "Typed by the other."


def _save_from(page: Page, text: str, *, says: str = "Saved as a draft") -> None:
    page.get_by_label("Message", exact=True).fill(text)
    expect(page.locator("#draft-line")).to_contain_text(says, timeout=20_000)


def _back(page: Page) -> None:
    """A page that was kept is not loaded again, which `go_back` would wait for."""
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Compose")
    page.evaluate("setTimeout(() => history.back())")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compose")


def test_a_file_that_is_too_large_is_not_sent_and_the_form_stays(
    signed_in: Page, look: Look, settings: Settings, tmp_path: Path
) -> None:
    settings.IMPORT_MAX_MB = 1
    page = signed_in
    page.goto(f"{page.url}contacts/import/")
    large = tmp_path / "everybody.csv"
    large.write_bytes(b"Name,Mobile\n" * 100_000)
    page.get_by_label("File").set_input_files(large)
    page.get_by_label("Or paste rows").fill("Sita Rai\t9841000001")
    page.get_by_role("button", name="Preview").click()
    said = page.get_by_label("File").evaluate("input => input.validationMessage")
    assert said == "This file is larger than 1 MB. Split it into several files, or save it as CSV."
    expect(page.get_by_label("Or paste rows")).to_have_value("Sita Rai\t9841000001")
    page.get_by_label("File").set_input_files([])
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("main")).to_contain_text("1 new")

    page.go_back()
    page.get_by_label("File").set_input_files(large)
    page.locator("form[enctype]").evaluate("form => form.submit()")  # as without scripts
    expect(page.get_by_role("heading", level=1)).to_have_text("This is too large")
    look("too-large")
    page.get_by_role("link", name="Choose another file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import contacts")


def test_a_person_sees_what_is_kept_and_is_made_nameless(
    gateway: Gateway, signed_in: Page, complaints: list[str], look: Look
) -> None:
    sita = ContactFactory.create(name="Sita Rai", mobile="9841234567")
    hand_over(gateway, Audience(contacts=(sita.pk,)), text="Dear {name}, come at 7.")
    send_all(gateway)
    page = signed_in
    page.get_by_role("link", name="Privacy").first.click()
    look("privacy")
    page.get_by_label("The person's mobile number").fill("९८४-१२३४५६७")
    page.get_by_role("button", name="Show what is kept").click()
    expect(page.get_by_role("main")).to_contain_text("Dear Sita Rai, come at 7.")
    assert "984" not in page.url

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download a file for the person to read").click()
    assert "Dear Sita Rai, come at 7." in downloading.value.path().read_text()
    page.get_by_role("button", name="Anonymise this person").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the box if you are sure.")
    look("person")
    page.get_by_label("Type the number again").fill("9841234567")
    page.get_by_label("Reason").fill("Asked by letter")
    page.get_by_label("I understand that this cannot be undone").check()
    page.get_by_role("button", name="Anonymise this person").click()
    expect(page.get_by_role("main")).to_contain_text("The person has been anonymised.")
    look("forgotten")
    page.get_by_role("link", name="How long things are kept").click()
    look("kept")
    page.get_by_role("link", name="History").first.click()
    page.get_by_role("link", name="The text has been removed.").click()
    expect(page.locator(".bubble")).to_have_text("The text has been removed.")
    page.get_by_role("link", name="Recipients").last.click()
    expect(page.get_by_role("main")).to_contain_text("Number removed")
    assert "Sita" not in page.content()


def test_very_many_people_are_counted_while_she_looks_and_get_their_letters(
    sandbox: Sandbox,
    worker: None,
    signed_in: Page,
    complaints: list[str],
    look: Look,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, people = signed_in, settings.COUNTED_AT_ONCE + 1
    sandbox.settings(balance="50000")
    _group_of(people)
    go_on, note = threading.Event(), kept_counts.note

    def noted(count: PeopleCount, **found: object) -> None:
        note(count, **found)
        if found.get("counted") == settings.INLINE_RECIPIENTS:
            go_on.wait(timeout=120)

    monkeypatch.setattr(kept_counts, "note", noted)
    page.get_by_role("link", name="Compose").first.click()
    page.get_by_label("Everybody 20,001 people").check()
    page.get_by_label("Message", exact=True).fill("Dear {name}, school is closed.")
    line = page.locator("#estimate-heading")
    expect(line).to_contain_text("20,001 people", timeout=40_000)
    page.get_by_role("button", name="Review").click()
    counting = page.get_by_role("progressbar", name="Counting recipients…")
    expect(counting).to_have_attribute("value", "5000", timeout=40_000)
    expect(page.locator("#receipt")).to_contain_text("5,000 people so far")
    expect(page.locator("#send")).to_have_count(0)
    look("counting")
    go_on.set()
    expect(page.locator("#send .without-a-time")).to_have_text(
        "Send to 20,001 people for Rs 16,000.80", timeout=60_000
    )
    page.get_by_label("Large send: type 20,001, the number of people, to confirm").last.fill(
        "20001"
    )
    page.locator("#send").click()
    expect(page.locator("#live")).to_contain_text("Preparing", timeout=40_000)
    assert Campaign.objects.get().reviewed_cost == Decimal("16000.80")


def _group_of(people: int) -> None:
    mobiles = [f"984{n:07d}" for n in range(people)]
    now = timezone.now()
    columns = ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"]
    rows = ((f"Person {m}", f"person {m}", m, "ntc", "{}", now, now) for m in mobiles)
    insert_rows(Contact, columns, rows)
    group = GroupFactory.create(name="Everybody")
    joined = [(group.pk, pk) for pk in Contact.objects.values_list("pk", flat=True)]
    insert_rows(Group.members.through, ["group", "contact"], joined)
