"""The worker: `manage.py worker` sends what is queued until it is told to stop."""

import logging
import threading
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from huey.contrib.djhuey import HUEY

from contacts.tasks import sweep_imports
from messaging import tasks
from sociair_portal.stopping import stopping

logger = logging.getLogger(__name__)

_ATTEND_EVERY: Final = 2.0  # seconds


class Command(BaseCommand):
    help = "Send what is queued. SIGTERM ends it after the calls in flight."

    def handle(self, *args: Any, **options: Any) -> None:
        consumer = HUEY.create_consumer(**settings.HUEY["consumer"])
        threading.Thread(target=_pass_on, args=(consumer.stop_flag,), daemon=True).start()
        threading.Thread(target=_attend, daemon=True).start()
        tasks.sweep()
        sweep_imports()
        consumer.run()


def _pass_on(stop_flag: threading.Event) -> None:
    """Huey lets its tasks end; this tells the senders not to begin another call."""
    stop_flag.wait()
    stopping.set()


def _attend() -> None:
    """Compare this machine's record with the database every few seconds: the others wait for it."""
    while not stopping.wait(_ATTEND_EVERY):
        try:
            tasks.attend()
        except (DatabaseError, OSError) as error:
            connection.close()
            logger.info("This machine could not look in: %s.", type(error).__name__)
