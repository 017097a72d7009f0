"""Counts that the worker makes and remembers, and triggers that say when they hold no more.

Frozen: databases have these triggers. What they are to be one day is another migration's. A migration
that makes one of these tables anew on SQLite loses its triggers and must make them again; a test asks
whether all are there.
"""

from typing import Final

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


# Of each table, the columns that say who gets what.
COLUMNS: Final = {
    "contacts_contact": ("name", "mobile", "fields"),
    "contacts_group_members": ("group_id", "contact_id"),
    "contacts_contactfield": ("key", "kind"),
    "contacts_optout": ("mobile",),
    "contacts_forgottennumber": ("fingerprint", "key_mark", "let_back_at"),
}

# Where SQLite's own count of new rows has to do.
COUNTED_BY_SQLITE: Final = ("contacts_contact", "contacts_group_members")

PAST: Final = {"UPDATE": "updated", "DELETE": "deleted", "INSERT": "inserted"}

FUNCTION: Final = """
    CREATE FUNCTION messaging_people_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO messaging_peoplechange (weight) VALUES (1);
        RETURN NULL;
    END $$
"""


def triggers(vendor: str) -> dict[str, str]:
    """The triggers by name. On SQLite none for new contacts and memberships: a trigger for each of
    them would make an import take longer by half, and `sqlite_sequence` counts them anyway, unless
    somebody gives them an id below the highest.
    """
    made = {}
    for table, columns in COLUMNS.items():
        if vendor == "postgresql":
            made[f"{table}_changed"] = f"""
                CREATE TRIGGER {table}_changed
                AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {", ".join(columns)} ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION messaging_people_changed()
            """
            continue
        changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
        of = ", ".join(columns)
        whens = {f"UPDATE OF {of}": f"WHEN {changed}", "DELETE": ""}
        if table not in COUNTED_BY_SQLITE:
            whens["INSERT"] = ""
        for when, only in whens.items():
            name = f"{table}_{PAST[when.split()[0]]}"
            made[name] = f"""
                CREATE TRIGGER {name} AFTER {when} ON {table} {only} BEGIN
                    INSERT INTO messaging_peoplechange (id, weight) VALUES (1, 1)
                    ON CONFLICT (id) DO UPDATE SET weight = weight + 1;
                END
            """
    return made


def watch(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(FUNCTION, params=None)
    for statement in triggers(vendor).values():
        schema_editor.execute(statement, params=None)


def unwatch(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION messaging_people_changed() CASCADE", params=None)
        return
    for name in triggers(vendor):
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0008_number_parts'),
        ('messaging', '0016_opted_out_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='PeopleChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weight', models.BigIntegerField(default=1, editable=False)),
            ],
            options={
                'verbose_name': 'change of people',
                'verbose_name_plural': 'changes of people',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='PeopleCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(editable=False, max_length=80, unique=True)),
                ('audience', models.JSONField(default=dict, editable=False)),
                ('mark', models.CharField(editable=False, max_length=64)),
                ('state', models.CharField(choices=[('asked', 'Asked for'), ('running', 'Being counted'), ('done', 'Counted'), ('given_up', 'Could not be counted')], default='asked', max_length=8)),
                ('run', models.PositiveIntegerField(default=0, editable=False)),
                ('counted', models.PositiveIntegerField(default=0, editable=False)),
                ('most', models.PositiveIntegerField(default=0, editable=False)),
                ('result', models.JSONField(default=dict, editable=False)),
                ('woken_at', models.DateTimeField(editable=False, null=True)),
                ('worked_at', models.DateTimeField(editable=False, null=True)),
                ('campaign', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.campaign')),
            ],
            options={
                'verbose_name': 'count of people',
                'verbose_name_plural': 'counts of people',
                'default_permissions': (),
            },
        ),
        migrations.RunPython(watch, unwatch),
    ]
