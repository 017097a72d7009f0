"""Tests go to numbers that their owners have proved, or that a manager has entered."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F, Q
from django.utils import timezone


def give_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    app = global_apps.get_app_config("messaging")
    create_permissions(app, apps=apps, using=using, verbosity=0)
    names = ["add_profile", "change_profile", "view_profile"]
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="messaging", codename__in=names
    )
    for managers in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        managers.permissions.add(*permissions)


def vouch_for_managers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What managers had entered for themselves they would enter now without a code as well."""
    users = apps.get_model(settings.AUTH_USER_MODEL).objects
    managers = users.filter(Q(is_superuser=True) | Q(groups__name="Manager"))
    apps.get_model("messaging", "Profile").objects.filter(
        user__in=managers.values("pk")
    ).exclude(mobile="").update(proved_at=timezone.now(), entered_by=F("user"))


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0012_control_campaign'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NumberCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mobile', models.CharField(max_length=10, verbose_name='mobile number')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('guesses', models.PositiveSmallIntegerField(default=0, verbose_name='guesses')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
            ],
            options={
                'verbose_name': 'code',
                'verbose_name_plural': 'codes',
            },
        ),
        migrations.AlterModelOptions(
            name='profile',
            options={'verbose_name': 'own number', 'verbose_name_plural': 'own numbers'},
        ),
        migrations.AddField(
            model_name='batch',
            name='code_key',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='profile',
            name='entered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by the manager'),
        ),
        migrations.AddField(
            model_name='profile',
            name='proved_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='proved, or entered by a manager'),
        ),
        migrations.AddConstraint(
            model_name='profile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entered_by__isnull', True), ('proved_at__isnull', True)), models.Q(('mobile', ''), _negated=True), _connector='OR'), name='profile_proved_number'),
        ),
        migrations.AddField(
            model_name='numbercode',
            name='campaign',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='code', to='messaging.campaign', verbose_name='campaign'),
        ),
        migrations.AddField(
            model_name='numbercode',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddIndex(
            model_name='numbercode',
            index=models.Index(fields=['user', 'sent_at'], name='number_code_of_user'),
        ),
        migrations.AddIndex(
            model_name='numbercode',
            index=models.Index(fields=['mobile', 'sent_at'], name='number_code_of_number'),
        ),
        migrations.AddConstraint(
            model_name='numbercode',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('user',), name='number_code_one_a_user'),
        ),
        migrations.AddConstraint(
            model_name='numbercode',
            constraint=models.CheckConstraint(condition=models.Q(('guesses__lte', 5)), name='number_code_guesses'),
        ),
        migrations.RunPython(give_permissions, migrations.RunPython.noop),
        migrations.RunPython(vouch_for_managers, migrations.RunPython.noop),
    ]
