"""The worker, in a process that may strike itself at a step: `python -m tests.proof.launcher`.

Nothing of the worker is changed but that it passes by here on its way.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any, Final

import django
from django.core.management import call_command

from tests.proof.steps import Step, Strike

STRIKE: Final = "PROOF_STRIKE"


@contextlib.contextmanager
def _queue_at_rest() -> Iterator[None]:
    """No thread of this process is amid a transaction of the queue's file.

    Whoever is suspended there would lock everybody out of it for as long as the test looks on.
    """
    from huey.contrib.djhuey import HUEY  # noqa: PLC0415 - not before Django is ready

    with getattr(HUEY.storage, "lock", contextlib.nullcontext()):
        yield


class _Trap:
    """Strikes this process at the n-th passage, whichever thread it is."""

    def __init__(self, strike: Strike) -> None:
        self._left = strike.nth
        self._signal = strike.signal
        self._lock = threading.Lock()

    def pass_by(self, _result: object = None) -> None:
        with self._lock:
            self._left -= 1
            struck = self._left == 0
        if struck:
            with _queue_at_rest():
                # To the thread itself, which then does not take one step more.
                signal.pthread_kill(threading.get_ident(), self._signal)

    def pass_by_with(self, claim: object) -> None:
        if claim is not None:
            self.pass_by()


def _before(owner: Any, name: str, pass_by: Callable[[], None]) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def trapped(*args: Any, **kwargs: Any) -> Any:
        pass_by()
        return original(*args, **kwargs)

    setattr(owner, name, trapped)


def _after(owner: Any, name: str, pass_by: Callable[[Any], None]) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def trapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        pass_by(result)
        return result

    setattr(owner, name, trapped)


def _set(strike: Strike) -> None:
    # Not before Django is ready.
    from contacts.importing import load  # noqa: PLC0415
    from messaging.services import sociair, states, transport  # noqa: PLC0415
    from messaging.services.campaigns import batches, preparation  # noqa: PLC0415
    from messaging.services.sending import claims, persistence  # noqa: PLC0415

    trap = _Trap(strike)
    match strike.step:
        case Step.PREPARING:
            _before(batches, "insert_rows", trap.pass_by)
            _before(preparation, "insert_rows", trap.pass_by)
        case Step.LOADING:
            _before(load, "insert_rows", trap.pass_by)
        case Step.BEFORE_CLAIM:
            _before(claims, "claim_batch", trap.pass_by)
        case Step.CLAIMED:
            _after(claims, "claim_batch", trap.pass_by_with)
        case Step.CLAIMING_ALONG:
            _after(claims, "claim_on", trap.pass_by_with)
        case Step.CLAIMED_ALONG:
            _after(persistence, "record", trap.pass_by_with)
        case Step.CALLING:
            calling = threading.local()  # readings of the balance are not meant
            _before(sociair, "send", partial(setattr, calling, "sms", True))
            _after(sociair, "send", lambda result: setattr(calling, "sms", False))
            _before(
                transport.WatchedHTTPConnection,
                "getresponse",
                lambda: trap.pass_by() if getattr(calling, "sms", False) else None,
            )
        case Step.ANSWERED:
            _after(sociair, "send", trap.pass_by)
        case Step.SAVING:
            _after(states, "move_recipients", trap.pass_by)


def main() -> None:
    django.setup()
    if text := os.environ.get(STRIKE):
        _set(Strike.read(text))
    call_command("worker")


if __name__ == "__main__":
    main()
