"""The record's table: its guard is as it landed and the same on both databases; its indexes."""

from hashlib import sha256
from importlib import import_module

import pytest
from django.db import connection

_LANDED = import_module("sociair_portal.audit.migrations.0002_append_only")
_AS_IT_LANDED = {
    "sqlite": "45998c6502e1509e446b7455de69e63bc3faf4136e4ed35ec889900e9f58d54f",
    "postgresql": "cdd58c8b9962aea4600e39ad8d82e1b80874a87773ffba14f97a61c2437b842f",
}


def plain(statement: str) -> str:
    return " ".join(statement.split())


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_its_migration_has_not_changed_since_it_landed(vendor: str) -> None:
    said = "\n".join(map(plain, _LANDED.GUARD[vendor]))
    assert sha256(said.encode()).hexdigest() == _AS_IT_LANDED[vendor]


def test_both_databases_let_the_same_through() -> None:
    unchanged, kept = map(plain, _LANDED.GUARD["sqlite"])
    function = plain(_LANDED.GUARD["postgresql"][0])
    may_change = unchanged.partition("WHEN NOT (")[2].partition(") BEGIN")[0]
    for name in ("NEW", "OLD"):
        assert may_change.count(f"{name}.") >= 18
    compared = may_change.replace(" IS OLD", " IS NOT DISTINCT FROM OLD")
    assert f"IF TG_OP = 'UPDATE' AND ({compared}) THEN RETURN NEW" in function
    may_go = kept.partition("WHEN NOT (")[2].partition(") BEGIN")[0]
    same = may_go.replace("datetime('now', '-28 days')", "now() - interval '28 days'")
    assert f"IF TG_OP = 'DELETE' AND {same} THEN RETURN OLD" in function


@pytest.mark.django_db
def test_it_is_installed_as_the_migration_says() -> None:
    """Also after every later migration: SQLite drops triggers with a table that is made anew."""
    installed = _on_sqlite() if connection.vendor == "sqlite" else _on_postgresql()
    wanted = " ".join(map(plain, _LANDED.GUARD[connection.vendor]))
    assert installed
    for part in installed:
        assert plain(part) in wanted
    assert len(installed) == len(_LANDED.GUARD[connection.vendor])


@pytest.mark.django_db
def test_every_write_pays_for_the_indexes_that_are_used_and_for_no_other() -> None:
    """The page's order alone and by each filter; the library's fields would bring seven more."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "audit_entry")
    indexes = {name for name, it in found.items() if it["index"] and not it["primary_key"]}
    by = ("time", "deed", "action", "actor", "actor_and_what", "kind", "record", "request")
    assert indexes == {f"entry_by_{one}" for one in by}


def _on_sqlite() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
        return [sql for (sql,) in cursor.fetchall()]


def _on_postgresql() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'audit_entry_guard'")
        bodies = [f"$${body}$$" for (body,) in cursor.fetchall()]
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' "
            "AND tgrelid = 'audit_entry'::regclass"
        )
        return [*bodies, *(f"CREATE TRIGGER {name}" for (name,) in cursor.fetchall())]
