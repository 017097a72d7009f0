"""Two people of one list have the same name: what tells them apart stands beside it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from contacts.models import Contact, ContactField
from contacts.services.namesakes import told_apart
from messaging.models import Gateway
from messaging.services.audience.choice import Audience
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.pages import words
from tests.queries import FRAME
from tests.sending import hand_over

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitas() -> list[Contact]:
    """Two of one name, in different classes of the same village."""
    for name in ("Class", "Address"):
        ContactField.objects.create(name=name, key=name.lower())
    return [
        ContactFactory.create(
            name=name,
            mobile=f"98410000{place}0",
            fields={"class": f"{9 + place}", "address": "Banepa"},
        )
        for place, name in enumerate(["Sita Rai", "sita  rai"])
    ]


def apart(*people: Contact) -> list[str]:
    return [told for _contact, told in told_apart(people)]


def test_namesakes_are_told_apart_by_the_first_field_that_differs(sitas: list[Contact]) -> None:
    assert apart(*sitas) == ["Class: 9", "Class: 10"]
    assert apart(*sitas, ContactFactory.create(name="Hari"))[2] == ""
    assert apart(sitas[0]) == [""]
    assert told_apart(sitas[:1], sitas[1:]) == [(sitas[0], "Class: 9")]


def test_a_field_of_the_list_is_told_before_others(sitas: list[Contact]) -> None:
    for place, sita in enumerate(sitas):
        sita.fields["roll"] = f"R{place}"
    ContactField.objects.create(name="Roll", key="roll", in_list=True)
    assert apart(*sitas) == ["Roll: R0", "Roll: R1"]


def test_namesakes_without_a_field_are_told_apart_by_groups() -> None:
    people = [ContactFactory.create(name="Sita Rai") for _place in range(2)]
    assert apart(*people) == ["", ""]
    GroupFactory.create(name="Parents", members=people[:1])
    people = list(Contact.objects.order_by("pk"))
    assert apart(*people) == ["Parents", ""]


def test_a_value_that_is_a_number_to_call_is_masked(sitas: list[Contact], client: Client) -> None:
    Contact.objects.filter(pk=sitas[0].pk).update(fields={"class": "9841234567"})
    user = UserFactory.create()
    user.user_permissions.set(Permission.objects.filter(codename="view_contact"))
    client.force_login(user)
    said = words(client.get("/contacts/"))
    assert "(Class: 984•••4567)" in said
    assert "9841234567" not in said


def test_every_list_of_people_tells_namesakes_apart(
    sender: Browser, gateway: Gateway, sitas: list[Contact]
) -> None:
    group = GroupFactory.create(members=sitas)
    keys = tuple(sita.pk for sita in sitas)
    campaign = hand_over(gateway, Audience(contacts=keys), by=sender.user)
    for address in (
        "/contacts/",
        reverse("contacts:group", args=[group.pk]),
        reverse("contacts:group_add", args=[GroupFactory.create().pk]),
        reverse("messaging:campaign_recipients", args=[campaign.pk]),
        reverse("messaging:history_recipients"),
        f"/compose/?contacts={keys[0]}&contacts={keys[1]}",
    ):
        said = words(sender.get(address))
        assert "(Class: 9)" in said, address
        assert "(Class: 10)" in said, address
    found = sender.post("/compose/contacts/", {"contacts": [keys[0]], "contact_search": "sita"})
    assert "(Class: 9)" in words(found)
    assert "(Class: 10)" in words(found)


def test_whoever_may_not_see_contacts_is_not_told_their_fields(
    sender: Browser, client: Client, gateway: Gateway, sitas: list[Contact]
) -> None:
    campaign = hand_over(gateway, Audience(contacts=tuple(sita.pk for sita in sitas)))
    user = UserFactory.create()
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(user)
    said = words(client.get(reverse("messaging:campaign_recipients", args=[campaign.pk])))
    assert "Sita Rai" in said
    assert "Class: 9" not in said


@pytest.mark.parametrize("pairs", [1, 20])
def test_queries_do_not_grow_with_namesakes(
    sender: Browser, sitas: list[Contact], pairs: int, django_assert_num_queries: Any
) -> None:
    group = GroupFactory.create(members=sitas)
    for number in range(2 * pairs):
        contact = ContactFactory.create(name=f"Person {number % pairs}", fields={"class": number})
        contact.groups.add(group)
    address = reverse("contacts:group", args=[group.pk])
    sender.get(address)
    with django_assert_num_queries(FRAME + 5):
        sender.get(address)
