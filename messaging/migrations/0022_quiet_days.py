"""Days off, with those public holidays whose date is certain already; managers change them."""

from datetime import date

from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Fixed by law in one of the calendars, up to the end of 2083 in Bikram Sambat, whose later years
# nobody knows for certain, and up to the end of 2084 in the Gregorian calendar. Those that follow
# the moon are published year by year.
HOLIDAYS = [
    (date(2026, 12, 25), "क्रिसमस (Christmas)"),
    (date(2027, 1, 11), "पृथ्वी जयन्ती (Prithvi Jayanti)"),  # 27 Poush 2083
    (date(2027, 1, 15), "माघे सङ्क्रान्ति (Maghe Sankranti)"),  # 1 Magh 2083
    (date(2027, 1, 30), "शहीद दिवस (Martyrs' Day)"),  # 16 Magh 2083
    (date(2027, 2, 19), "प्रजातन्त्र दिवस (Democracy Day)"),  # 7 Falgun 2083
    (date(2027, 3, 8), "अन्तर्राष्ट्रिय महिला दिवस (International Women's Day)"),
    (date(2027, 4, 14), "नयाँ वर्ष २०८४ (New Year 2084)"),  # the day after 30 Chaitra 2083
    (date(2027, 5, 1), "अन्तर्राष्ट्रिय श्रमिक दिवस (International Labour Day)"),
    (date(2027, 12, 25), "क्रिसमस (Christmas)"),
    (date(2028, 3, 8), "अन्तर्राष्ट्रिय महिला दिवस (International Women's Day)"),
]


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    days = apps.get_model("messaging", "QuietDay").objects
    for day, name in HOLIDAYS:
        days.get_or_create(day=day, defaults={"name": name})


def give_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions only after all migrations; the role needs these now. It gets no
    # other: whatever an office has taken from its managers stays taken.
    using = schema_editor.connection.alias
    app = global_apps.get_app_config("messaging")
    create_permissions(app, apps=apps, using=using, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="messaging", content_type__model="quietday"
    )
    for managers in apps.get_model("auth", "Group").objects.filter(name="Manager"):
        managers.permissions.add(*permissions)


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0021_title'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuietDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
            ],
            options={
                'verbose_name': 'day off',
                'verbose_name_plural': 'days off',
                'ordering': ['day'],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(give_permissions, migrations.RunPython.noop),
    ]
