"""With which digits pages write numbers."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_preferences'),
    ]

    operations = [
        migrations.AddField(
            model_name='preferences',
            name='devanagari_digits',
            field=models.BooleanField(db_default=False, default=False, verbose_name='Devanagari digits'),
        ),
    ]
