"""The check of a bill is kept, and pages of records have the indexes that they need."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0017_people_counts'),
    ]

    operations = [
        migrations.AddField(
            model_name='gateway',
            name='bills_mark',
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name='BillCheck',
            fields=[
                ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='bill_check', serialize=False, to='messaging.campaign', verbose_name='campaign')),
                ('mark', models.BigIntegerField()),
                ('spent', models.DecimalField(decimal_places=4, max_digits=14, null=True, verbose_name='spent')),
                ('lines', models.JSONField(default=list)),
                ('signed', models.JSONField(default=dict)),
                ('explained', models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                ('after', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.balancereading')),
                ('before', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.balancereading')),
            ],
            options={
                'verbose_name': 'check of a bill',
                'verbose_name_plural': 'checks of bills',
            },
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['sent_at'], name='campaign_handed_over'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['at'], name='event_when'),
        ),
        migrations.AddIndex(
            model_name='balancereading',
            index=models.Index(fields=['read_at'], name='reading_when'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(
                condition=models.Q(('state', 'settled')), fields=['claimed_at'], name='batch_settled'
            ),
        ),
    ]
