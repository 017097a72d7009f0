"""Pages by key: every row once, in order, forwards and backwards, whatever the token."""

import base64
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, OptOut
from sociair_portal.common.pages import Page, page_by_key
from tests.factories import ContactFactory, OptOutFactory

BY_NAME = ("name", "id")
pytestmark = pytest.mark.django_db


@pytest.fixture
def seven() -> list[Contact]:
    """Seven people; three share a name, so that the id decides."""
    names = ["Gita", "Asha", "Gita", "Hari", "Asha", "Gita", "बिना"]
    people = [ContactFactory.create(name=name) for name in names]
    return sorted(people, key=lambda person: (person.name, person.pk))


def walk(model: type[Model], order: Sequence[str], size: int) -> list[Page[Any]]:
    """All pages from the first to the last."""
    pages = [page_by_key(model._default_manager.all(), order=order, size=size)]
    while pages[-1].next:
        rows = model._default_manager.all()
        pages.append(page_by_key(rows, order=order, at=pages[-1].next, size=size))
    return pages


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_walking_meets_everybody_once_in_order(seven: list[Contact], size: int) -> None:
    pages = walk(Contact, BY_NAME, size)
    assert [row for page in pages for row in page.items] == seven
    assert [len(page.items) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert (pages[0].previous, pages[-1].next) == ("", "")


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_walking_back_meets_the_same_pages(seven: list[Contact], size: int) -> None:
    pages = walk(Contact, BY_NAME, size)
    for earlier, later in pairwise(pages):
        back = page_by_key(Contact.objects.all(), order=BY_NAME, at=later.previous, size=size)
        assert back.items == earlier.items
        assert bool(back.previous) == bool(earlier.previous)
        assert back.next == earlier.next


def test_the_latest_come_first_where_the_order_descends() -> None:
    rows = [OptOutFactory.create() for _ in range(5)]
    for order in (("-id",), ("-created_at", "-id"), ("-created_at", "id")):
        pages = walk(OptOut, order, 2)
        assert [row for page in pages for row in page.items] == rows[::-1], order


def test_a_token_holds_a_moment_to_the_microsecond() -> None:
    rows = [OptOutFactory.create() for _ in range(4)]
    OptOut.objects.update(created_at="2026-11-22T08:20:00.123456Z")
    pages = walk(OptOut, ("created_at", "id"), 1)
    assert [page.items for page in pages] == [[row] for row in rows]


@pytest.mark.parametrize(("order", "most"), [(("-id",), 1), (BY_NAME, 2)])
def test_a_page_is_a_query_and_one_for_its_key_without_a_count(
    seven: list[Contact], order: Sequence[str], most: int
) -> None:
    token = page_by_key(Contact.objects.all(), order=order, size=2).next
    with CaptureQueriesContext(connection) as queries:
        page_by_key(Contact.objects.all(), order=order, at=token, size=2)
    assert len(queries) == most
    assert not any("COUNT" in query["sql"] for query in queries)


@pytest.mark.parametrize("order", [BY_NAME, ("mobile", "name_key"), ("-mobile", "-name_key")])
def test_a_token_has_no_name_and_no_number_in_it(
    seven: list[Contact], order: Sequence[str]
) -> None:
    page = walk(Contact, order, 2)[1]
    for one in (page.previous, page.next):
        read = base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)).decode()
        assert json.loads(read)[1:]
        for person in seven:
            assert person.name not in read
            assert person.mobile not in read


def test_deleted_rows_do_not_disturb_the_next_page(seven: list[Contact]) -> None:
    first = page_by_key(Contact.objects.all(), order=BY_NAME, size=3)
    Contact.objects.filter(pk=first.items[-1].pk).delete()
    page = page_by_key(Contact.objects.all(), order=BY_NAME, at=first.next, size=3)
    assert page.items == seven[3:6]
    Contact.objects.filter(pk__in=[person.pk for person in first.items[1:]]).delete()
    page = page_by_key(Contact.objects.all(), order=BY_NAME, at=first.next, size=3)
    assert page.items == seven[3:6]


def test_the_page_after_rows_that_are_all_gone_is_the_first(seven: list[Contact]) -> None:
    first = page_by_key(Contact.objects.all(), order=BY_NAME, size=3)
    Contact.objects.filter(pk__in=[person.pk for person in first.items]).delete()
    page = page_by_key(Contact.objects.all(), order=BY_NAME, at=first.next, size=3)
    assert page.items == seven[3:6]
    assert page.previous == ""


def test_a_page_that_is_empty_now_shows_the_first(seven: list[Contact]) -> None:
    last = walk(Contact, BY_NAME, 6)[-2].next
    Contact.objects.filter(pk=seven[6].pk).delete()
    page = page_by_key(Contact.objects.all(), order=BY_NAME, at=last, size=6)
    assert page.items == seven[:6]


def test_an_empty_list_is_an_empty_page() -> None:
    assert page_by_key(Contact.objects.all(), order=BY_NAME) == Page([])


def token(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        "é",
        "====",
        "../../etc",
        token([]),
        token({}),
        token("after"),
        token(5),
        token(["after"]),
        token(["after", "Gita"]),
        token(["sideways", 1]),
        token([None, 1]),
        token([["after"], 1]),
        token(["after", 10**30]),
        token(["after", None]),
        token(["after", [1]]),
        token(["after", "\0"]),
        token(["after", "\ud800"]),
        token(["after", "x" * 100_000]),
        base64.urlsafe_b64encode(b"\xff\xfe\x00").decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b'["after", "a", ' + b"9" * 5000 + b"]").decode(),
    ],
)
def test_a_broken_page_token_shows_the_first_page(seven: list[Contact], broken: str) -> None:
    page = page_by_key(Contact.objects.all(), order=BY_NAME, at=broken, size=3)
    assert page.items == seven[:3]
    assert page.previous == ""
