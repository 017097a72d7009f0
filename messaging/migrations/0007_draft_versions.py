from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0006_send_again_at_once'),
    ]

    operations = [
        # What is there was saved: a form that was open meanwhile, and posts no version, asks before
        # it writes over it.
        migrations.AddField(
            model_name='campaign',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name='version'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='version',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='version'),
        ),
        migrations.RemoveField(model_name='campaign', name='saved_by_form'),
        migrations.RemoveField(model_name='campaign', name='saved_turn'),
    ]
