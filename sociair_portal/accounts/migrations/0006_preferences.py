"""How somebody wants the portal to be."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_role_of_invitation'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preferences', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='colleague')),
                ('calendar', models.CharField(choices=[('ad', 'Gregorian (AD)'), ('bs', 'Bikram Sambat (BS)')], default='ad', max_length=2, verbose_name='dates')),
                ('language', models.CharField(blank=True, default='', max_length=2, verbose_name='language')),
            ],
            options={
                'verbose_name': 'preferences',
                'verbose_name_plural': 'preferences',
            },
        ),
    ]
