"""Django, set up for a module that runs inside a portal's process."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sociair_portal.settings")
django.setup()
