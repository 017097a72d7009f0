"""A database of an older portal: the next start migrates it, and everything in it is kept.

The dumps beside this file are of November 2026, before the migrations from `messaging` 0007 on.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

_FOLDER: Final = Path(__file__).parent
# What a later portal has no use for.
_GONE: Final = {("messaging_campaign", "saved_by_form"), ("messaging_campaign", "saved_turn")}
_PAGES: Final = (
    *("/", "/history/", "/history/recipients/", "/contacts/", "/groups/", "/templates/"),
    *(
        "/schedule/",
        "/days-off/",
        "/undecided/",
        "/campaigns/1/left-out/",
        "/campaigns/2/",
        "/campaigns/5/",
        "/campaigns/6/review/",
    ),
    *("/compose/?draft=7", "/compose/?draft=8", "/admin/messaging/campaign/"),
)

_SETTLE: Final = "SELECT id FROM auth_permission WHERE codename = 'settle_campaign'"
_VERBS: Final = ("view", "add", "change", "delete")
# Tables that the dump does not have yet.
_LATER: Final = {
    *("contacts_importedchange", "contacts_forgottennumber", "contacts_membercount"),
    *("messaging_erasure", "messaging_retentionday", "messaging_numbercode"),
    *("messaging_sentlink", "messaging_peoplecount", "messaging_peoplechange"),
    *("messaging_billcheck", "messaging_quietday"),
}

# The names of the columns, and the rows.
Found = tuple[list[str], list[Any]]
Query = Callable[[str], Found]


def _tables() -> list[str]:
    apps_ = [apps.get_app_config(name) for name in ("auth", "contacts", "messaging")]
    models = [model for app in apps_ for model in app.get_models(include_auto_created=True)]
    # Permissions are made anew for what has become of the models.
    names = {model._meta.db_table for model in models}
    return sorted(names - {"auth_permission", "auth_group_permissions"} - _LATER)


def _rows(query: Query, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        table: [str(row) for row in query(f"SELECT {', '.join(some)} FROM {table} ORDER BY id")[1]]
        for table, some in columns.items()
    }


def _columns(query: Query) -> dict[str, list[str]]:
    return {table: query(f"SELECT * FROM {table} LIMIT 0")[0] for table in _tables()}


def _run(database: str, folder: Path, *words: str) -> str:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "USER") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database,
        "VAR_DIR": str(folder),
        "SOCIAIR_BASE_URL": "http://127.0.0.1:8010/api",
        "HTTPS": "off",
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _upgrade(database: str, folder: Path, query: Query) -> None:
    """What `make run` does before it starts, and a look at the pages after it."""
    columns = {
        table: [name for name in names if (table, name) not in _GONE]
        for table, names in _columns(query).items()
    }
    before = _rows(query, columns)
    assert [len(before[f"messaging_{name}"]) for name in ("campaign", "recipient")] == [8, 31]
    _run(database, folder, "manage.py", "prepare", "--demo")
    assert _rows(query, columns) == before
    plan = _run(database, folder, "manage.py", "showmigrations", "--plan")
    assert "[ ]" not in plan
    pages = json.loads(_run(database, folder, "-m", "tests.upgrade.pages", *_PAGES))
    assert pages == dict.fromkeys(_PAGES, 200)


def test_a_database_in_a_file_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "portal.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((_FOLDER / "sqlite.sql").read_text())
        # An office has taken this from its managers.
        database.execute(f"DELETE FROM auth_group_permissions WHERE permission_id = ({_SETTLE})")
        database.commit()

    def query(words: str) -> Found:
        with closing(sqlite3.connect(file)) as database:
            cursor = database.execute(words)
            return [name for name, *_rest in cursor.description], cursor.fetchall()

    _upgrade(f"sqlite:///{file}", tmp_path, query)
    rights = "SELECT 1 FROM auth_group_permissions WHERE permission_id = "
    assert query(f"{rights}({_SETTLE})")[1] == []
    for name in ("forget_person", *(f"{verb}_quietday" for verb in _VERBS)):
        assert query(f"{rights}({_SETTLE.replace('settle_campaign', name)})")[1], name


@pytest.fixture
def server(db: None) -> Iterator[dict[str, Any]]:
    """An empty database beside the test's own: how to reach it."""
    name = f"upgrade_{uuid4().hex[:12]}"
    found: dict[str, Any] = connection.get_connection_params()
    reached: dict[str, Any] = {
        key: found[key] for key in ("host", "port", "user", "password") if key in found
    }
    with psycopg.connect(**reached, dbname="postgres", autocommit=True) as maker:
        maker.execute(f"CREATE DATABASE {name}".encode())
        yield {**reached, "dbname": name}
        maker.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.postgresql
def test_a_database_on_a_server_is_kept(server: dict[str, Any], tmp_path: Path) -> None:
    with psycopg.connect(**server, autocommit=True) as database:
        database.execute((_FOLDER / "postgresql.sql").read_bytes())

    def query(words: str) -> Found:
        with psycopg.connect(**server) as database:
            cursor = database.execute(words.encode())
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    _upgrade(_url(server), tmp_path, query)
    kinds = "SELECT data_type FROM information_schema.columns WHERE (table_name, column_name) IN"
    wider = "('messaging_leftout', 'words'), ('messaging_leftout', 'entry')"
    others = "('messaging_tablerow', 'reason'), ('contacts_rejectedrow', 'reason')"
    assert query(f"{kinds} ({wider}, {others})")[1] == [("text",)] * 4


def _url(server: dict[str, Any]) -> str:
    who = ":".join(str(server[key]) for key in ("user", "password") if server.get(key))
    host, port = server.get("host") or "", server.get("port") or ""
    return (
        f"postgres://{who}{'@' if who else ''}{host}{f':{port}' if port else ''}/{server['dbname']}"
    )
