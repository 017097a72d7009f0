"""Links that are sent by SMS, with stars in the place of what is secret in them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0014_privacy'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='link_key',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='is_invitation',
            field=models.BooleanField(default=False, verbose_name='invitation'),
        ),
        migrations.CreateModel(
            name='SentLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(editable=False, verbose_name='key')),
                ('mobile', models.CharField(max_length=10, verbose_name='mobile number')),
                ('fingerprint', models.CharField(editable=False, max_length=64)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('works_until', models.DateTimeField(verbose_name='works until')),
                ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='messaging.campaign', verbose_name='campaign')),
            ],
            options={
                'verbose_name': 'link',
                'verbose_name_plural': 'links',
                'default_permissions': (),
                'indexes': [models.Index(fields=['key'], name='sent_link_by_key'), models.Index(fields=['mobile', 'sent_at'], name='sent_link_of_number')],
            },
        ),
    ]
