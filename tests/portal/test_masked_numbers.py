"""Whoever may see everything but whole numbers sees none of them, on any page that there is."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from messaging.models import Gateway
from tests.factories import UserFactory
from tests.portal.house_support import House, addresses, furnish, numbers_in

_MASK = "984•••7313"


@pytest.fixture
def observer(db: None) -> User:
    """Someone with every right but this one."""
    user = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="view_number"))
    return user


@pytest.fixture
def house(observer: User, gateway: Gateway, tmp_path: Path) -> House:
    return furnish(observer, gateway, tmp_path)


@pytest.fixture
def visitor(observer: User, house: House) -> Client:
    visitor = Client()
    visitor.force_login(observer)
    return visitor


def test_no_page_shows_a_whole_number(visitor: Client) -> None:
    masked = 0
    for address in addresses():
        for url in address.urls:
            answer = visitor.get(url)
            said = answer.getvalue().decode()
            assert not numbers_in(said), (url, numbers_in(said))
            masked += _MASK in said
    assert masked > 15


def test_no_part_of_a_page_shows_a_whole_number(visitor: Client, house: House) -> None:
    for draft in house.drafts:
        typed = {**draft.audience, "form_uuid": draft.form_uuid, "version": draft.version}
        form = {name: value for name, value in typed.items() if value not in (None, False)}
        form |= {"text": draft.text, "contact_search": "Zx", "numbers": ""}
        for part in ("contacts", "search", "measure", "save", "plain", "drop-table"):
            answer = visitor.post(f"/compose/{part}/", form)
            assert answer.status_code in (200, 302), part
            assert not numbers_in(answer.content.decode()), part


def test_the_same_pages_show_numbers_to_others(visitor: Client, observer: User) -> None:
    observer.user_permissions.add(Permission.objects.get(codename="view_number"))
    lists = ("/contacts/", "/opt-outs/", "/history/recipients/", "/admin/messaging/recipient/")
    for url in lists:
        assert numbers_in(visitor.get(url).content.decode()), url
