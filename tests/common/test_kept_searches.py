"""Searches that no address holds: kept in the session under a key, and what happens without it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import get_resolver, reverse

from contacts.models import Contact, ContactField, Group
from sociair_portal.common.kept_searches import MOST_KEPT, TYPED
from sociair_portal.common.searches import SearchForm
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory
from tests.pages import searched

URL = "/contacts/"
_GONE = "This search has expired. Search again."


@pytest.fixture
def people(db: None) -> list[Contact]:
    return [ContactFactory.create(name=name) for name in ("Asha Rai", "Gita Rai", "Hari Lama")]


def names(answer: Any) -> list[str]:
    return [contact.name for contact in answer.context["page"].items]


def test_a_search_goes_on_to_an_address_with_a_key(sender: Client, people: list[Contact]) -> None:
    address = searched(sender, URL, q="rai", sort="-name", group="")
    assert address.startswith("/contacts/?sort=-name&search=")
    shown = sender.get(address)
    assert names(shown) == ["Gita Rai", "Asha Rai"]
    assert 'value="rai"' in shown.text


def test_two_windows_have_two_searches(sender: Client, people: list[Contact]) -> None:
    first, second = searched(sender, URL, q="rai"), searched(sender, URL, q="lama")
    assert first != second
    assert names(sender.get(first)) == ["Asha Rai", "Gita Rai"]
    assert names(sender.get(second)) == ["Hari Lama"]
    assert searched(sender, URL, q="rai") == first


def test_an_empty_search_leaves_no_key(sender: Client, people: list[Contact]) -> None:
    assert searched(sender, URL, q="  ", sort="") == URL


def test_another_search_begins_at_its_first_page(sender: Client, people: list[Contact]) -> None:
    answer = sender.post(f"{URL}?searching&page=abc&search=old", {"q": "rai"})
    assert "page" not in answer["Location"]
    assert "old" not in answer["Location"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_what_stands_in_an_old_address_is_kept_too(
    sender: Client, people: list[Contact], method: str
) -> None:
    answer = getattr(sender, method)(URL, {"q": "rai", "operator": "ntc"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/contacts/?operator=ntc&search=")


def test_a_search_that_is_gone_shows_everybody_and_says_so(
    sender: Client, people: list[Contact]
) -> None:
    answer = sender.get(f"{URL}?sort=-name&search=unknown&page=x", follow=True)
    assert answer.redirect_chain == [("/contacts/?sort=-name", 302)]
    assert _GONE in answer.text
    assert len(names(answer)) == 3


def test_nobody_uses_the_search_of_somebody_else(
    sender: Client, people: list[Contact], roles: None
) -> None:
    address = searched(sender, URL, q="rai")
    other = signed_in("Sender")
    answer = other.get(address, follow=True)
    assert _GONE in answer.text
    assert "rai" not in answer.context["search"].data.values()


def test_a_session_keeps_so_many_searches_and_the_oldest_go(
    sender: Client, people: list[Contact]
) -> None:
    kept = [searched(sender, URL, q=f"a{number}") for number in range(MOST_KEPT)]
    assert searched(sender, URL, q="a0") == kept[0]  # used again, so it is the latest
    searched(sender, URL, q="rai")
    assert sender.get(kept[0]).status_code == 200
    assert sender.get(kept[1]).status_code == 302
    assert len(sender.session["searches"]) == MOST_KEPT


def test_what_is_kept_is_bounded(sender: Client, people: list[Contact]) -> None:
    answer = sender.get(searched(sender, URL, q="x" * 100_000))
    assert "at most 200 characters" in answer.text
    assert len(str(sender.session["searches"])) < 1000


def test_nothing_is_done_to_everybody_when_the_search_is_gone(
    sender: Browser, people: list[Contact]
) -> None:
    group = GroupFactory.create()
    to_all = {"whom": "found", "action": "add", "group": group.pk, "expected": 3}
    answer = sender.post(f"{URL}?search=unknown", to_all, follow=True)
    assert _GONE in answer.text
    assert not Group.objects.get().members.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nobody_is_exported_when_the_search_is_gone(
    sender: Client, people: list[Contact], kind: str
) -> None:
    answer = sender.get(f"/contacts/export.{kind}?search=unknown", follow=True)
    assert answer.redirect_chain == [(URL, 302)]
    assert _GONE in answer.text


def test_what_is_shown_is_exported(sender: Client, people: list[Contact]) -> None:
    query = searched(sender, URL, q="lama").removeprefix(URL)
    lines = b"".join(sender.get(f"/contacts/export.csv{query}")).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ['"Hari Lama"']


def test_a_stranger_keeps_nothing(client: Client, db: None) -> None:
    answer = client.get(URL, {"q": "9841234567"}, follow=True)
    assert all("984" not in address for address, _status in answer.redirect_chain)
    assert client.post(f"{URL}?searching", {"q": "rai"})["Location"].startswith("/account/sign-in/")
    assert not client.session.keys()


def _forms(of: type[SearchForm]) -> Iterator[type[SearchForm]]:
    for form in of.__subclasses__():
        yield form
        yield from _forms(form)


def test_every_field_that_people_type_into_is_kept_out_of_addresses() -> None:
    assert get_resolver().url_patterns  # which loads every form there is
    for form in _forms(SearchForm):
        if form.__module__.startswith("tests."):
            continue
        typed = {
            name
            for name, field in form.base_fields.items()
            if isinstance(field, forms.CharField) and not hasattr(field, "choices")
        }
        assert typed <= TYPED, form


def test_a_day_that_was_ticked_is_kept_out_of_addresses(sender: Browser) -> None:
    born = ContactField.objects.create(name="Born", key="born", kind="date")
    typed = {"field": born.key, "how": "less", "value": "2045-01-13", "value_day": "1988-04-25"}
    address = sender.post(f"{reverse('contacts:list')}?searching", typed)["Location"]
    assert "1988" not in address
    assert "2045" not in address
