"""Names are found in another script than they were written in, and SQLite finds names and numbers by
any part of them without a look at every row.

PostgreSQL has an index of trigrams on the sounds, as on names and numbers before. SQLite has one
table of trigrams for all three; triggers keep it, whoever writes a contact by whatever statement.
It does not say where in a name or number a trigram stands, which makes it small and quick to write:
whoever asks it looks at what it found. Where it cannot be had, every row is read.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db import DatabaseError, migrations, models, transaction

from contacts.sounds import sounds

# Not by Django, which makes the table anew on SQLite: with the old one would go triggers that others
# have put on it, and which ids have been given away.
_ADD: Final = "ALTER TABLE contacts_contact ADD COLUMN sound_key varchar(1000) NOT NULL DEFAULT ''"
_DROP: Final = "ALTER TABLE contacts_contact DROP COLUMN sound_key"
_AT_ONCE: Final = 10_000
_TABLE: Final = """
    CREATE VIRTUAL TABLE contacts_parts USING fts5(
        name_key, sound_key, mobile, content='contacts_contact', content_rowid='id',
        tokenize='trigram', detail='column'
    )
"""
_OLD: Final = """
    INSERT INTO contacts_parts (contacts_parts, rowid, name_key, sound_key, mobile)
        VALUES ('delete', OLD.id, OLD.name_key, OLD.sound_key, OLD.mobile);
"""
_NEW: Final = """
    INSERT INTO contacts_parts (rowid, name_key, sound_key, mobile)
        VALUES (NEW.id, NEW.name_key, NEW.sound_key, NEW.mobile);
"""
_TRIGGERS: Final = (
    f"CREATE TRIGGER contacts_parts_come AFTER INSERT ON contacts_contact BEGIN {_NEW} END",
    f"CREATE TRIGGER contacts_parts_gone AFTER DELETE ON contacts_contact BEGIN {_OLD} END",
    f"""
    CREATE TRIGGER contacts_parts_changed
        AFTER UPDATE OF name_key, sound_key, mobile ON contacts_contact
        WHEN (OLD.name_key, OLD.sound_key, OLD.mobile)
            IS NOT (NEW.name_key, NEW.sound_key, NEW.mobile)
    BEGIN {_OLD} {_NEW} END
    """,
)
_FILL: Final = "INSERT INTO contacts_parts (contacts_parts) VALUES ('rebuild')"
_ON_POSTGRESQL: Final = (
    "CREATE INDEX contact_by_sound ON contacts_contact USING gin (sound_key gin_trgm_ops)"
)


def hear(apps: Any, schema_editor: Any) -> None:
    """Give every contact its sounds."""
    cursor = schema_editor.connection.cursor()
    for rows in _pieces(cursor):
        heard = sounds([" ".join(name.split()) for _pk, name in rows])  # as others may have written
        cursor.executemany(
            "UPDATE contacts_contact SET sound_key = %s WHERE id = %s",
            [(sound, pk) for (pk, _name), sound in zip(rows, heard, strict=True)],
        )


def _pieces(cursor: Any) -> Iterator[list[tuple[int, str]]]:
    last = 0
    while True:
        cursor.execute(
            "SELECT id, name FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s",
            [last, _AT_ONCE],
        )
        rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def add_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
            if cursor.fetchone():
                schema_editor.execute(_ON_POSTGRESQL)
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            for statement in (_TABLE, *_TRIGGERS, _FILL):
                schema_editor.execute(statement)
    except DatabaseError as error:
        print(f"\n  Without trigrams, searches read every contact: {error}")


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS contact_by_sound")
        return
    for name in ("come", "gone", "changed"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS contacts_parts_{name}")
    schema_editor.execute("DROP TABLE IF EXISTS contacts_parts")


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0008_number_parts'),
    ]

    operations = [
        migrations.RunSQL(
            _ADD,
            _DROP,
            state_operations=[
                migrations.AddField(
                    model_name='contact',
                    name='sound_key',
                    field=models.CharField(db_default='', default='', editable=False, max_length=1000),
                ),
            ],
        ),
        migrations.RunPython(hear, migrations.RunPython.noop),
        migrations.RunPython(add_index, drop_index),
    ]
