"""Of 14 indexes 8 are left: ours begin with what those of the library's fields are of, and nothing
asks for `object_pk`. Requests' names get one without those entries that have none.

Dropped by name, and in the state alone taken from the fields: SQLite would make the table anew for
each of them, and lose the triggers that guard it.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q

# On PostgreSQL texts had a second one each, for patterns.
_NAMES = {
    "audit_entry_object_pk_627118f8": "object_pk",
    "audit_entry_object_pk_627118f8_like": "object_pk varchar_pattern_ops",
    "audit_entry_object_id_40c057b1": "object_id",
    "audit_entry_action_37b799df": "action",
    "audit_entry_cid_ce90e40f": "cid",
    "audit_entry_cid_ce90e40f_like": "cid varchar_pattern_ops",
    "audit_entry_timestamp_0d94c159": "timestamp",
    "audit_entry_actor_id_57c4b003": "actor_id",
    "audit_entry_content_type_id_3398cc3a": "content_type_id",
}
_FIELDS = [
    ("object_pk", models.CharField(max_length=255, verbose_name="object pk")),
    ("object_id", models.BigIntegerField(blank=True, null=True, verbose_name="object id")),
    (
        "action",
        models.PositiveSmallIntegerField(
            choices=[(0, "create"), (1, "update"), (2, "delete"), (3, "access")],
            verbose_name="action",
        ),
    ),
    (
        "cid",
        models.CharField(blank=True, max_length=255, null=True, verbose_name="Correlation ID"),
    ),
    ("timestamp", models.DateTimeField(default=django.utils.timezone.now, verbose_name="timestamp")),
    (
        "actor",
        models.ForeignKey(
            blank=True,
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to=settings.AUTH_USER_MODEL,
            verbose_name="actor",
        ),
    ),
    (
        "content_type",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="+",
            to="contenttypes.contenttype",
            verbose_name="content type",
        ),
    ),
]


def drop(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in _NAMES:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


def make(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, columns in _NAMES.items():
        if schema_editor.connection.vendor == "postgresql" or not name.endswith("_like"):
            schema_editor.execute(f"CREATE INDEX {name} ON audit_entry ({columns})")


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_indexes_of_the_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="entry", name=name, field=field)
                for name, field in _FIELDS
            ],
            database_operations=[migrations.RunPython(drop, make)],
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["cid"], name="entry_by_request", condition=Q(cid__isnull=False)
            ),
        ),
    ]
