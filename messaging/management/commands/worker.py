"""The worker: `manage.py worker` sends what is queued until it is told to stop."""

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from huey.contrib.djhuey import HUEY

from contacts.tasks import sweep_imports
from messaging import tasks
from sociair_portal.stopping import stopping


class Command(BaseCommand):
    help = "Send what is queued. SIGTERM ends it after the calls in flight."

    def handle(self, *args: Any, **options: Any) -> None:
        consumer = HUEY.create_consumer(**settings.HUEY["consumer"])
        threading.Thread(target=_pass_on, args=(consumer.stop_flag,), daemon=True).start()
        tasks.sweep()
        sweep_imports()
        consumer.run()


def _pass_on(stop_flag: threading.Event) -> None:
    """Huey lets its tasks end; this tells the senders not to begin another call."""
    stop_flag.wait()
    stopping.set()
