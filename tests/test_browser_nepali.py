"""In a real browser: the portal in Nepali on a phone."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Error, Page, expect
from pytest_django import live_server_helper

from messaging.models import Gateway, HoldKind, HoldReason
from messaging.services.gateway import holds
from sociair_portal.roles import MANAGER
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.portal.house_support import addresses, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEIGHT: Final = 844


@pytest.fixture
def phone(
    page: Page, live_server: live_server_helper.LiveServer, roles: None, gateway: Gateway
) -> Page:
    """The phone of a manager who reads Nepali."""
    user = UserFactory.create(role=MANAGER)
    client = Client()
    client.force_login(user)
    kept = [(name, cookie.value) for name, cookie in client.cookies.items()]
    page.context.add_cookies(
        [{"name": name, "value": value, "url": live_server.url} for name, value in kept]
    )
    page.set_extra_http_headers({"Accept-Language": "ne"})
    page.set_viewport_size({"width": 390, "height": HEIGHT})
    return page


def hold_after_a_restore(gateway: Gateway) -> None:
    holds.hold(gateway, HoldKind.PERSON, HoldReason.RESTORED)
    Gateway.objects.update(unknown_calls=2)


def box(page: Page, selector: str) -> Any:
    return page.locator(selector).bounding_box()


def test_what_is_done_to_ticked_people_leaves_room_for_them(
    phone: Page, live_server: live_server_helper.LiveServer
) -> None:
    GroupFactory.create(name="कक्षा ५", members=ContactFactory.create_batch(3))
    phone.goto(f"{live_server.url}/contacts/")
    phone.locator("tbody .form-check-input").first.check()
    buttons: list[Any] = [it.bounding_box() for it in phone.locator(".bulk > button").all()]
    assert len(buttons) == 4
    assert {round(it["width"]) for it in buttons} == {round(buttons[0]["width"])}
    for left, right in (buttons[:2], buttons[2:]):
        assert (left["y"], left["height"]) == (right["y"], right["height"])
    assert box(phone, ".bulk")["height"] < HEIGHT / 3


def test_remove_has_a_line_of_its_own_where_it_is_alone(
    phone: Page, live_server: live_server_helper.LiveServer
) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    phone.goto(live_server.url + reverse("contacts:group", args=[group.pk]))
    assert box(phone, ".bulk > button")["width"] == box(phone, ".bulk")["width"]


def test_a_hold_says_what_is_wrong_first_and_the_rest_when_it_is_opened(
    phone: Page, gateway: Gateway, live_server: live_server_helper.LiveServer
) -> None:
    hold_after_a_restore(gateway)
    phone.goto(f"{live_server.url}/contacts/")
    hold = phone.locator("#hold")
    assert box(phone, "#hold")["height"] < HEIGHT / 3
    expect(hold.locator("strong")).to_be_visible()
    expect(hold.get_by_role("link")).to_have_count(1)  # what may have gone out
    expect(hold.locator("details > p")).to_be_hidden()
    hold.locator("summary").click()
    with translation.override("ne"):
        expect(hold.locator("details > p")).to_contain_text(str(Gateway.objects.get().advice))
    expect(hold.locator("details > p")).to_contain_text("डाटाबेसमा नभएका 2 अनुरोध गएका छन्।")
    expect(hold.get_by_role("link")).to_have_count(2)


# What does not fit into the width, and letters that lose their marks above or below: lines need
# about 1.3 times the size of letters, and nothing that cuts them off.
_WRONG: Final = """() => {
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  const wrong = new Set();
  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) wrong.add(`${wider} px too wide`);
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const words = own.map((node) => node.data).join(" ").trim();
    if (!/[\\u0900-\\u097f]/.test(words) || !element.offsetParent) continue;
    const style = getComputedStyle(element);
    const range = document.createRange();
    range.selectNodeContents(element);
    const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
    if (lines.size > 1 && parseFloat(style.lineHeight) < 1.3 * parseFloat(style.fontSize))
      wrong.add(`lines too close: ${words}`);
    const clips = style.overflowY === "hidden" && element.clientHeight > 1;
    if (clips && element.scrollHeight > element.clientHeight + 1) wrong.add(`cut off: ${words}`);
  }
  return [...wrong];
}"""


@pytest.mark.long
def test_every_page_fits_a_phone_and_no_letter_is_cut_off(
    phone: Page, gateway: Gateway, tmp_path: Path, live_server: live_server_helper.LiveServer
) -> None:
    user = User.objects.get()
    User.objects.update(is_superuser=True, is_staff=True)
    with translation.override("ne"):
        furnish(user, gateway, tmp_path)
    hold_after_a_restore(gateway)
    looked_at, wrong = 0, dict[str, str]()
    for url in (one.urls[0] for one in addresses() if one.urls):
        with suppress(Error):  # a file that is downloaded
            answer = phone.goto(live_server.url + url)
            if answer and "html" in answer.headers.get("content-type", ""):
                assert phone.get_attribute("html", "lang") != "en", url
                looked_at += 1
                wrong |= dict.fromkeys(phone.evaluate(_WRONG), url)
    assert wrong == {}
    assert looked_at > 120
