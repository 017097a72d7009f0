"""Names are found by any part of them: PostgreSQL needs trigrams for that.

Numbers have no such index: it would make imports a sixth slower, and a look through all numbers
takes PostgreSQL a fraction of a second even when they are a million.

Where the extension cannot be had, searching works all the same and reads every row.
"""

from typing import Any

from django.db import DatabaseError, migrations, transaction

STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX contact_by_name_part ON contacts_contact USING gin (name_key gin_trgm_ops)",
)


def add_indexes(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            for statement in STATEMENTS:
                schema_editor.execute(statement)
    except DatabaseError as error:
        print(f"\n  Without pg_trgm, searches read every contact: {error}")


def drop_indexes(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS contact_by_name_part")


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]
    operations = [migrations.RunPython(add_indexes, drop_indexes)]
