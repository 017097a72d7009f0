"""How many people are in each group, kept by the database itself: whoever changes a membership, by
whatever statement, changes the count in the same transaction.

SQLite has one writer, and one row for each group. In PostgreSQL two who write would wait for each
other at such a row, or lock each other out for good if they met in several groups: each change
leaves a row of its own there, and the size is their sum. `membership.add_up_counts` makes them few.
"""

from typing import Final

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

COUNTED: Final = """
    INSERT INTO contacts_membercount (group_id, people)
        SELECT g.id, (SELECT count(*) FROM contacts_group_members m WHERE m.group_id = g.id)
        FROM contacts_group g
"""
TRIGGERS: Final[dict[str, list[str]]] = {
    "sqlite": [
        """
        CREATE TRIGGER contacts_group_made AFTER INSERT ON contacts_group
            BEGIN INSERT INTO contacts_membercount (group_id, people) VALUES (NEW.id, 0); END
        """,
        """
        CREATE TRIGGER contacts_group_gone AFTER DELETE ON contacts_group
            BEGIN DELETE FROM contacts_membercount WHERE group_id = OLD.id; END
        """,
        """
        CREATE TRIGGER contacts_member_joined AFTER INSERT ON contacts_group_members
            BEGIN
                UPDATE contacts_membercount SET people = people + 1 WHERE group_id = NEW.group_id;
            END
        """,
        """
        CREATE TRIGGER contacts_member_left AFTER DELETE ON contacts_group_members
            BEGIN
                UPDATE contacts_membercount SET people = people - 1 WHERE group_id = OLD.group_id;
            END
        """,
        """
        CREATE TRIGGER contacts_member_moved AFTER UPDATE OF group_id ON contacts_group_members
            BEGIN
                UPDATE contacts_membercount SET people = people - 1 WHERE group_id = OLD.group_id;
                UPDATE contacts_membercount SET people = people + 1 WHERE group_id = NEW.group_id;
            END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION contacts_count_members() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                DELETE FROM contacts_membercount;
            END IF;
            IF TG_OP IN ('UPDATE', 'DELETE') THEN
                INSERT INTO contacts_membercount (group_id, people)
                    SELECT group_id, -count(*) FROM gone GROUP BY group_id;
            END IF;
            IF TG_OP IN ('UPDATE', 'INSERT') THEN
                INSERT INTO contacts_membercount (group_id, people)
                    SELECT group_id, count(*) FROM come GROUP BY group_id;
            END IF;
            RETURN NULL; END $$
        """,
        """
        CREATE FUNCTION contacts_forget_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM contacts_membercount WHERE group_id = OLD.id;
            RETURN NULL; END $$
        """,
        """
        CREATE TRIGGER contacts_member_joined AFTER INSERT ON contacts_group_members
            REFERENCING NEW TABLE AS come
            FOR EACH STATEMENT EXECUTE FUNCTION contacts_count_members()
        """,
        """
        CREATE TRIGGER contacts_member_left AFTER DELETE ON contacts_group_members
            REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION contacts_count_members()
        """,
        """
        CREATE TRIGGER contacts_member_moved AFTER UPDATE ON contacts_group_members
            REFERENCING OLD TABLE AS gone NEW TABLE AS come
            FOR EACH STATEMENT EXECUTE FUNCTION contacts_count_members()
        """,
        """
        CREATE TRIGGER contacts_members_emptied AFTER TRUNCATE ON contacts_group_members
            FOR EACH STATEMENT EXECUTE FUNCTION contacts_count_members()
        """,
        """
        CREATE TRIGGER contacts_group_gone AFTER DELETE ON contacts_group
            FOR EACH ROW EXECUTE FUNCTION contacts_forget_count()
        """,
    ],
}
UNDO: Final[dict[str, list[str]]] = {
    "sqlite": [
        "DROP TRIGGER contacts_group_made",
        "DROP TRIGGER contacts_group_gone",
        "DROP TRIGGER contacts_member_joined",
        "DROP TRIGGER contacts_member_left",
        "DROP TRIGGER contacts_member_moved",
    ],
    "postgresql": [
        "DROP TRIGGER contacts_group_gone ON contacts_group",
        "DROP TRIGGER contacts_member_joined ON contacts_group_members",
        "DROP TRIGGER contacts_member_left ON contacts_group_members",
        "DROP TRIGGER contacts_member_moved ON contacts_group_members",
        "DROP TRIGGER contacts_members_emptied ON contacts_group_members",
        "DROP FUNCTION contacts_count_members()",
        "DROP FUNCTION contacts_forget_count()",
    ],
}


def begin_to_count(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody joins a group between the count and the triggers: these keep writers out."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute("LOCK TABLE contacts_group, contacts_group_members IN SHARE ROW EXCLUSIVE MODE")
    for statement in [*TRIGGERS[vendor], COUNTED]:
        schema_editor.execute(statement, params=None)


def count_no_more(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_forgotten_numbers")]

    operations = [
        migrations.CreateModel(
            name="MemberCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("people", models.IntegerField()),
                ("group", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="counts", to="contacts.group")),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(begin_to_count, count_no_more),
    ]
