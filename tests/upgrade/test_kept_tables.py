"""A migration that adds a column to a table keeps its triggers and its sequence of ids."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

_SCRIPT: Final = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection

def found(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()

def state():
    triggers = found("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1")
    ids = found("SELECT name, seq FROM sqlite_sequence WHERE name LIKE '%_contact%'")
    return {name for (name,) in triggers if "_parts_" not in name}, ids

call_command("migrate", verbosity=0)
call_command("migrate", "messaging", "0018", verbosity=0)
call_command("migrate", "contacts", "0008", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO contacts_contact"
        " (name, name_key, mobile, operator, fields, created_at, updated_at) VALUES"
        " ('Sita' || char(10) || 'Rai', 'sitarai', '9841000001', 'ntc', '{}', '2026', '2026'),"
        " ('Hari', 'hari', '9841000002', 'ntc', '{}', '2026', '2026')"
    )
    cursor.execute("DELETE FROM contacts_contact WHERE name = 'Hari'")
before = state()
assert dict(before[1])["contacts_contact"] == 2
call_command("migrate", verbosity=0)
assert state() == before, (state(), before)
assert found("SELECT sound_key FROM contacts_contact") == [(" sit ri ",)]
assert found("SELECT count(*) FROM contacts_parts WHERE contacts_parts MATCH 'sit'") == [(1,)]
"""


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_new_column_takes_nothing_else_away(database: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "only-for-this-test",
        "DATABASE_URL": f"{database}:///{tmp_path}/portal.sqlite3",
        "STATE_DIR": str(tmp_path),
        "SANDBOX": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
