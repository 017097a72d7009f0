"""Numbers are found by any digits of them, with PostgreSQL's trigrams as names are.

The index makes imports an eighth slower; without it every search for digits reads every contact.
Where the extension cannot be had, they are read.
"""

from typing import Any

from django.db import migrations

ADD = "CREATE INDEX contact_by_digits ON contacts_contact USING gin (mobile gin_trgm_ops)"
DROP = "DROP INDEX IF EXISTS contact_by_digits"


def add_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            schema_editor.execute(ADD)


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_member_counts")]
    operations = [migrations.RunPython(add_index, drop_index)]
