"""The database's own guard over the record: rows come, and neither change nor go.

Two things are let through. What is personal may be emptied, so that a person can be forgotten; an
account that is deleted leaves its name here. And entries of passing interest may go when old.
"""

from typing import Final

_TABLE: Final = "audit_entry"
_WORDS: Final = "The record of who did what is append-only."
_PASSING: Final = "'looked_at', 'signed_in', 'signed_out', 'sign_in_failed', 'sign_in_slowed'"
_YOUNGEST_DAYS: Final = 28
_FIXED: Final = (
    *("id", "deed", "action", "timestamp", "cid", "remote_addr", "remote_port", "actor_name"),
    *("content_type_id", "object_pk", "object_id", "additional_data"),
)
_PERSONAL: Final = {
    "object_repr": "= ''",
    "changes_text": "= ''",
    "actor_id": "IS NULL",
    "actor_email": "IS NULL",
    "changes": "IS NULL",
    "serialized_data": "IS NULL",
}


def _is_allowed(same: str) -> str:
    """The condition of an allowed update; `same` is how a database compares what may be null."""
    fixed = [f"NEW.{name} {same} OLD.{name}" for name in _FIXED]
    personal = [
        f"(NEW.{name} {same} OLD.{name} OR NEW.{name} {empty})" for name, empty in _PERSONAL.items()
    ]
    return " AND ".join([*fixed, *personal])


_SQLITE: Final = [
    f"""CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON {_TABLE}
    WHEN NOT ({_is_allowed("IS")}) BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END""",
    f"""CREATE TRIGGER audit_entry_kept BEFORE DELETE ON {_TABLE}
    WHEN NOT (OLD.deed IN ({_PASSING})
        AND OLD.timestamp < datetime('now', '-{_YOUNGEST_DAYS} days'))
    BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END""",
]
_POSTGRESQL: Final = [
    f"""CREATE FUNCTION audit_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' AND ({_is_allowed("IS NOT DISTINCT FROM")}) THEN RETURN NEW; END IF;
    IF TG_OP = 'DELETE' AND OLD.deed IN ({_PASSING})
        AND OLD.timestamp < now() - interval '{_YOUNGEST_DAYS} days' THEN RETURN OLD; END IF;
    RAISE EXCEPTION '{_WORDS}'; END $$""",
    f"""CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON {_TABLE}
    FOR EACH ROW EXECUTE FUNCTION audit_entry_guard()""",
    f"""CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON {_TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_guard()""",
]

GUARD: Final[dict[str, list[str]]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
UNGUARD: Final[dict[str, list[str]]] = {
    "sqlite": ["DROP TRIGGER audit_entry_unchanged", "DROP TRIGGER audit_entry_kept"],
    "postgresql": [
        f"DROP TRIGGER audit_entry_kept ON {_TABLE}",
        f"DROP TRIGGER audit_entry_not_emptied ON {_TABLE}",
        "DROP FUNCTION audit_entry_guard()",
    ],
}
