"""In a real browser: recovery codes are taken along, on paper, in the clipboard or in a file."""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import live_server_helper

from sociair_portal.common import formats
from sociair_portal.roles import MANAGER
from tests.consoles import no_complaints
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "monsoon-and-marigold-7"


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    with no_complaints(page) as heard:
        yield heard


@pytest.fixture
def codes(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, complaints: list[str]
) -> Page:
    """Anita has just set up an app, and is shown her codes."""
    user = UserFactory.create(username="anita", first_name="Anita", role=MANAGER)
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{live_server.url}/account/sign-in/")
    page.get_by_label("Name or e-mail").fill("anita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    page.goto(f"{live_server.url}/account/second-step/totp/activate/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("code.key").inner_text().replace(" ", "")
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    page.get_by_label("Code from the app").fill(code)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    return page


def _made_at() -> datetime:
    return timezone.localtime(Authenticator.objects.get(type="recovery_codes").created_at)


def _title() -> str:
    return f"Sociair Portal: recovery codes of anita, made on {formats.moment(_made_at())}"


def _shown(page: Page) -> list[str]:
    return page.locator("#codes li").all_inner_texts()


def test_they_are_copied_by_keyboard_and_a_screen_reader_says_so(codes: Page) -> None:
    codes.context.grant_permissions(["clipboard-read", "clipboard-write"])
    codes.get_by_role("button", name="Copy").focus()
    codes.keyboard.press("Enter")

    expect(codes.get_by_role("status").get_by_text("Copied")).to_be_visible()
    copied = codes.evaluate("navigator.clipboard.readText()").split("\n")
    assert copied == [_title(), "", *_shown(codes)]
    assert len(copied) == 12


def test_they_can_be_copied_without_https(codes: Page) -> None:
    codes.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    codes.get_by_role("button", name="Copy").click()
    expect(codes.get_by_role("status").get_by_text("Copied")).to_be_visible()


def test_who_cannot_copy_is_told_what_to_do(codes: Page) -> None:
    codes.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    codes.evaluate("document.execCommand = () => false")
    codes.get_by_role("button", name="Copy").click()
    expect(codes.get_by_role("status").get_by_text("press Ctrl and C")).to_be_visible()
    assert _shown(codes)[0] in codes.evaluate("getSelection().toString()")


def test_they_are_saved_as_a_file(codes: Page, tmp_path: Path) -> None:
    with codes.expect_download() as download:
        codes.get_by_role("button", name="Save as a file").click()
    download.value.save_as(tmp_path / "saved.txt")
    assert download.value.suggested_filename == f"recovery-codes-{_made_at():%Y-%m-%d}.txt"
    assert (tmp_path / "saved.txt").read_text().split("\n") == [_title(), "", *_shown(codes), ""]


def test_on_paper_are_the_codes_and_whose_they_are_and_nothing_else(codes: Page) -> None:
    codes.evaluate("window.print = () => (document.body.dataset.printed = 'yes')")
    codes.get_by_role("button", name="Print").click()
    expect(codes.locator("body")).to_have_attribute("data-printed", "yes")
    expect(codes.get_by_text("Recovery codes of anita")).to_be_hidden()

    codes.emulate_media(media="print")
    printed = codes.evaluate("document.body.innerText")
    made = f"Made on {formats.moment(_made_at())}. Older codes no longer work."
    expected = ["Sociair Portal", "Recovery codes of anita", made, *_shown(codes)]
    assert re.split(r"\s*\n\s*", printed.strip()) == expected
