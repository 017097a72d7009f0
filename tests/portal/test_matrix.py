"""Who may do what at which address: every address of the portal, by role and method.

The lines are in matrix.txt; an address without one fails, and so does a line without its address.
Each says how GET and how POST answer five people: a stranger, one without a role, a sender, a
manager and a superuser, all of them asking for what belongs to someone else.

    s  to the page to sign in       r  "you have no role"     x  refused (403)
    0  there is no such thing (404) m  no such method (405)   +  let in
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from contacts.models import ContactField, ContactImport
from messaging.models import Gateway, MessageTemplate, QuietDay
from sociair_portal.roles import MANAGER, SENDER
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.sending import hand_over, numbers

pytestmark = pytest.mark.django_db

_LINES: Final = Path(__file__).with_name("matrix.txt")
# What is named by its key in an address, by how the address begins; the longest counts.
_NAMED: Final = {
    "campaigns/": "campaign",
    "contacts/": "contact",
    "contacts/import/": "file",
    "contacts/fields/": "field",
    "compose/table/": "file",
    "groups/": "group",
    "opt-outs/": "opt_out",
    "templates/": "template",
    "days-off/": "day_off",
    "colleagues/": "colleague",
}


def _routes(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


ROUTES: Final = sorted(_routes(get_resolver().url_patterns))


@dataclass(frozen=True)
class Office:
    people: list[Client]
    keys: dict[str, int]

    def address(self, route: str) -> str:
        """An address that the route takes."""
        begins = [begin for begin in _NAMED if route.startswith(begin)]
        key = self.keys[_NAMED[max(begins, key=len)]] if begins else 1
        made_up = {"<int:pk>": str(key), "<path:content_type_id>": "1", "<str:kind>": "csv"}
        made_up |= {"<slug:kind>": "json", "<slug:slug>": "results"}
        for part in ("<path:object_id>", "<str:secret>", "<str:search>", "<str:key>", "<str:name>"):
            made_up[part] = "1"
        made_up[r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"] = "password/new/1-a/"
        made_up["(?P<url>.*)$"] = "made-up"
        for pattern, part in made_up.items():
            route = route.replace(pattern, part)
        route = re.sub(r"\^\(\?P<app_label>[^)]*\)/\$", "messaging/", route)
        assert "<" not in route, f"say in _NAMED or here what {route} names"
        return f"/{route}"

    def answers(self, route: str) -> str:
        """The line of an address."""
        address = self.address(route)
        return " ".join(
            "".join(_asked(browser, method, address) for browser in self.people)
            for method in ("get", "post")
        )


def _asked(browser: Client, method: str, address: str) -> str:
    """One answer; whatever it changed is as before."""
    cookies = browser.cookies.copy()
    with transaction.atomic():
        response = getattr(browser, method)(address)
        transaction.set_rollback(True)
    browser.cookies = SimpleCookie(cookies)
    to = response.headers.get("Location", "")
    if to.startswith("/account/sign-in/?next="):
        return "s"
    if to.startswith("/admin/login/"):
        return "x" if cookies else "s"  # which refuses who is signed in
    if response.status_code == 403:
        return "r" if b"You have no role yet" in response.content else "x"
    assert response.status_code < 500
    return {404: "0", 405: "m"}.get(response.status_code, "+")


def _browser(user: User | None) -> Client:
    browser = Client()
    if user:
        user.set_password("monsoon-and-marigold-7")
        user.save()
        browser.force_login(user)
    return browser


@pytest.fixture
def office(roles: None, gateway: Gateway) -> Office:
    sita = UserFactory.create(role=SENDER)
    person = ContactFactory.create()
    people = [
        None,
        UserFactory.create(),
        UserFactory.create(role=SENDER),
        UserFactory.create(role=MANAGER),
        User.objects.create_superuser("owner"),
    ]
    Role.objects.create(name="Other")
    things = {
        "campaign": hand_over(gateway, numbers(2), by=sita),
        "contact": person,
        "file": ContactImport.objects.create(file_name="people.csv", created_by=sita),
        "field": ContactField.objects.create(name="Class", key="class"),
        "group": GroupFactory.create(members=[person]),
        "opt_out": OptOutFactory.create(),
        "template": MessageTemplate.objects.create(name="Rain", text="It rains."),
        "day_off": QuietDay.objects.create(day=date(2026, 12, 25), name="Christmas"),
        "colleague": sita,
    }
    return Office([_browser(user) for user in people], {name: it.pk for name, it in things.items()})


def _lines() -> dict[str, str]:
    """The answers by route; dots between them are for the eye."""
    lines = (line.rpartition(" .. ") for line in _LINES.read_text().splitlines())
    return {route.rstrip(" ."): answers for route, _dots, answers in lines}


def test_every_address_has_a_line_and_every_line_an_address() -> None:
    assert sorted(_lines()) == ROUTES


def test_addresses_answer_by_role_and_method_as_their_lines_say(office: Office) -> None:
    found = {route: office.answers(route) for route in ROUTES}
    expected = _lines()
    different = {route: (found[route], expected.get(route)) for route in ROUTES}
    assert {k: v for k, v in different.items() if v[0] != v[1]} == {}
