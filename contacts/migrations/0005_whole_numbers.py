"""Whoever sees numbers sees whole ones, until an office takes that away from a role or a person."""

from django.conf import settings
from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Lists in which numbers stand.
LISTS = ("view_contact", "view_optout", "view_campaign", "view_recipient", "view_sentmessage")


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions only after all migrations; the roles need this one now.
    app = global_apps.get_app_config("contacts")
    create_permissions(app, apps=apps, using=schema_editor.connection.alias, verbosity=0)
    may_see = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="contacts", codename="view_number"
    )
    for role in apps.get_model("auth", "Group").objects.filter(permissions__codename__in=LISTS):
        role.permissions.add(may_see)
    users = apps.get_model(settings.AUTH_USER_MODEL)
    for user in users.objects.filter(user_permissions__codename__in=LISTS):
        user.user_permissions.add(may_see)


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_undone_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "permissions": [("view_number", "Can see whole numbers")],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
