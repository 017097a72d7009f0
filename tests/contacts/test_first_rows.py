"""What a search finds stands in the order of the list, page by page, however it was looked for."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, ContactField, Group
from contacts.names import name_key
from contacts.phone import operator_of
from contacts.services.filters import ORDERS, Comparison, ContactFilter, FieldCondition
from sociair_portal.common import first_rows as module
from sociair_portal.common.bulk_rows import insert_rows, take_stock
from sociair_portal.common.first_rows import first_rows
from sociair_portal.common.pages import page_by_key
from tests.conftest import Browser
from tests.factories import GroupFactory

pytestmark = pytest.mark.django_db

_NAMES = ("Asha Rai", "asha lama", "Hari Rai", "सीता राई", "Sita Ram", "SITA", "Zeno Asha", "राम")
# As SQLite and PostgreSQL compare what is typed: by parts of the key, or by digits.
SEARCHES = (
    "",
    "asha",
    "ra",
    "a",
    "sita ra",
    "सीता",
    "राम",
    "tar",
    "zz",
    "984",
    "0984",
    "41",
    "999",
)


def _fill(count: int) -> None:
    rows = []
    for place in range(count):
        name = f"{_NAMES[place * (place + 1) // 2 % len(_NAMES)]} {place // 3}"
        mobile = f"98{place % 7}{place * 7919 % 10_000_000:07}"
        operator = operator_of(mobile).value
        rows.append((name, name_key(name), mobile, operator, f'{{"fee": {place % 10}}}', *_DAYS))
    columns = ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"]
    insert_rows(Contact, columns, rows)


_DAYS = ("2026-01-01 00:00:00+00:00", "2026-01-01 00:00:00+00:00")


@pytest.fixture
def people() -> None:
    _fill(90)


def _naive(words: str) -> set[int]:
    """Who fits, as someone would say it who reads every row."""
    keys = [name_key(word) for word in words.split()]
    digits = words.removeprefix("0") if words.isdecimal() else None
    return {
        contact.pk
        for contact in Contact.objects.all()
        if all(key in contact.name_key for key in keys)
        or (digits is not None and (words in contact.mobile or contact.mobile.startswith(digits)))
    }


@pytest.mark.parametrize("order", ORDERS.values(), ids=",".join)
@pytest.mark.parametrize(("stretch", "furthest"), [(3, 0), (3, 20), (7, 50), (200, 500)])
def test_pages_of_a_search_are_the_list_without_the_others(
    people: None, order: tuple[str, ...], stretch: int, furthest: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "_STRETCH", stretch)
    monkeypatch.setattr(module, "_FURTHEST", furthest)
    everyone = list(Contact.objects.order_by(*order))
    for words in SEARCHES:
        naive = _naive(words)
        wanted = [contact for contact in everyone if contact.pk in naive]
        found, at, backwards = [], "", []
        while True:
            page = page_by_key(
                ContactFilter(words=words).found(),
                among=Contact.objects.all(),
                order=order,
                at=at,
                size=4,
            )
            found += page.items
            backwards.append(page.previous)
            if not (at := page.next):
                break
        assert found == wanted, words
        if len(found) > 8:  # and back again from the last page
            back = page_by_key(
                ContactFilter(words=words).found(),
                among=Contact.objects.all(),
                order=order,
                at=backwards[-1],
                size=4,
            )
            last = (len(found) - 1) // 4 * 4
            assert back.items == found[last - 4 : last]


@pytest.mark.parametrize("furthest", [0, 1000])
def test_a_group_and_a_field_narrow_it_too(people: None, furthest: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_STRETCH", 5)
    monkeypatch.setattr(module, "_FURTHEST", furthest)
    group = GroupFactory.create(members=Contact.objects.filter(pk__gt=0)[::4])
    fee = ContactField.objects.create(name="Fee", key="fee", kind="number")
    condition = FieldCondition(fee, Comparison.LEAST, 4)
    inside = set(group.members.values_list("pk", flat=True))
    everyone = list(Contact.objects.order_by("name", "id"))
    cases = [
        (ContactFilter(group=group).found(), [one for one in everyone if one.pk in inside]),
        (Contact.objects.exclude(groups=group), [one for one in everyone if one.pk not in inside]),
        (
            ContactFilter(condition=condition).found(),
            [one for one in everyone if one.fields["fee"] >= 4],
        ),
    ]
    for rows, fitting in cases:
        found = first_rows(rows, 12, order=("name", "id"), among=Contact.objects.all())
        assert found == fitting[:12]


@pytest.fixture
def many() -> None:
    _fill(4000)
    take_stock(Contact, added=4000)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(row[3] for row in cursor.fetchall())
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_a_stretch_is_walked_by_an_index_and_no_further(many: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_STRETCH", 200)
    rows = ContactFilter(words="rai").found()
    with CaptureQueriesContext(connection) as queries:
        found = first_rows(rows, 5, order=("name", "id"), among=Contact.objects.all())
    assert len(found) == 5
    far, walk = (one["sql"] for one in queries.captured_queries)
    for sql in (far, walk):
        plan = _plan(sql)
        assert "contact_by_name" in plan, plan
        assert "SCAN contacts_contact\n" not in f"{plan}\n", plan
        assert "Seq Scan" not in plan, plan


def test_those_who_fit_are_gathered_without_walking_the_list(many: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_FURTHEST", 0)
    monkeypatch.setattr(module, "_STRETCH", 5)
    rows = ContactFilter(words="zeno").found()
    with CaptureQueriesContext(connection) as queries:
        first_rows(rows, 5, order=("name", "id"), among=Contact.objects.all())
    gathering = _plan(queries.captured_queries[-2]["sql"])
    assert "contact_by_name " not in f"{gathering} ".replace("contact_by_name_part", ""), gathering


def test_the_admin_lists_the_first_thousand(manager: Browser, many: None) -> None:
    page = manager.get("/admin/contacts/contact/")
    assert page.context["cl"].result_count == 1000
    first = Contact.objects.order_by("name", "id")
    assert list(page.context["cl"].result_list) == list(first[:50])
    found = manager.get("/admin/contacts/contact/", {"q": "zeno"}, follow=True).context["cl"]
    assert list(found.result_list) == list(first.filter(name_key__contains="zeno")[:50])
    assert found.result_count == min(1000, first.filter(name_key__contains="zeno").count())


def test_what_is_done_to_all_in_the_admin_is_done_to_those_listed(
    manager: Browser, many: None
) -> None:
    listed = list(Contact.objects.order_by("name", "id").values_list("pk", flat=True)[:1000])
    chosen = {"action": "delete_selected", "select_across": "1", "_selected_action": listed[:1]}
    asked = manager.post("/admin/contacts/contact/", chosen)
    assert asked.status_code == 200
    manager.post("/admin/contacts/contact/", {**chosen, "post": "yes"})
    assert Contact.objects.count() == 3000
    assert not Contact.objects.filter(pk__in=listed).exists()
    assert Group.objects.count() == 0
