"""The messages to a contact: when, by whom, and their result."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from messaging.models import Gateway
from messaging.services.audience.choice import Audience
from tests.conftest import Browser
from tests.factories import ContactFactory, OptOutFactory, UserFactory
from tests.pages import words
from tests.sending import hand_over, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Contact:
    return ContactFactory.create(name="Asha Rai", mobile="9841000000")


def url(contact: Contact) -> str:
    return reverse("messaging:contact", args=[contact.pk])


def test_a_contacts_messages_are_listed_latest_first(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    hand_over(gateway, Audience(contacts=(asha.pk,)), text="School is closed.", by=sender.user)
    send_all(gateway)
    hand_over(gateway, ["9841000000"], text="Fees are due.")
    hand_over(gateway, ["9841000001"], text="To somebody else.")
    page = sender.get(url(asha))
    texts = [recipient.batch.text for recipient in page.context["page"].items]
    assert texts == ["Fees are due.", "School is closed."]
    said = words(page)
    assert "Fees are due. Not yet Command line Queued" in said
    assert f"{sender.user.username} Accepted" in said
    assert "To somebody else." not in said
    assert url(asha) in sender.get(asha.get_absolute_url()).text


def test_a_contacts_messages_show_who_shares_the_number(
    sender: Browser, gateway: Gateway, asha: Contact
) -> None:
    sister = ContactFactory.create(name="Gita Rai", mobile=asha.mobile)
    hand_over(gateway, Audience(contacts=(asha.pk,)))
    said = words(sender.get(url(sister)))
    assert "Others with this number: Asha Rai" in said
    assert "as Asha Rai" in said


def test_a_contacts_messages_show_an_opt_out(sender: Browser, asha: Contact) -> None:
    OptOutFactory.create(mobile=asha.mobile, reason="Asked at the desk")
    page = sender.get(url(asha))
    assert "Reason: Asked at the desk" in words(page)
    assert "Write a message" not in page.text


def test_an_empty_page_leads_to_a_first_message(sender: Browser, asha: Contact) -> None:
    page = sender.get(url(asha))
    assert "Nothing has been sent yet" in words(page)
    assert f"/compose/?contacts={asha.pk}" in page.text


@pytest.mark.parametrize("sent", [1, 8])
def test_queries_of_a_contacts_messages_do_not_grow(
    sender: Browser, gateway: Gateway, asha: Contact, sent: int, django_assert_num_queries: Any
) -> None:
    for number in range(sent):
        hand_over(gateway, ["9841000000"], text=f"Message {number}")
    sender.get(url(asha))
    with django_assert_num_queries(11):
        sender.get(url(asha))


@pytest.mark.parametrize("missing", ["view_contact", "view_campaign"])
def test_a_contacts_messages_need_both_permissions(
    client: Client, asha: Contact, missing: str
) -> None:
    user = UserFactory.create()
    names = {"view_contact", "view_campaign"} - {missing}
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    assert client.get(url(asha)).status_code == 403


def test_messages_of_an_unknown_contact_are_not_found(sender: Browser) -> None:
    assert sender.get("/contacts/999/history/").status_code == 404
