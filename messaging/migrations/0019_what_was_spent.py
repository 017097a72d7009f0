"""What a campaign's calls cost is counted with its answers, in the place of with the check of its
bill.
"""

from django.db import migrations, models

# Not by Django, which makes the table anew on SQLite: with the old one would go which ids have been
# given away.
_ADD = "ALTER TABLE messaging_campaign ADD COLUMN spent decimal(14, 4) NOT NULL DEFAULT 0"
_DROP = "ALTER TABLE messaging_campaign DROP COLUMN spent"
_COUNT = """
UPDATE messaging_campaign SET spent = COALESCE((
    SELECT ROUND(SUM(call.cost), 4)
    FROM messaging_sentmessage AS call
    JOIN messaging_batch AS batch ON batch.id = call.batch_id
    WHERE batch.campaign_id = messaging_campaign.id
), 0)
WHERE answered_at IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0018_pages_of_records'),
    ]

    operations = [
        migrations.RunSQL(
            _ADD,
            _DROP,
            state_operations=[
                migrations.AddField(
                    model_name='campaign',
                    name='spent',
                    field=models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=14, verbose_name='spent'),
                ),
            ],
        ),
        migrations.RunSQL(_COUNT, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='billcheck',
            name='spent',
        ),
    ]
