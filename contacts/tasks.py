"""The worker's tasks for contacts: loading imports. Its database table is the queue."""

import threading
import time
from functools import partial
from typing import Final

from django.db import transaction
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from contacts.importing import jobs, undo
from contacts.services import membership
from sociair_portal.common import temporary
from sociair_portal.common.request_ids import current_id, for_a_request
from sociair_portal.common.shutdown import stopping

_RUN_FOR: Final = 20.0  # seconds a task goes on before it makes room for senders
_EXPIRES: Final = 60
_PRIORITY: Final = 3

# One import at a time in a worker: more would only wait for the same database.
_importing = threading.Lock()


def kick_imports() -> None:
    """Load imports that were started, when the transaction is committed."""
    transaction.on_commit(partial(run_imports, current_id()))


@db_task(priority=_PRIORITY, expires=_EXPIRES)  # type: ignore[untyped-decorator]
@for_a_request
def run_imports() -> None:
    """Load what was started; if it takes long, go on in another task."""
    if not _importing.acquire(blocking=False):
        return
    until = time.monotonic() + _RUN_FOR
    try:
        ended = jobs.run(go_on=lambda: time.monotonic() < until and not stopping.is_set())
    finally:
        _importing.release()
    if not ended and not stopping.is_set():
        run_imports(current_id())


@db_periodic_task(crontab(minute="*"), priority=_PRIORITY, expires=_EXPIRES)  # type: ignore[untyped-decorator]
def sweep_imports() -> None:
    """Go on with imports whose worker is gone; forget what no one has started or can undo, and
    files of a process that was killed; add up the counts of members.
    """
    temporary.sweep()
    jobs.forget_abandoned()
    undo.forget_old()
    membership.add_up_counts()
    if jobs.waiting():
        run_imports()
