"""The start of every program: with settings that can be read, or one sentence on what is wrong."""

import gc
import os
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# Objects made between two looks at the young ones, and looks before the older ones come in.
_LOOKS_FOR_GARBAGE: Final = (20_000, 20, 20)


def keep_files_private() -> None:
    """Let nobody else on this machine read what a program writes from now on: databases, queues,
    uploads and exports hold people's numbers.
    """
    os.umask(0o077)


def look_for_garbage_less_often() -> None:
    """Let Python's collector look after every 20,000 new objects in place of 700.

    A page about 100,000 people makes objects by the hundred thousand, all of them in use: with
    Python's own figures the looking alone takes as long as the page.
    """
    gc.set_threshold(*_LOOKS_FOR_GARBAGE)


def settings_or_exit() -> Any:
    """The settings. If something is missing from them, say what to do and end with code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sociair_portal.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  # the first look reads them all
    except ImproperlyConfigured as refusal:
        raise SystemExit(str(refusal)) from None
    return settings
