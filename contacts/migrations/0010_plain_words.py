"""Labels in plain words; the columns stay as they are."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


_PERMISSIONS = {
    "forget_person": "Can anonymise a person",
}


def rename_permissions(apps: Any, schema_editor: Any) -> None:
    """Django names them once, when it makes them."""
    permissions = apps.get_model("auth", "Permission").objects
    for codename, name in _PERMISSIONS.items():
        permissions.filter(codename=codename, content_type__app_label="contacts").update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contacts', '0009_sounds_and_parts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='forgottennumber',
            options={'default_permissions': (), 'permissions': [('forget_person', 'Can anonymise a person')], 'verbose_name': 'anonymised number', 'verbose_name_plural': 'anonymised numbers'},
        ),
        migrations.AlterModelOptions(
            name='rejectedrow',
            options={'ordering': ['id'], 'verbose_name': 'row left out', 'verbose_name_plural': 'rows left out'},
        ),
        migrations.AlterField(
            model_name='contactfield',
            name='in_list',
            field=models.BooleanField(default=False, verbose_name='shown in the list of contacts'),
        ),
        migrations.AlterField(
            model_name='contactfield',
            name='key',
            field=models.CharField(error_messages={'unique': 'A field with this name already exists.'}, max_length=60, unique=True, verbose_name='placeholder'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='continued',
            field=models.PositiveIntegerField(default=0, verbose_name='lines that continue a row'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='created',
            field=models.PositiveIntegerField(default=0, verbose_name='new'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='added'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='heading',
            field=models.PositiveIntegerField(default=0, verbose_name='line with the headings'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='kept',
            field=models.PositiveIntegerField(default=0, verbose_name='contacts left as they were'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='options',
            field=models.JSONField(default=dict, verbose_name='choices'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='purpose',
            field=models.CharField(choices=[('contacts', 'Contacts'), ('recipients', 'Recipients of one message')], default='contacts', max_length=10, verbose_name='purpose'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='state',
            field=models.CharField(choices=[('ready', 'Not started'), ('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed'), ('undoing', 'Being undone'), ('undone', 'Undone')], default='ready', max_length=9, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='undone',
            field=models.PositiveIntegerField(default=0, verbose_name='contacts removed or restored'),
        ),
        migrations.AlterField(
            model_name='contactimport',
            name='updated',
            field=models.PositiveIntegerField(default=0, verbose_name='changed'),
        ),
        migrations.AlterField(
            model_name='forgottennumber',
            name='key_mark',
            field=models.CharField(editable=False, max_length=8, verbose_name='key mark'),
        ),
        migrations.AlterField(
            model_name='forgottennumber',
            name='let_back_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='messages allowed again since'),
        ),
        migrations.AlterField(
            model_name='forgottennumber',
            name='looked_for_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True, verbose_name='searched for everywhere'),
        ),
        migrations.AlterField(
            model_name='group',
            name='name',
            field=models.CharField(error_messages={'unique': 'A group with this name already exists.'}, max_length=100, unique=True, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='optout',
            name='mobile',
            field=models.CharField(error_messages={'unique': 'This number is already opted out.'}, max_length=10, unique=True, verbose_name='mobile number'),
        ),
        migrations.AlterField(
            model_name='rejectedrow',
            name='reason',
            field=models.CharField(max_length=300, verbose_name='reason'),
        ),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop),
    ]
