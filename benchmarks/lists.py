"""The list of contacts with a million people, beside Django's own Paginator on the same rows."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from benchmarks.browser import browser_of
from benchmarks.portal import databases, portal
from contacts.forms.lists import ContactFilterForm
from contacts.models import Contact, ContactField, Group, OptOut
from contacts.names import name_key
from contacts.phone import operator_of
from sociair_portal.common.bulk_rows import insert_rows
from sociair_portal.common.pages import page_by_key

_PEOPLE: Final = 1_000_000
# What a page may take in the database (ms) and how many queries it may make.
_MOST_MS: Final = 2000.0
_MOST_QUERIES: Final = 20
_TIMES: Final = 3  # of each page; the middle one counts
_AT_ONCE: Final = 20_000
_FIRST: Final = ("Sita", "Ram", "Gita", "Hari", "Maya", "Bikash", "सीता", "रमेश", "Anita", "Dipak")
_LAST: Final = ("Rai", "Lama", "Shrestha", "Gurung", "Karki", "थापा", "Magar", "Tamang", "Sherpa")
_DAY: Final = "2026-01-01 00:00:00+00:00"


@dataclass(frozen=True)
class Page:
    database: str
    name: str
    found: dict[str, Any]

    @property
    def is_met(self) -> bool:
        return bool(self.found["ms"] <= _MOST_MS and self.found["queries"] <= _MOST_QUERIES)

    def __str__(self) -> str:
        paginator = self.found["paginator_ms"]
        beside = f"Paginator {paginator:8.1f} ms" if paginator is not None else ""
        return (
            f"{self.database:<10} {self.name:<34} {self.found['ms']:8.1f} ms in the database, "
            f"{self.found['queries']:2} queries; {beside}"
        )


def measure(people: int = _PEOPLE) -> Iterator[Page]:
    for database in databases():
        with portal(database) as empty:
            for name, found in empty.run(pages, people).items():
                yield Page(database, name, found)


def pages(people: int) -> dict[str, Any]:
    """Of each page its ms in the database and its queries."""
    _fill(people)
    group = Group.objects.get(name="Class 9").pk
    queries = {
        "first page": "",
        "first page by number": "sort=number",
        "newest first": "sort=-added",
        "a group": f"group={group}",
        "who opted out": "opted=yes",
        "a field: fee due at least 990": "field=fee_due&how=least&value=990",
        "a field that hardly anybody has": "field=note&how=filled",
        "a name that many have": "q=sita",
        "a name that few have": f"q=person {people - 7}",
        "a name that nobody has": "q=zzzzzz",
        "three digits that many have": "q=412",
        "the end of a number": f"q={_mobile(people - 7)[-6:]}",
        "a number that nobody has": "q=98 00 00 00 00 00",
    }
    client = browser_of(User.objects.create_superuser("bench"))
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES={"staticfiles": storage}):
        found = {name: _page(client, query) for name, query in queries.items()}
        found["a page in the middle"] = _middle(client, people)
    return found


def _page(client: Client, query: str) -> dict[str, Any]:
    begun = client.get(f"/contacts/?{query}")
    address = getattr(begun, "url", f"/contacts/?{query}")  # what is typed goes on to a key
    ms, queries = _measured(lambda: client.get(address))
    return {"ms": ms, "queries": queries, "paginator_ms": _paginator(query, 1)}


def _middle(client: Client, people: int) -> dict[str, Any]:
    """As deep as half of all, where the token of the page before leads to."""
    before = Contact.objects.order_by("name", "id")[people // 2]
    everybody = Contact.objects.filter(name__gte=before.name)
    token = page_by_key(everybody, order=("name", "id")).next
    ms, queries = _measured(lambda: client.get("/contacts/", {"page": token}))
    return {"ms": ms, "queries": queries, "paginator_ms": _paginator("", people // 100)}


def _paginator(query: str, number: int) -> float:
    """The same rows by number of the page, with a count, as Django does it."""
    filters = ContactFilterForm(_data(query))
    rows = filters.found().order_by(*filters.order)

    def page() -> None:
        list(Paginator(rows.all(), 50).page(number))

    return _measured(page)[0]


def _data(query: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in query.split("&") if part)


def _measured(do: Callable[[], object]) -> tuple[float, int]:
    """Milliseconds in the database and queries: the middle of several times."""
    found = []
    for _ in range(_TIMES):
        with _watched() as times:
            do()
        found.append((sum(times) * 1000, len(times)))
    return sorted(found)[_TIMES // 2]


@contextmanager
def _watched() -> Iterator[list[float]]:
    times: list[float] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            times.append(time.perf_counter() - started)

    with connection.execute_wrapper(watch):
        yield times


def _mobile(n: int) -> str:
    return f"{('984', '980', '961')[n % 3]}{(n * 7919) % 10_000_000:07d}"


def _name(n: int) -> str:
    return f"{_FIRST[n % 10]} {_LAST[n // 10 % 9]} Person {n}"


def _fill(people: int) -> None:
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number", in_list=True)
    ContactField.objects.create(name="Note", key="note", kind="text")
    columns = ["name", "name_key", "mobile", "operator", "fields", "created_at", "updated_at"]
    for start in range(0, people, _AT_ONCE):
        insert_rows(Contact, columns, map(_contact, range(start, min(start + _AT_ONCE, people))))
    through = Group.members.through
    for name, step in (("Everybody", 1), ("Class 9", 1000)):
        group = Group.objects.create(name=name)
        pks = Contact.objects.order_by("pk").values_list("pk", flat=True)[::step]
        insert_rows(through, ["group", "contact"], ((group.pk, pk) for pk in pks))
    OptOut.objects.bulk_create(OptOut(mobile=_mobile(n)) for n in range(0, people, 1000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _contact(n: int) -> tuple[str, ...]:
    name, mobile = _name(n), _mobile(n)
    fields = {"fee_due": n % 1000, **({"note": "x"} if n % 100_000 == 7 else {})}
    return (name, name_key(name), mobile, operator_of(mobile).value, json.dumps(fields), _DAY, _DAY)
