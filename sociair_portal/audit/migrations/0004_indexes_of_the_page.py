"""Indexes for the order of the record's page, and for each of its filters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_roles")]

    operations = [
        migrations.RemoveIndex(model_name="entry", name="entry_by_deed"),
        *(
            migrations.AddIndex(
                model_name="entry",
                index=models.Index(fields=[*first, "timestamp", "id"], name=f"entry_by_{name}"),
            )
            for name, first in [
                ("time", []),
                ("deed", ["deed"]),
                ("action", ["action"]),
                ("actor", ["actor"]),
                ("actor_and_what", ["actor", "action", "deed"]),
                ("kind", ["content_type"]),
                ("record", ["content_type", "object_id"]),
            ]
        ),
    ]
