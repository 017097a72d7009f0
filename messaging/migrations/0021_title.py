"""Colleagues can give a campaign a title."""

from django.db import migrations, models

# Not by Django, which makes the table anew on SQLite: with the old one would go which ids have been
# given away.
_ADD = "ALTER TABLE messaging_campaign ADD COLUMN own_title varchar(255) NOT NULL DEFAULT ''"
_DROP = "ALTER TABLE messaging_campaign DROP COLUMN own_title"


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0020_plain_words'),
    ]

    operations = [
        migrations.RunSQL(
            _ADD,
            _DROP,
            state_operations=[
                migrations.AddField(
                    model_name='campaign',
                    name='own_title',
                    field=models.CharField(blank=True, db_default='', default='', max_length=255, verbose_name='title'),
                ),
            ],
        ),
    ]
