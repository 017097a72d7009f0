"""A contact is added and changed: its number is read in any spelling, its mistakes are said."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import transaction
from django.test import Client
from django.urls import reverse

from contacts.forms.people import ContactWithGroupsForm
from contacts.models import Contact
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory

NEW = "/contacts/new/"


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize(
    "mobile", ["9841234567", "+977 984-1234567", "00977 9841234567", "0984 1234567", "९८४१२३४५६७"]
)
def test_a_contact_is_added_with_its_number_in_any_spelling(sender: Client, mobile: str) -> None:
    group = GroupFactory.create()
    response = sender.post(NEW, {"name": "Sita Rai", "mobile": mobile, "groups": [group.pk]})
    assert response.status_code == 302
    assert response["Location"] == reverse("contacts:list")
    contact = Contact.objects.get()
    assert (contact.name, contact.mobile, contact.operator) == ("Sita Rai", "9841234567", "ntc")
    assert list(contact.groups.all()) == [group]
    assert said(response) == ["Sita Rai was saved."]


def test_a_contact_is_changed(sender: Client) -> None:
    contact = ContactFactory.create(name="Sita", mobile="9841234567", fields={"class": "9"})
    old, new = GroupFactory.create(members=[contact]), GroupFactory.create()
    url = reverse("contacts:edit", args=[contact.pk])
    page = sender.get(url)
    assert list(page.context["form"]["groups"].value()) == [old.pk]
    sender.post(url, {"name": "Sita Rai", "mobile": "9801234567", "groups": [new.pk]})
    contact.refresh_from_db()
    assert (contact.name, contact.mobile, contact.operator) == ("Sita Rai", "9801234567", "ncell")
    assert contact.fields == {"class": "9"}
    assert list(contact.groups.all()) == [new]


def test_saving_without_a_change_is_no_duplicate(sender: Client) -> None:
    contact = ContactFactory.create()
    url = reverse("contacts:edit", args=[contact.pk])
    response = sender.post(url, {"name": contact.name, "mobile": contact.mobile})
    assert response.status_code == 302


def test_a_family_may_share_a_number_and_it_is_said(sender: Client) -> None:
    ContactFactory.create(name="Hari Rai", mobile="9841234567")
    response = sender.post(NEW, {"name": "Gita Rai", "mobile": "9841234567"})
    assert response.status_code == 302
    assert said(response)[1] == (
        "984-1234567 is also the number of Hari Rai. It gets each message only once."
    )
    gita = Contact.objects.get(name="Gita Rai")
    page = sender.get(reverse("contacts:edit", args=[gita.pk])).text
    assert "984-1234567 gets each message only once." in page
    assert "Hari Rai" in page


def test_a_contacts_page_says_that_the_number_opted_out(sender: Client) -> None:
    contact = ContactFactory.create(mobile="9841234567")
    url = reverse("contacts:edit", args=[contact.pk])
    assert reverse("contacts:optout_contact", args=[contact.pk]) in sender.get(url).text
    OptOutFactory.create(mobile="9841234567", reason="Asked by phone")
    page = sender.get(url).text
    assert "opted out on" in page
    assert "Asked by phone" in page
    assert "Stop messages to this number" not in page


def test_hidden_characters_are_taken_out_of_a_name(sender: Client) -> None:
    name = "\u202eSita\u0007 \t Rai\u200f"
    sender.post(NEW, {"name": name, "mobile": "9841234567"})
    assert Contact.objects.get().name == "Sita Rai"


@pytest.mark.parametrize("url", [NEW, "/contacts/1/"])
def test_adding_and_changing_contacts_needs_the_permission(
    client: Client, url: str, db: None
) -> None:
    ContactFactory.create(pk=1, name="Sita")
    user = UserFactory.create()
    user.user_permissions.add(Permission.objects.get(codename="view_contact"))
    client.force_login(user)
    assert client.get(url).status_code == 403
    assert client.post(url, {"name": "X", "mobile": "9841234567"}).status_code == 403
    assert Contact.objects.get().name == "Sita"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("mobile", "", "Enter a mobile number."),
        ("mobile", "01-4123456", "This is a landline. Messages can only go to mobile numbers."),
        ("mobile", "98412", "A mobile number has 10 digits, and this has 5."),
        ("mobile", "9.841E+09", "Excel shortened this number to 9.841E+09"),
        ("mobile", "+91 9841234567", "This is a foreign number"),
        ("mobile", "Sita", "This is not a number"),
        ("mobile", "9" * 5000, "This number is too long"),
        ("name", "", "Enter a name."),
        ("name", "\u200b\u202e \t", "Enter a name."),
        ("name", "x" * 201, "at most 200 characters"),
        ("groups", "999", "One of these groups was deleted. Choose again."),
    ],
)
def test_a_mistake_is_said_beside_the_field_and_on_top(
    sender: Client, field: str, value: str, words: str
) -> None:
    GroupFactory.create()
    typed = {"name": "Sita Rai", "mobile": "9841234567", field: value}
    response = sender.post(NEW, typed)
    assert response.status_code == 200
    assert words in response.context["form"].errors[field][0]
    assert response.text.count(words) == 2
    assert 'class="error-summary" role="alert"' in response.text
    target = "div_id_groups" if field == "groups" else f"id_{field}"
    assert f'href="#{target}"' in response.text
    assert f'id="{target}"' in response.text
    kept = "mobile" if field == "name" else "name"
    assert f'value="{typed[kept]}"' in response.text
    assert not Contact.objects.exists()


def test_the_same_person_is_not_added_twice(sender: Client) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841234567")
    response = sender.post(NEW, {"name": " Sita  Rai ", "mobile": "+9779841234567"})
    assert response.status_code == 200
    assert response.text.count("A contact with this name and number already exists.") == 1
    assert Contact.objects.count() == 1


def test_a_double_click_adds_a_contact_once(sender: Client) -> None:
    """The other request saves between this one's check and its own save."""
    check = ContactWithGroupsForm.is_valid

    def meanwhile(form: ContactWithGroupsForm) -> bool:
        valid = check(form)
        ContactFactory.create(name="Sita Rai", mobile="9841234567")
        return valid

    with patch.object(ContactWithGroupsForm, "is_valid", meanwhile), transaction.atomic():
        response = sender.post(NEW, {"name": "Sita Rai", "mobile": "9841234567"})
    assert "A contact with this name and number already exists." in response.text
    assert Contact.objects.count() == 1


def test_where_there_is_no_group_none_is_asked_for(sender: Client) -> None:
    assert "Groups (optional)" not in sender.get(NEW).text
    sender.post(NEW, {"name": "Sita Rai", "mobile": "9841234567", "groups": ["999"]})
    assert Contact.objects.get().groups.count() == 0


def test_the_heading_keeps_the_name_while_a_mistake_stands(sender: Client) -> None:
    contact = ContactFactory.create(name="Sita Rai")
    url = reverse("contacts:edit", args=[contact.pk])
    page = sender.post(url, {"name": "", "mobile": contact.mobile}).text
    assert "<h1>Sita Rai</h1>" in page


@pytest.mark.parametrize("pk", ["999", "99999999999999999999999"])
def test_a_contact_that_does_not_exist_is_not_found(sender: Client, pk: str) -> None:
    response = sender.get(f"/contacts/{pk}/")
    assert response.status_code == 404
    assert "Page not found" in response.text
