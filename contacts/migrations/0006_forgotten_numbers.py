"""Numbers whose people were made nameless."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0005_whole_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='ForgottenNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(editable=False, max_length=64, unique=True, verbose_name='fingerprint')),
                ('key_mark', models.CharField(editable=False, max_length=8, verbose_name='mark of the key')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='since')),
                ('looked_for_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True, verbose_name='looked for everywhere')),
                ('let_back_at', models.DateTimeField(editable=False, null=True, verbose_name='texted again since')),
            ],
            options={
                'verbose_name': 'forgotten number',
                'verbose_name_plural': 'forgotten numbers',
                'permissions': [('forget_person', 'Can make a person nameless')],
                'default_permissions': (),
            },
        ),
    ]
