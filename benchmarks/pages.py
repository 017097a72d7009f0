"""Every page of an office with a million people that has sent for years: its time, its queries and
its slowest statement.
"""

import gc
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from benchmarks import addresses, office
from benchmarks.browser import browser_of
from benchmarks.portal import databases, portal

_PEOPLE: Final = 1_000_000
_RECIPIENTS: Final = 1_000_000
_MOST_MS: Final = 100.0  # of a whole page, at the 95th of a hundred
_MOST_QUERIES: Final = 30
_TIMES: Final = 20  # each page is opened, after once to warm up
_SHOWN: Final = 110  # characters of a statement


@dataclass(frozen=True)
class Page:
    database: str
    name: str
    found: dict[str, Any]

    @property
    def is_met(self) -> bool:
        return bool(self.found["p95"] <= _MOST_MS and self.found["queries"] <= _MOST_QUERIES)

    def __str__(self) -> str:
        found = self.found
        return (
            f"{' ' if self.is_met else '!'} {self.database:<10} {self.name:<60} "
            f"p50 {found['p50']:7.1f}  p95 {found['p95']:7.1f} ms (limit {_MOST_MS:.0f}), "
            f"{found['queries']:3} queries (limit {_MOST_QUERIES}), "
            f"the slowest {found['slowest_ms']:7.1f} ms: {found['slowest']}"
        )


def measure(people: int = _PEOPLE, recipients: int = _RECIPIENTS) -> Iterator[Page]:
    for database in databases():
        with portal(database) as empty:
            for name, found in empty.run(fill_and_open, people, recipients).items():
                yield Page(database, name, found)


def with_ten_million() -> Iterator[Page]:
    return measure(recipients=10 * _RECIPIENTS)


def fill_and_open(people: int, recipients: int) -> dict[str, Any]:
    office.fill(people, recipients)
    return open_all()


def open_all(times: int = _TIMES) -> dict[str, Any]:
    """Of each page its milliseconds, its queries and its slowest statement."""
    addresses.make_drafts()
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    changed: dict[str, Any] = {"ALLOWED_HOSTS": ["*"], "STORAGES": {"staticfiles": storage}}
    with override_settings(**changed, SECOND_STEP="nobody"):
        client = _signed_in()
        opened = (
            (one.name, _opened(client, one.whole, times)) for one in addresses.all_addresses()
        )
        return {name: page for name, page in opened if page is not None}


def _signed_in() -> Client:
    client = browser_of(User.objects.get(username="bench"))
    if client.get("/").status_code != HTTPStatus.OK:
        raise RuntimeError("nobody is signed in: every page would be that of signing in")
    return client


def _opened(client: Client, address: str, times: int) -> dict[str, Any] | None:
    """None for what is no page here: a button, or a step that leads on to another page."""
    answer = client.get(address)
    if "search=" in getattr(answer, "url", ""):  # what is typed goes on to a key
        address = answer["Location"]
        answer = client.get(address)
    if answer.status_code not in (200, 204):
        return None
    with _watched() as statements:
        client.get(address)
    slowest, statement = max(statements, default=(0.0, ""))
    took = sorted(_seconds(client, address) for _ in range(times))
    return {
        "p50": took[times // 2] * 1000,
        "p95": took[math.ceil(times * 0.95) - 1] * 1000,
        "queries": len(statements),
        "slowest_ms": slowest * 1000,
        "slowest": " ".join(statement.split())[:_SHOWN],
    }


def _seconds(client: Client, address: str) -> float:
    gc.collect()
    began = time.perf_counter()
    client.get(address)
    return time.perf_counter() - began


@contextmanager
def _watched() -> Iterator[list[tuple[float, str]]]:
    statements: list[tuple[float, str]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append((time.perf_counter() - started, sql))

    with connection.execute_wrapper(watch):
        yield statements
