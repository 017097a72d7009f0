"""Numbers of a field are shown alike."""

from typing import Final

from django.db import migrations, models

# Not by Django, which makes the table anew on SQLite: with the old one would go triggers that others
# have put on it.
_ADD: Final = "ALTER TABLE contacts_contactfield ADD COLUMN shown_as varchar(8) NOT NULL DEFAULT ''"
_DROP: Final = "ALTER TABLE contacts_contactfield DROP COLUMN shown_as"


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0010_plain_words'),
    ]

    operations = [
        migrations.RunSQL(
            _ADD,
            _DROP,
            state_operations=[
                migrations.AddField(
                    model_name='contactfield',
                    name='shown_as',
                    field=models.CharField(blank=True, choices=[('', 'As typed'), ('commas', 'With commas, like 1,20,000'), ('decimals', 'With commas and two decimals, like 1,20,000.00')], db_default='', default='', max_length=8, verbose_name='how numbers are shown'),
                ),
            ],
        ),
    ]
