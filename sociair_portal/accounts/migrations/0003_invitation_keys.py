"""What the secret of an invitation's link is made of, so that the same link can go out by SMS."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_cache'),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='key',
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
