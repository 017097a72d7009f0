"""What a page asked the worker to do."""

from collections.abc import Callable
from typing import Any

from huey.contrib.djhuey import HUEY
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

OnCommit = DjangoCaptureOnCommitCallbacks


def woken(on_commit: OnCommit, action: Callable[[], Any]) -> list[str]:
    """The names of the tasks that an action queued when its transaction was committed."""
    HUEY.flush()
    with on_commit(execute=True):
        action()
    names = sorted(task.name for task in HUEY.pending())
    HUEY.flush()
    return names
