"""A contact is deleted after a question; what was sent stays."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from contacts.models import Contact, Group, OptOut
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory

URL = "/contacts/7/delete/"


@pytest.fixture
def sita(db: None) -> Contact:
    return ContactFactory.create(pk=7, name="Sita Rai", mobile="9841234567")


def test_a_contact_is_deleted_after_a_question(sender: Client, sita: Contact) -> None:
    GroupFactory.create(members=[sita])
    OptOutFactory.create(mobile=sita.mobile)
    page = sender.get(URL).text
    assert "Delete Sita Rai?" in page
    assert "stay in History" in page
    assert Contact.objects.exists()
    response = sender.post(URL, follow=True)
    assert response.redirect_chain == [("/contacts/", 302)]
    assert "Sita Rai was deleted." in response.text
    assert not Contact.objects.exists()
    assert Group.objects.get().members.count() == 0
    assert OptOut.objects.get().mobile == sita.mobile


def test_deleting_a_contact_needs_the_permission(client: Client, sita: Contact) -> None:
    user = UserFactory.create()
    user.user_permissions.add(Permission.objects.get(codename="change_contact"))
    client.force_login(user)
    assert client.post(URL).status_code == 403
    assert Contact.objects.exists()


def test_a_contact_that_is_deleted_already_is_not_found(sender: Client) -> None:
    assert sender.post(URL).status_code == 404
