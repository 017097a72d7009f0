"""Measurements of speed and memory, each in the environment of a portal of its own (portal.py).

The process that starts them has no portal: it reads nobody's `.env` and no database.
"""

import os
from typing import Final

import django

_NOWHERE: Final = {
    "DJANGO_SETTINGS_MODULE": "sociair_portal.settings",
    "ENV_FILE": os.devnull,
    "SECRET_KEY": "only-for-benchmarks",
    "SOCIAIR_BASE_URL": "http://127.0.0.1:9/api",
    "DATABASE_URL": "postgres://127.0.0.1:9/nowhere",
}

for name, value in _NOWHERE.items():
    os.environ[name] = os.environ.get(name) or value
django.setup()  # before anything of the portal is imported
