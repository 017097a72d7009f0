"""Managers may read the record of who did what."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from sociair_portal.roles import create_roles


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions only after all migrations; the roles need them now.
    alias = schema_editor.connection.alias
    create_permissions(global_apps.get_app_config("audit"), apps=apps, using=alias, verbosity=0)
    create_roles(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("messaging", "0010_odd_cells_of_tables")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
