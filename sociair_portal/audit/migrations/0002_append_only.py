"""The database refuses to change or delete what is in the record: rows come, and neither change nor
go.

Two things are let through. What is personal may be emptied, so that a person can be forgotten; an
account that is deleted leaves its name here. And entries of passing interest may go when old.

Frozen: databases have these triggers. What they are to be one day is another migration's.
"""

from typing import Final

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GUARD: Final[dict[str, list[str]]] = {
    "sqlite": [
        """
        CREATE TRIGGER audit_entry_unchanged
            BEFORE UPDATE ON audit_entry
            WHEN NOT (NEW.id IS OLD.id
              AND NEW.deed IS OLD.deed
              AND NEW.action IS OLD.action
              AND NEW.timestamp IS OLD.timestamp
              AND NEW.cid IS OLD.cid
              AND NEW.remote_addr IS OLD.remote_addr
              AND NEW.remote_port IS OLD.remote_port
              AND NEW.actor_name IS OLD.actor_name
              AND NEW.content_type_id IS OLD.content_type_id
              AND NEW.object_pk IS OLD.object_pk
              AND NEW.object_id IS OLD.object_id
              AND NEW.additional_data IS OLD.additional_data
              AND (NEW.object_repr IS OLD.object_repr OR NEW.object_repr = '')
              AND (NEW.changes_text IS OLD.changes_text OR NEW.changes_text = '')
              AND (NEW.actor_id IS OLD.actor_id OR NEW.actor_id IS NULL)
              AND (NEW.actor_email IS OLD.actor_email OR NEW.actor_email IS NULL)
              AND (NEW.changes IS OLD.changes OR NEW.changes IS NULL)
              AND (NEW.serialized_data IS OLD.serialized_data OR NEW.serialized_data IS NULL))
            BEGIN SELECT RAISE(ABORT, 'The record of who did what is append-only.'); END
        """,
        """
        CREATE TRIGGER audit_entry_kept
            BEFORE DELETE ON audit_entry
            WHEN NOT (OLD.deed IN ('looked_at', 'signed_in', 'signed_out', 'sign_in_failed', 'sign_in_slowed')
                AND OLD.timestamp < datetime('now', '-28 days'))
            BEGIN SELECT RAISE(ABORT, 'The record of who did what is append-only.'); END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'UPDATE'
              AND (NEW.id IS NOT DISTINCT FROM OLD.id
              AND NEW.deed IS NOT DISTINCT FROM OLD.deed
              AND NEW.action IS NOT DISTINCT FROM OLD.action
              AND NEW.timestamp IS NOT DISTINCT FROM OLD.timestamp
              AND NEW.cid IS NOT DISTINCT FROM OLD.cid
              AND NEW.remote_addr IS NOT DISTINCT FROM OLD.remote_addr
              AND NEW.remote_port IS NOT DISTINCT FROM OLD.remote_port
              AND NEW.actor_name IS NOT DISTINCT FROM OLD.actor_name
              AND NEW.content_type_id IS NOT DISTINCT FROM OLD.content_type_id
              AND NEW.object_pk IS NOT DISTINCT FROM OLD.object_pk
              AND NEW.object_id IS NOT DISTINCT FROM OLD.object_id
              AND NEW.additional_data IS NOT DISTINCT FROM OLD.additional_data
              AND (NEW.object_repr IS NOT DISTINCT FROM OLD.object_repr OR NEW.object_repr = '')
              AND (NEW.changes_text IS NOT DISTINCT FROM OLD.changes_text OR NEW.changes_text = '')
              AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id OR NEW.actor_id IS NULL)
              AND (NEW.actor_email IS NOT DISTINCT FROM OLD.actor_email OR NEW.actor_email IS NULL)
              AND (NEW.changes IS NOT DISTINCT FROM OLD.changes OR NEW.changes IS NULL)
              AND (NEW.serialized_data IS NOT DISTINCT FROM OLD.serialized_data OR NEW.serialized_data IS NULL))
            THEN RETURN NEW; END IF;
            IF TG_OP = 'DELETE' AND OLD.deed IN ('looked_at', 'signed_in', 'signed_out', 'sign_in_failed', 'sign_in_slowed')
                AND OLD.timestamp < now() - interval '28 days' THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'The record of who did what is append-only.'; END $$
        """,
        """
        CREATE TRIGGER audit_entry_kept
            BEFORE UPDATE OR DELETE ON audit_entry
            FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()
        """,
        """
        CREATE TRIGGER audit_entry_not_emptied
            BEFORE TRUNCATE ON audit_entry
            FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()
        """,
    ],
}
UNGUARD: Final[dict[str, list[str]]] = {
    "sqlite": [
        "DROP TRIGGER audit_entry_unchanged",
        "DROP TRIGGER audit_entry_kept",
    ],
    "postgresql": [
        "DROP TRIGGER audit_entry_kept ON audit_entry",
        "DROP TRIGGER audit_entry_not_emptied ON audit_entry",
        "DROP FUNCTION audit_entry_guard()",
    ],
}


def guard(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in GUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unguard(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNGUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
