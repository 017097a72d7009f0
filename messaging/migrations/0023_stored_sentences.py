"""Which entries were left out, and why, is stored with what it is made of, which is longer."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def widen(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite minds no length, and would make the tables anew: others' triggers would go with it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE messaging_leftout"
            " ALTER COLUMN entry TYPE text, ALTER COLUMN words TYPE text"
        )
        schema_editor.execute("ALTER TABLE messaging_tablerow ALTER COLUMN reason TYPE text")


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0022_quiet_days'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='leftout',
                    name='entry',
                    field=models.TextField(verbose_name='entry'),
                ),
                migrations.AlterField(
                    model_name='leftout',
                    name='words',
                    field=models.TextField(verbose_name='details'),
                ),
                migrations.AlterField(
                    model_name='tablerow',
                    name='reason',
                    field=models.TextField(blank=True, verbose_name='reason it has no number'),
                ),
            ],
            database_operations=[migrations.RunPython(widen, migrations.RunPython.noop)],
        ),
    ]
