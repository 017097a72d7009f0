"""In a real browser: Nepali can be read on machines with a font for it and without."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fontpkg
import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django import live_server_helper

from messaging.models import Gateway
from sociair_portal import fonts
from sociair_portal.roles import MANAGER
from tests.consoles import no_complaints
from tests.factories import ContactFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The machine's own fonts without those for Nepali, or with one more.
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  {changed}
</fontconfig>
"""
_NONE = """<selectfont><rejectfont>
  <pattern><patelt name="lang"><string>ne</string></patelt></pattern>
</rejectfont></selectfont>"""
_LETTERS = "क्ष श्री गर्‍यो"


@pytest.fixture
def user(roles: None, gateway: Gateway) -> User:
    return UserFactory.create(role=MANAGER)


@pytest.fixture
def machine(
    launch_browser: Callable[..., Browser],
    live_server: live_server_helper.LiveServer,
    user: User,
    tmp_path: Path,
) -> Callable[..., Any]:
    """A page of a machine without a font for Nepali, or with one; and what it has fetched."""

    @contextmanager
    def opened(language: str, *, with_a_font: bool = False) -> Iterator[tuple[Page, list[str]]]:
        one_more = f"<dir>{fontpkg.path('Noto Sans Devanagari').parent}</dir>"
        changed = one_more if with_a_font else _NONE
        (tmp_path / "fonts.conf").write_text(_FONTS.format(changed=changed))
        environment = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
        browser = launch_browser(env=environment)
        client = Client()
        client.force_login(user)
        page = browser.new_page(extra_http_headers={"Accept-Language": language})
        kept = [(name, cookie.value) for name, cookie in client.cookies.items()]
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in kept]
        )
        fetched: list[str] = []
        page.on("request", lambda it: fetched.append(it.url) if fonts.NAME in it.url else None)
        with no_complaints(page):  # the CSP's among them
            page.goto(f"{live_server.url}/contacts/", wait_until="networkidle")
            page.evaluate("() => document.fonts.ready.then(() => null)")
            yield page, fetched
        browser.close()

    return opened


def fonts_of(page: Page, selector: str) -> dict[tuple[str, bool], int]:
    """How many shapes an element has of each font; of fonts by their names and whether they were
    fetched.
    """
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
    found = session.send("CSS.getPlatformFontsForNode", node)["fonts"]
    return {(it["familyName"], it["isCustomFont"]): it["glyphCount"] for it in found}


def test_nepali_is_read_on_a_machine_without_a_font_for_it(machine: Any) -> None:
    ContactFactory.create(name=_LETTERS)
    with machine("ne") as (page, fetched):
        assert len(fetched) == 1
        for text in (".brand", "h1", ".menu-item[aria-current]"):
            families = {family for family, _fetched in fonts_of(page, text)}
            assert ("Noto Sans Devanagari", True) in fonts_of(page, text), families
        # क्ष, श्री and गर्‍यो are three, and as many in the shapes of letters that have joined.
        assert fonts_of(page, "tbody .name a")["Noto Sans Devanagari", True] < 10
        widths = """(weight) => {
          const name = document.querySelector("tbody .name a");
          name.style.fontWeight = weight;
          return name.getBoundingClientRect().width;
        }"""
        assert page.evaluate(widths, 700) > page.evaluate(widths, 400)


def test_nothing_is_fetched_where_the_machine_has_one(machine: Any) -> None:
    with machine("ne", with_a_font=True) as (page, fetched):
        assert page.get_attribute("html", "lang") == "ne"
        assert fetched == []


def test_an_english_page_fetches_it_only_for_a_name_in_nepali(
    machine: Any, live_server: live_server_helper.LiveServer
) -> None:
    ContactFactory.create(name="Sita Rai")
    with machine("en") as (page, fetched):
        assert fetched == []
        ContactFactory.create(name="सीता राई")
        page.goto(f"{live_server.url}/contacts/", wait_until="networkidle")
        assert len(fetched) == 1
