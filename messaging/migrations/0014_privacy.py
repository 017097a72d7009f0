"""Making people nameless, removing what is old; managers may do so."""

import django.db.models.deletion
import django.utils.timezone
from django.apps import apps as global_apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


def forwards(apps, schema_editor):
    # Django makes permissions only after all migrations; the role needs this one now. It gets no
    # other: whatever an office has taken from its managers stays taken.
    alias = schema_editor.connection.alias
    create_permissions(global_apps.get_app_config("contacts"), apps=apps, using=alias, verbosity=0)
    may_forget = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="contacts", codename="forget_person"
    )
    for managers in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        managers.permissions.add(may_forget)


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0006_forgotten_numbers'),
        ('messaging', '0013_proved_numbers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mobile', models.CharField(blank=True, editable=False, max_length=10)),
                ('traces', models.JSONField(default=dict, editable=False)),
                ('of_number', models.BooleanField(default=True, verbose_name='the number as well')),
                ('mark', models.CharField(blank=True, max_length=8, verbose_name='beginning of the fingerprint')),
                ('counts', models.JSONField(default=dict, verbose_name='what was removed')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='since')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='RetentionDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('counts', models.JSONField(default=dict, verbose_name='what was removed')),
                ('is_over', models.BooleanField(default=False, verbose_name='nothing is left to remove')),
            ],
            options={
                'verbose_name': 'removal of what is old',
                'verbose_name_plural': 'removals of what is old',
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='recipient',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mobile__startswith', '#'), _negated=True), models.Q(('state__in', ['queued', 'sending', 'unconfirmed']), _negated=True), _connector='OR'), name='recipient_removed_is_over'),
        ),
        migrations.AddField(
            model_name='erasure',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.UniqueConstraint(condition=models.Q(('mobile', ''), _negated=True), fields=('mobile',), name='erasure_of_number_once'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), ('mobile', ''), _connector='OR'), name='erasure_forgets_when_finished'),
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
