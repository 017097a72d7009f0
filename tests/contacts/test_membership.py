"""People join groups and leave them: from the list, and on the group's own pages."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from contacts.models import Contact, Group
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.pages import searched
from tests.queries import FRAME


@pytest.fixture
def people(db: None) -> list[Contact]:
    return [ContactFactory.create(name=name) for name in ("Asha", "Gita", "Hari")]


@pytest.fixture
def group(people: list[Contact]) -> Group:
    return GroupFactory.create(pk=5, name="Class 9", members=[people[0]])


def members(group: Group) -> list[str]:
    return sorted(contact.name for contact in group.members.all())


def test_a_groups_page_lists_its_members_and_lets_them_go(
    sender: Client, people: list[Contact], group: Group
) -> None:
    group.members.add(people[1])
    page = sender.get("/groups/5/")
    assert [contact.name for contact in page.context["page"].items] == ["Asha", "Gita"]
    found = sender.get("/groups/5/", {"q": "gi"}, follow=True)
    assert [contact.name for contact in found.context["page"].items] == ["Gita"]
    response = sender.post("/groups/5/", {"contact": people[0].pk}, follow=True)
    assert "1 contact is no longer in Class 9." in response.text
    assert members(group) == ["Gita"]
    assert Contact.objects.count() == 3


def test_people_are_added_from_those_who_are_not_in_it(
    sender: Client, people: list[Contact], group: Group
) -> None:
    page = sender.get("/groups/5/add/")
    assert [contact.name for contact in page.context["page"].items] == ["Gita", "Hari"]
    address = searched(sender, "/groups/5/add/", q="ha")
    response = sender.post(address, {"contact": people[2].pk}, follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert "1 contact was added to Class 9." in response.text
    assert members(group) == ["Asha", "Hari"]


@pytest.mark.parametrize("path", ["/groups/5/", "/groups/5/add/"])
@pytest.mark.parametrize("rows", [1, 50])
def test_queries_of_a_groups_pages_do_not_grow_with_members(
    sender: Client, path: str, rows: int, django_assert_num_queries: Any
) -> None:
    inside = [ContactFactory.create() for _ in range(rows)]
    for _ in range(rows):
        ContactFactory.create()
    GroupFactory.create(pk=5, members=inside)
    sender.get(path)
    # How far the list goes; and how many are in the group, as all may be in a large one.
    looks = 1 if path == "/groups/5/" else 2
    with django_assert_num_queries(FRAME + 2 + looks):
        sender.get(path)


def test_an_empty_group_and_a_full_one_say_so(sender: Client, people: list[Contact]) -> None:
    group = GroupFactory.create(pk=5)
    assert "No one is in this group yet" in sender.get("/groups/5/").text
    group.members.set(people)
    assert "There is no one left to add" in sender.get("/groups/5/add/").text


@pytest.mark.parametrize("path", ["/contacts/", "/groups/5/", "/groups/5/add/"])
def test_one_who_may_only_see_contacts_changes_no_membership(
    client: Client, people: list[Contact], group: Group, path: str
) -> None:
    user = UserFactory.create()
    may = Permission.objects.filter(content_type__app_label="contacts", codename__startswith="view")
    user.user_permissions.set(may)
    client.force_login(user)
    for action in ("add", "remove"):
        ticked = {"contact": [people[0].pk, people[1].pk], "group": group.pk, "action": action}
        assert client.post(path, ticked).status_code == 403
    assert members(group) == ["Asha"]
    assert 'name="contact"' not in client.get("/contacts/").text


@pytest.mark.parametrize("path", ["/groups/5/", "/groups/5/add/"])
def test_a_group_asks_to_tick_people_first(sender: Client, group: Group, path: str) -> None:
    response = sender.post(path, {"other": "x"})
    assert "Tick at least one contact." in response.text
    assert members(group) == ["Asha"]


def test_ids_too_large_for_a_database_do_no_harm(sender: Client, group: Group) -> None:
    huge = {"contact": "9" * 20, "groups": "9" * 20, "group": group.pk, "action": "add"}
    for address in ("/contacts/", "/contacts/new/", f"/groups/{group.pk}/add/"):
        assert sender.post(address, huge).status_code == 200
