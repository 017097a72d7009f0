"""Groups: the list with its counts, made, renamed, deleted."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from contacts.models import Contact, Group
from tests.factories import ContactFactory, GroupFactory, UserFactory
from tests.queries import FRAME

URL = "/groups/"
NEW = "/groups/new/"


def rows(response: Any) -> list[tuple[str, int]]:
    return [(group.name, size) for group, size in response.context["rows"]]


def test_groups_are_listed_with_their_sizes_and_searched(sender: Client) -> None:
    people = [ContactFactory.create() for _ in range(3)]
    GroupFactory.create(name="Class 9", members=people)
    GroupFactory.create(name="Class 10", members=people[:1])
    GroupFactory.create(name="Nobody")
    assert rows(sender.get(URL)) == [("Class 10", 1), ("Class 9", 3), ("Nobody", 0)]
    assert rows(sender.get(URL, {"q": "class"}, follow=True)) == [("Class 10", 1), ("Class 9", 3)]


def test_a_group_is_made(sender: Client) -> None:
    response = sender.post(NEW, {"name": " Class\u202e 9 "})
    group = Group.objects.get()
    assert group.name == "Class 9"
    assert response["Location"] == reverse("contacts:group", args=[group.pk])


def test_a_group_is_renamed(sender: Client) -> None:
    group = GroupFactory.create(name="Class 9", members=[ContactFactory.create()])
    response = sender.post(f"/groups/{group.pk}/rename/", {"name": "Class 10"}, follow=True)
    assert "Class 9 is now called Class 10." in response.text
    group.refresh_from_db()
    assert (group.name, group.members.count()) == ("Class 10", 1)


def test_a_group_is_deleted_after_a_question(sender: Client) -> None:
    group = GroupFactory.create(
        name="Class 9", members=[ContactFactory.create(), ContactFactory.create()]
    )
    url = f"/groups/{group.pk}/delete/"
    assert "Its 2 members stay in your contacts." in sender.get(url).text
    response = sender.post(url, follow=True)
    assert "Class 9 was deleted." in response.text
    assert not Group.objects.exists()
    assert Contact.objects.count() == 2


def test_pages_of_groups_follow_one_another(sender: Client) -> None:
    for number in range(60):
        GroupFactory.create(name=f"Group {number:02}")
    first = sender.get(URL)
    second = sender.get(URL, {"page": first.context["page"].next}, follow=True)
    assert rows(first)[0] == ("Group 00", 0)
    assert rows(second)[0] == ("Group 50", 0)


@pytest.mark.parametrize("groups", [1, 50])
def test_queries_of_the_groups_page_do_not_grow_with_groups(
    sender: Client, groups: int, django_assert_num_queries: Any
) -> None:
    people = [ContactFactory.create() for _ in range(5)]
    for _ in range(groups):
        GroupFactory.create(members=people)
    sender.get(URL)
    with django_assert_num_queries(FRAME + 2):
        sender.get(URL)


def test_an_empty_list_of_groups_says_so(sender: Client) -> None:
    assert "No groups yet" in sender.get(URL).text
    assert "No groups match your search" in sender.get(URL, {"q": "x"}, follow=True).text


@pytest.mark.parametrize("path", ["/groups/new/", "/groups/5/rename/", "/groups/5/delete/"])
def test_one_who_may_only_see_groups_changes_none(client: Client, path: str, db: None) -> None:
    GroupFactory.create(pk=5, name="Class 9")
    user = UserFactory.create()
    user.user_permissions.add(
        Permission.objects.get(codename="view_group", content_type__app_label="contacts")
    )
    client.force_login(user)
    assert client.get(URL).status_code == 200
    assert client.post(path, {"name": "Other"}).status_code == 403
    assert list(Group.objects.values_list("name", flat=True)) == ["Class 9"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Enter a name for the group."),
        ("\u202e", "Enter a name for the group."),
        ("Class 9", "A group with this name already exists."),
        (" Class  9", "A group with this name already exists."),
        ("x" * 101, "at most 100 characters"),
    ],
)
def test_a_mistake_in_the_name_of_a_group_is_said(sender: Client, name: str, words: str) -> None:
    GroupFactory.create(name="Class 9")
    response = sender.post(NEW, {"name": name})
    assert response.status_code == 200
    assert response.text.count(words) == 2
    assert Group.objects.count() == 1


@pytest.mark.parametrize("path", ["", "add/", "rename/", "delete/"])
def test_a_group_that_went_meanwhile_is_not_there(sender: Client, path: str) -> None:
    assert sender.get(f"/groups/999/{path}").status_code == 404
    assert sender.post(f"/groups/999/{path}", {"contact": "1"}).status_code == 404
