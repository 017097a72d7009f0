"""Managers may pause, cancel and move their colleagues' messages; others only their own."""

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions only after all migrations; the role needs this one now. It gets no
    # other: whatever an office has taken from its managers stays taken.
    using = schema_editor.connection.alias
    app = global_apps.get_app_config("messaging")
    create_permissions(app, apps=apps, using=using, verbosity=0)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="messaging", codename="control_campaign"
    )
    for managers in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        managers.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0011_request_ids_and_withheld_answers")]

    operations = [
        migrations.AlterModelOptions(
            name="campaign",
            options={
                "get_latest_by": "id",
                "permissions": [
                    ("send_campaign", "Can compose and send"),
                    ("settle_campaign", "Can settle what is unconfirmed"),
                    ("control_campaign", "Can pause, cancel and move colleagues' messages"),
                ],
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
            },
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
