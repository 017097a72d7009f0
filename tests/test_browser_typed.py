"""In a real browser: what is typed is still there in the other language."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import models
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import live_server_helper

from contacts.models import Contact, ContactField, Group
from messaging.models import Campaign, Gateway
from messaging.services import templates
from sociair_portal.roles import MANAGER
from tests.consoles import no_complaints
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.sending import hand_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "monsoon-and-marigold-7"


@pytest.fixture
def portal(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, gateway: Gateway
) -> Iterator[Page]:
    """Anita and Hari have accounts; Anita is signed in."""
    for name in ("anita", "hari"):
        user = UserFactory.create(username=name, role=MANAGER)
        user.set_password(PASSWORD)
        user.save()
    with no_complaints(page):
        page.goto(f"{live_server.url}/account/sign-in/")
        _sign_in(page, "anita")
        yield page


def _sign_in(page: Page, name: str) -> None:
    page.locator("#id_login").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form [type=submit]").first.click()
    expect(page.locator(".user-menu")).to_be_visible()


def _switch(page: Page) -> None:
    """Change the language, and wait for the page in it."""
    now = page.locator("html").get_attribute("lang")
    page.locator(".user-menu summary").click()
    page.locator("form[action*=language] button").click()
    expect(page.locator("html")).not_to_have_attribute("lang", now or "")


def _write_on(page: Page, words: str) -> None:
    page.locator("#id_text").press("Control+End")
    page.locator("#id_text").press_sequentially(words)


def _left(page: Page) -> list[str]:
    """What the tab keeps by the name of what was typed."""
    kept: list[str] = page.evaluate("Object.keys(sessionStorage).filter((key) => key === 'typed')")
    return kept


def test_a_new_contact_is_still_there_in_nepali(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    ContactField.objects.create(name="Village", key="village", kind="text")
    GroupFactory.create(name="Class 8")
    portal.goto(f"{live_server.url}/contacts/new/")
    portal.locator("#id_name").fill("Sita Rai")
    portal.locator("#id_mobile").fill("98412")
    portal.get_by_label("Class 8").check()
    _switch(portal)

    expect(portal.get_by_role("heading", name="सम्पर्क थप्नुहोस्")).to_be_visible()
    expect(portal.locator("#id_name")).to_have_value("Sita Rai")
    expect(portal.locator("#id_mobile")).to_have_value("98412")
    expect(portal.get_by_label("Class 8")).to_be_checked()
    assert not _left(portal)
    portal.reload()
    expect(portal.locator("#id_name")).to_have_value("")


def test_what_was_refused_is_still_there_and_can_be_put_right(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/contacts/new/")
    portal.locator("#id_name").fill("Sita Rai")
    portal.locator("#id_mobile").fill("98412")
    portal.locator("main button[type=submit]").first.click()
    expect(portal.locator(".is-invalid")).to_have_count(1)
    _switch(portal)
    expect(portal.locator("#id_mobile")).to_have_value("98412")
    portal.locator("#id_mobile").fill("9841200001")
    portal.locator("main button[type=submit]").first.click()
    portal.wait_for_url("**/contacts/")
    assert Contact.objects.get().name == "Sita Rai"


def test_what_a_colleague_saved_meanwhile_is_not_overwritten(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    anita, hari = models.User.objects.order_by("username")
    saved = templates.keep(name="Fees", text="Fees are due.", by=anita)
    portal.goto(f"{live_server.url}/templates/{saved.pk}/")
    portal.locator("#id_text").fill("Please pay the fees.")
    assert templates.change(saved, seen=1, name="Fees", text="Fees are paid.", by=hari)
    _switch(portal)
    expect(portal.locator("#id_text")).to_have_value("Please pay the fees.")
    portal.locator("main button[type=submit]").first.click()
    expect(portal.locator(".bubble")).to_have_text("Fees are paid.")
    saved.refresh_from_db()
    assert saved.text == "Fees are paid."


def test_only_what_was_changed_is_put_back(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    contact = ContactFactory.create(name="Sita", mobile="9841200001")
    portal.goto(f"{live_server.url}/contacts/{contact.pk}/")
    portal.locator("#id_name").fill("Sita Rai")
    Contact.objects.update(mobile="9841200002")
    _switch(portal)
    expect(portal.locator("#id_name")).to_have_value("Sita Rai")
    expect(portal.locator("#id_mobile")).to_have_value("9841200002")

    Contact.objects.update(name="Sita Tamang")
    _switch(portal)
    expect(portal.locator("#id_name")).to_have_value("Sita Tamang")


def test_what_confirms_something_is_given_again(
    portal: Page, live_server: live_server_helper.LiveServer, gateway: Gateway
) -> None:
    at = timezone.now() + timedelta(days=40)
    campaign = hand_over(gateway, ["9841234567"], at=at)
    portal.goto(f"{live_server.url}/campaigns/{campaign.pk}/move/")
    portal.locator("#id_at").fill("2027-03-04T10:00")
    portal.locator("#id_at_night").check()
    _switch(portal)
    expect(portal.locator("#id_at")).to_have_value("2027-03-04T10:00")
    expect(portal.locator("#id_at_night")).not_to_be_checked()


def test_what_is_too_much_for_the_tab_loses_nothing_else(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/contacts/new/")
    portal.locator("#id_name").fill("Sita Rai")
    portal.locator("#id_mobile").evaluate("(field) => { field.value = '9'.repeat(12_000_000); }")
    _switch(portal)
    expect(portal.locator("#id_name")).to_have_value("Sita Rai")
    expect(portal.locator("#id_mobile")).to_have_value("")


def test_the_last_words_of_a_message_are_in_its_draft(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    group = GroupFactory.create(name="Class 8")
    portal.goto(f"{live_server.url}/compose/")
    portal.get_by_label("Class 8").first.check()
    portal.locator("#id_text").fill("The school is closed tomorrow.")
    _switch(portal)
    expect(portal.locator("#id_text")).to_have_value("The school is closed tomorrow.")
    expect(portal.locator(f"[name=groups][value='{group.pk}']")).to_be_checked()
    _write_on(portal, " Stay at home.")
    _switch(portal)
    whole = "The school is closed tomorrow. Stay at home."
    expect(portal.locator("#id_text")).to_have_value(whole)
    assert Campaign.objects.get().text == whole
    _write_on(portal, " Be well.")
    portal.locator(".user-menu summary").click()
    portal.locator(".user-menu a[href*=preferences]").click()
    portal.get_by_label("Bikram Sambat").check()
    portal.locator("main button[type=submit]").click()
    expect(portal.locator("#id_text")).to_have_value(f"{whole} Be well.")
    assert Campaign.objects.count() == 1


def test_the_preferences_in_another_tab_leave_the_message_where_it_is(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/compose/")
    portal.locator("#id_text").fill("The school is closed tomorrow.")
    portal.locator(".user-menu summary").click()
    with portal.context.expect_page() as opened:
        portal.locator(".user-menu a[href*=preferences]").click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("heading", name="Preferences")).to_be_visible()
    assert portal.url.endswith("/compose/")
    expect(portal.locator("#id_text")).to_have_value("The school is closed tomorrow.")


def test_a_language_is_changed_where_nothing_is_written_yet(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/compose/")
    portal.locator("#contact-search").fill("Sita")
    _switch(portal)
    expect(portal.locator("#contact-search")).to_have_value("Sita")
    assert not Campaign.objects.exists()


def test_a_way_to_the_preferences_and_back_keeps_what_is_typed(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/groups/new/")
    portal.locator("#id_name").fill("Class 9")
    portal.locator(".user-menu summary").click()
    portal.get_by_role("link", name="Preferences").click()
    _switch(portal)
    portal.get_by_label("विक्रम संवत्").check()
    portal.locator("main button[type=submit]").click()
    portal.wait_for_url("**/groups/new/")
    expect(portal.locator("#id_name")).to_have_value("Class 9")
    assert not _left(portal)


def test_nobody_else_finds_what_she_typed(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/groups/new/")
    portal.locator("#id_name").fill("Class 9")
    portal.locator(".user-menu summary").click()
    portal.get_by_role("link", name="Preferences").click()
    expect(portal.get_by_role("heading", name="Preferences")).to_be_visible()
    assert _left(portal)
    portal.locator(".user-menu summary").click()
    portal.get_by_role("button", name="Sign out").click()
    portal.wait_for_url(re.compile("sign-in|sign-out"))
    assert not _left(portal)

    # Nor where the tab has kept it, as when the browser was not let finish.
    typed = {"name": " name  1", "type": "text", "value": "Class 9", "was": ""}
    page = {"address": "/groups/new/", "by": "", "typed": [typed]}
    portal.goto(f"{live_server.url}/account/sign-in/")
    _sign_in(portal, "hari")
    keep = (
        "([user, page]) => sessionStorage.setItem('typed', JSON.stringify({user, pages: [page]}))"
    )
    portal.evaluate(keep, ["anita", page])
    portal.goto(f"{live_server.url}/groups/new/")
    expect(portal.locator("#id_name")).to_have_value("")
    assert not _left(portal)
    portal.evaluate(keep, ["hari", page])
    portal.reload()
    expect(portal.locator("#id_name")).to_have_value("Class 9")
    assert not Group.objects.exists()


def test_no_password_and_no_code_is_kept(
    portal: Page, live_server: live_server_helper.LiveServer
) -> None:
    portal.goto(f"{live_server.url}/account/password/")
    for field in portal.locator("main input[type=password]").all():
        field.fill("secret-words-of-hers")
    portal.evaluate(
        """() => {
          const form = document.querySelector("main form[method=post]");
          const add = (more) => form.append(Object.assign(document.createElement("input"), more));
          add({name: "code", value: "428813", autocomplete: "one-time-code"});
          add({name: "note", value: "a note of hers"});
          const keep = Storage.prototype.setItem;
          Storage.prototype.setItem = function (key, value) { keep.call(this, "seen", value); };
        }"""
    )
    _switch(portal)
    kept = portal.evaluate("sessionStorage.getItem('seen')")
    assert "a note of hers" in kept
    for secret in ("secret-words", "428813", "csrfmiddlewaretoken"):
        assert secret not in kept
