"""Managers may read the record of who did what."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions only after all migrations; the role needs this one now. It gets no
    # other: whatever an office has taken from its managers stays taken.
    alias = schema_editor.connection.alias
    create_permissions(global_apps.get_app_config("audit"), apps=apps, using=alias, verbosity=0)
    may_read = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="audit", codename="view_entry"
    )
    for managers in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        managers.permissions.add(may_read)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("messaging", "0010_odd_cells_of_tables")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
