"""Migrate an empty database."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json

from django.core.management import call_command
from django.db import connection

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    if connection.vendor == "postgresql":
        call_command("create_huey_tables", verbosity=0)
    print(json.dumps({}))
