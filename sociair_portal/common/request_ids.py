"""The name of the request behind what is being done, in its own process and on in the worker's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Final

_current: Final[ContextVar[str]] = ContextVar("request_id", default="")


def current_id() -> str:
    """The name of the request that is being answered, or gone on with; empty outside of one."""
    return _current.get()


@contextmanager
def on_behalf_of(request_id: str) -> Iterator[None]:
    """Do something because of a request: what it logs, and which events it keeps, have its name."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def for_a_request(work: Callable[[], None]) -> Callable[..., None]:
    """A task that goes on under the name of the request that asked for it, which it is given."""

    @wraps(work)
    def under_its_name(request_id: str = "") -> None:
        with on_behalf_of(request_id):
            work()

    return under_its_name
