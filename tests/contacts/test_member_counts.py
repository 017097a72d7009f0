"""A group's size is kept by the database, whoever changes its members and however."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from contacts.models import Contact, Group, MemberCount
from contacts.services import membership
from contacts.services.bulk_actions import Action, BulkAction
from sociair_portal.common.bulk_rows import insert_rows
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.queries import FRAME

pytestmark = pytest.mark.django_db
THROUGH: Any = Group.members.through


def is_right() -> None:
    """Each group's size is what counting its members gives."""
    groups = Group.objects.all()
    sizes = membership.sizes(groups)
    assert {group.pk: sizes.get(group.pk, 0) for group in groups} == {
        group.pk: THROUGH.objects.filter(group=group).count() for group in groups
    }
    assert not MemberCount.objects.exclude(group__in=groups).exists()


@pytest.fixture
def people() -> list[Contact]:
    return [ContactFactory.create() for _ in range(5)]


@pytest.fixture
def group(people: list[Contact]) -> Group:
    return GroupFactory.create(members=people[:3])


@pytest.fixture
def other(people: list[Contact]) -> Group:
    return GroupFactory.create(members=people[2:4])


def _bulk(action: Action, group: Group | None = None) -> None:
    bulk = BulkAction(action, Contact.objects.all(), by=None, group=group)
    bulk.go_on(0, is_time_left=lambda: True)


CHANGES: dict[str, Callable[[Group, Group, list[Contact]], object]] = {
    "joined": lambda group, _other, people: membership.join(group, [one.pk for one in people]),
    "left": lambda group, _other, people: membership.leave(group, [people[0].pk, people[4].pk]),
    "chosen": lambda group, _other, people: membership.choose(people[0], []),
    "dissolved": lambda group, _other, _people: membership.dissolve(group, by=None),
    "all in": lambda group, _other, _people: _bulk(Action.ADD, group),
    "all out": lambda group, _other, _people: _bulk(Action.REMOVE, group),
    "all deleted": lambda _group, _other, _people: _bulk(Action.DELETE),
    "one deleted": lambda _group, _other, people: people[2].delete(),
    "groups deleted": lambda _group, _other, _people: Group.objects.all().delete(),
    "inserted as rows": lambda group, _other, people: insert_rows(
        THROUGH, ["group", "contact"], [(group.pk, people[3].pk), (group.pk, people[4].pk)]
    ),
    "moved": lambda group, other, people: THROUGH.objects.filter(
        group=group, contact__in=people[:2]
    ).update(group=other),
    "nothing": lambda group, _other, _people: membership.leave(group, []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_size_follows_every_change(
    change: str, group: Group, other: Group, people: list[Contact]
) -> None:
    is_right()
    before = membership.sizes([group, other])
    assert before == {group.pk: 3, other.pk: 2}
    CHANGES[change](group, other, people)
    is_right()
    assert (membership.sizes([group, other]) == before) == (change == "nothing")
    membership.add_up_counts()
    is_right()


def test_what_is_rolled_back_is_not_counted(group: Group, people: list[Contact]) -> None:
    with transaction.atomic():
        membership.join(group, [people[4].pk])
        transaction.set_rollback(True)
    is_right()
    assert membership.sizes([group]) == {group.pk: 3}


def test_many_changes_are_added_up_into_one_row(group: Group, people: list[Contact]) -> None:
    for _ in range(3):
        membership.leave(group, [people[0].pk])
        membership.join(group, [people[0].pk])
    membership.add_up_counts()
    assert MemberCount.objects.filter(group=group).count() == 1
    is_right()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_emptied_memberships_are_counted_as_none(group: Group) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE contacts_group_members")
    is_right()
    assert membership.sizes([group]) == {}


def test_nobody_is_left_to_add_to_a_group_of_all(group: Group, people: list[Contact]) -> None:
    assert set(membership.outside(group)) == set(people[3:])
    membership.join(group, [one.pk for one in people])
    assert not membership.outside(group)
    new = ContactFactory.create()
    assert list(membership.outside(group)) == [new]


def test_the_list_of_groups_counts_no_members(
    sender: Browser, group: Group, django_assert_num_queries: Any
) -> None:
    sender.get("/groups/")
    with django_assert_num_queries(FRAME + 2) as queries:
        page = sender.get("/groups/")
    assert page.context["rows"] == [(group, 3)]
    assert not any("contacts_group_members" in one["sql"] for one in queries.captured_queries)
