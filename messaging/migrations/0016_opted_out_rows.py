"""Rows of tables say themselves whether they opt somebody out: a sentence changes with the language.

Until now every portal wrote that sentence in English.
"""

from django.db import migrations, models

SAID = "Opted out, as the spreadsheet says."


def mark(apps, schema_editor):
    rows = apps.get_model("messaging", "TableRow").objects.using(schema_editor.connection.alias)
    rows.filter(reason=SAID).update(is_opted_out=True)


class Migration(migrations.Migration):

    dependencies = [
        ("messaging", "0015_sent_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="tablerow",
            name="is_opted_out",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="opted out by the spreadsheet"
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
