"""Managers may look at the machines."""

from importlib import import_module

from django.db import migrations

roles = import_module("messaging.migrations.0002_roles")


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_machines")]

    operations = [migrations.RunPython(roles.forwards, migrations.RunPython.noop)]
