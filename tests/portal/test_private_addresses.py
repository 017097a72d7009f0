"""No address holds a number or a name: walked through every page that there is, with data."""

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from django.test import Client

from messaging.models import Gateway
from sociair_portal.common.kept_searches import POSTED
from tests.factories import UserFactory
from tests.portal.house_support import NAMES, NUMBERS, addresses, furnish, read

_SEARCHES = ("Zxhari", "0984-17373")


@pytest.fixture
def visitor(gateway: Gateway, tmp_path: Path) -> Client:
    user = UserFactory.create(is_superuser=True, is_staff=True)
    furnish(user, gateway, tmp_path)
    visitor = Client()
    visitor.force_login(user)
    return visitor


def _said(address: str) -> str:
    """What an address says, to someone who decodes what is in it as well."""
    said = [unquote(address)]
    for _name, value in parse_qsl(urlsplit(address).query):
        try:
            said.append(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("latin-1"))
        except (binascii.Error, ValueError):
            continue
    return " ".join(said)


def _private(address: str) -> list[str]:
    said = _said(address)
    digits = re.sub(r"[^0-9]", "", said)
    found = [one for one in NUMBERS if one in digits or "98417373" in digits]
    return found + [name for name in NAMES if name.lower() in said.lower()]


def _check(response: Any) -> list[str]:
    """The addresses of an answer, none of which says anything."""
    found, title = read(response)
    for address in found:
        assert not _private(address), address
    assert not any(number in re.sub("[^0-9]", "", title) for number in NUMBERS), title
    return found


def test_no_page_has_an_address_with_a_number_or_a_name(visitor: Client) -> None:
    searchable = set()
    seen = 0
    for address in addresses():
        answered = [(url, visitor.get(url)) for url in address.urls]
        pages = [url for url, answer in answered if answer.status_code == 200]
        seen += bool(pages)
        for url, answer in answered:
            if not answer.streaming:
                found = _check(answer)
                if url in pages and any(POSTED in one for one in found):
                    searchable.add(url)
    assert seen > 60
    assert len(searchable) > 20
    for url in sorted(searchable):
        for words in _SEARCHES:
            _search(visitor, url, words)


def _search(visitor: Client, url: str, words: str) -> None:
    """Search, look at every page that is found, and sort and filter what is found."""
    posted = visitor.post(f"{url}?{POSTED}", {"q": words, "value": words})
    assert posted.status_code == 302, url
    _check(posted)
    assert "search=" in posted["Location"]
    at = posted["Location"]
    for _page in range(2):
        answer = visitor.get(at)
        found = _check(answer)
        further = [one for one in found if "page=" in one or "sort=" in one or "?p=" in one]
        if not further:
            return
        at = url + further[-1] if further[-1].startswith("?") else further[-1]


def test_what_was_typed_into_an_old_address_leaves_it(visitor: Client) -> None:
    for url in ("/contacts/", "/history/recipients/", "/admin/contacts/contact/"):
        answer = visitor.get(url, {"q": "9841737313"})
        assert answer.status_code == 302
        assert not _check(answer)[0].startswith("http")
        assert b"Zx" in visitor.get(answer["Location"]).content


def test_the_admin_filters_by_nothing_but_what_it_offers(visitor: Client) -> None:
    for query in ("mobile=9841737313", "mobile__startswith=984", "name__contains=Zx"):
        assert visitor.get(f"/admin/contacts/contact/?{query}").status_code == 400
    assert visitor.get("/admin/contacts/contact/?operator__exact=ntc").status_code == 200


def test_a_page_of_a_list_is_named_by_keys_of_rows(visitor: Client) -> None:
    first = visitor.get("/contacts/?sort=number")
    token = first.context["page"].next
    said = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert all(isinstance(one, int) for one in said[1:])
