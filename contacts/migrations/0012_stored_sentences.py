"""Why rows of a file were left out is stored with what it is made of, which is longer."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def widen(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite minds no length, and would make the table anew: others' triggers would go with it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE contacts_rejectedrow ALTER COLUMN reason TYPE text")


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0011_number_styles'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='rejectedrow',
                    name='reason',
                    field=models.TextField(verbose_name='reason'),
                ),
            ],
            database_operations=[migrations.RunPython(widen, migrations.RunPython.noop)],
        ),
    ]
