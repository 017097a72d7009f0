"""`manage.py prepare`: update database, queue, static files and demo data before a start."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils.translation import gettext as _
from huey.contrib.djhuey import HUEY

# Two thousand icons, of which pages have a handful, each drawn into the page itself.
_IGNORED: Final = ["bootstrap-icons"]


class Command(BaseCommand):
    help = _("Update the database and the queue, and collect static files if they have changed.")
    requires_system_checks = []  # made below, the database's among them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help=_("load the sandbox's demo data"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.check(databases=["default"])
            call_command("migrate", interactive=False, verbosity=0)
            # SQLite's queue makes its tables itself, Redis has none; a second time changes nothing.
            if settings.HUEY["huey_class"] == "huey.PostgresHuey":
                HUEY.storage.initialize_schema()
        except OperationalError as error:
            said = _("The database cannot be used: %(error)s") % {"error": error}
            raise CommandError(said) from error
        _collect_static_files()
        if options["demo"]:
            call_command("demo")


def _collect_static_files() -> None:
    """Collect them only when a file has come, gone or changed: it takes seconds."""
    marker = Path(settings.STATIC_ROOT) / ".collected"
    state = _state_of_static_files()
    if not marker.exists() or marker.read_text() != state:
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=_IGNORED)
        marker.write_text(state)


def _state_of_static_files() -> str:
    """A hash that changes when a static file does."""
    storage = settings.STORAGES["staticfiles"]["BACKEND"]
    return hashlib.sha256("\n".join([storage, *sorted(_files())]).encode()).hexdigest()


def _files() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list(_IGNORED):
            file = Path(storage.path(path)).stat()
            yield f"{path} {file.st_size} {file.st_mtime_ns}"
