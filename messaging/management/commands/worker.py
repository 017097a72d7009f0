"""`manage.py worker`: send what is queued until told to stop."""

import logging
import os
import signal
import threading
import time
from typing import Any, Final, NoReturn

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand
from django.db import connection
from huey.contrib.djhuey import HUEY

from contacts.services import forgotten
from contacts.tasks import sweep_imports
from messaging import tasks
from messaging.services import sociair
from messaging.services.storage import database
from sociair_portal.common.shutdown import NEEDS_PERSON, reason_to_stop, stopping

logger = logging.getLogger(__name__)

_ATTEND_EVERY: Final = 2.0  # seconds


class Command(BaseCommand):
    help = "Send what is queued. SIGTERM stops it once the requests being sent have ended."
    # Not those of pages: they would load every one of them into a process that shows none.
    requires_system_checks = [Tags.security, "messaging"]

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sociair.check_token()
        except sociair.NoToken as missing:
            self._end(str(missing))
        database.check_file()
        try:
            forgotten.check_key()
        except forgotten.AnotherKey as wrong:
            self._end(str(wrong))
        if not reason_to_stop():
            _run()
        if why := reason_to_stop():
            self._end(why)

    def _end(self, why: str) -> NoReturn:
        self.stderr.write(why)
        raise SystemExit(NEEDS_PERSON)


def _run() -> None:
    consumer = HUEY.create_consumer(**settings.HUEY["consumer"])
    threading.Thread(target=_pass_on, args=(consumer.stop_flag,), daemon=True).start()
    threading.Thread(target=_attend, daemon=True).start()
    threading.Thread(target=_end_with_reason, daemon=True).start()
    tasks.sweep()
    sweep_imports()
    consumer.run()


def _pass_on(stop_flag: threading.Event) -> None:
    """Huey lets its tasks end; this tells the senders not to begin another call."""
    stop_flag.wait()
    stopping.set()


def _attend() -> None:
    """Compare this machine's record with the database every few seconds: other machines wait for
    it.
    """
    while True:
        try:
            tasks.attend()
        except Exception as error:  # noqa: BLE001  # without this thread other machines would wait
            connection.close()
            logger.warning(
                "This machine could not compare its record with the database: %s.",
                type(error).__name__,
            )
        if stopping.wait(_ATTEND_EVERY):
            return


def _end_with_reason() -> None:
    """End a worker that has given up as if it were told to: calls in flight are waited for."""
    stopping.wait()
    if not reason_to_stop():
        return
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(0.05)  # until Huey listens
    os.kill(os.getpid(), signal.SIGTERM)
