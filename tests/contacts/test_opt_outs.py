"""Opt-outs: numbers that must not be texted, with when, by whom and why."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import OptOut
from tests.conftest import Browser
from tests.factories import ContactFactory, OptOutFactory, UserFactory
from tests.queries import FRAME

URL = "/opt-outs/"
NEW = "/opt-outs/new/"


def mobiles(response: Any) -> list[str]:
    return [opt_out.mobile for opt_out, _names in response.context["rows"]]


def test_a_number_is_opted_out_with_who_and_why(sender: Browser) -> None:
    response = sender.post(NEW, {"mobile": "+977 984-1234567", "reason": " Asked\u202e by phone "})
    assert response["Location"] == reverse("contacts:optouts")
    opt_out = OptOut.objects.get()
    assert (opt_out.mobile, opt_out.reason) == ("9841234567", "Asked by phone")
    assert opt_out.created_by == sender.user
    ContactFactory.create(name="Sita Rai", mobile="9841234567")
    page = sender.get(URL).text
    for words in ("984-1234567", "Sita Rai", "Asked by phone", sender.user.username):
        assert words in page


def test_the_latest_opt_outs_come_first_and_are_searched(sender: Client) -> None:
    OptOutFactory.create(mobile="9841111111", reason="Asked by phone")
    OptOutFactory.create(mobile="9801111111", reason="Left school")
    assert mobiles(sender.get(URL)) == ["9801111111", "9841111111"]
    assert mobiles(sender.get(URL, {"q": "0984"}, follow=True)) == ["9841111111"]
    assert mobiles(sender.get(URL, {"q": "school"}, follow=True)) == ["9801111111"]
    assert "No opt-outs match your search" in sender.get(URL, {"q": "x"}, follow=True).text


def test_a_new_opt_out_begins_with_the_contacts_number(sender: Client) -> None:
    contact = ContactFactory.create(mobile="9841234567")
    url = reverse("contacts:optout_contact", args=[contact.pk])
    assert 'value="9841234567"' in sender.get(url).text
    sender.post(url, {"mobile": "9841234567"})
    assert OptOut.objects.get().mobile == "9841234567"


def test_a_manager_removes_an_opt_out_after_a_question(manager: Client) -> None:
    opt_out = OptOutFactory.create(mobile="9841234567")
    ContactFactory.create(name="Sita Rai", mobile="9841234567")
    url = reverse("contacts:optout_delete", args=[opt_out.pk])
    assert url in manager.get(URL).text
    assert "It belongs to Sita Rai." in manager.get(url).text
    response = manager.post(url, follow=True)
    assert "984-1234567 can be sent messages again." in response.text
    assert not OptOut.objects.exists()


def test_a_sender_cannot_remove_an_opt_out(sender: Client) -> None:
    opt_out = OptOutFactory.create()
    url = reverse("contacts:optout_delete", args=[opt_out.pk])
    assert url not in sender.get(URL).text
    assert sender.post(url).status_code == 403
    assert OptOut.objects.exists()


def test_one_without_a_role_sees_no_opt_outs(client: Client, db: None) -> None:
    client.force_login(UserFactory.create())
    assert client.get(URL).status_code == 403
    assert client.post(NEW, {"mobile": "9841234567"}).status_code == 403
    assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("mobile", "words"),
    [
        ("", "Enter a mobile number."),
        ("01-4123456", "This is a landline"),
        ("0984-1111111", "This number is already opted out."),
    ],
)
def test_a_mistake_in_an_opt_out_is_said(sender: Client, mobile: str, words: str) -> None:
    OptOutFactory.create(mobile="9841111111")
    response = sender.post(NEW, {"mobile": mobile, "reason": "Asked by phone"})
    assert response.status_code == 200
    assert response.text.count(words) == 2
    assert 'value="Asked by phone"' in response.text
    assert OptOut.objects.count() == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_queries_of_the_opt_outs_do_not_grow_with_rows(
    sender: Browser, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        ContactFactory.create(mobile=OptOutFactory.create(created_by=sender.user).mobile)
    sender.get(URL)
    with django_assert_num_queries(FRAME + 2):
        sender.get(URL)
