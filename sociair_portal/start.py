"""The start of every program: with settings that can be read, or one sentence on what is wrong."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def settings_or_exit() -> Any:
    """The settings. If something is missing from them, say what to do and end with code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sociair_portal.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  # the first look reads them all
    except ImproperlyConfigured as refusal:
        raise SystemExit(str(refusal)) from None
    return settings
