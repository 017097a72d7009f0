"""Who acts at this moment, for entries that a library writes: whoever made the request that is
answered, or whoever the worker does something for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.clients import address_of

_request: Final[ContextVar[HttpRequest | None]] = ContextVar("acting_request", default=None)
_asked_by: Final[ContextVar[User | None]] = ContextVar("acting_for", default=None)
_command: Final[ContextVar[str]] = ContextVar("acting_command", default="")


def current_actor() -> User | None:
    if (asked_by := _asked_by.get()) is not None:
        return asked_by
    request = _request.get()
    return user_of(getattr(request, "user", None))


def current_address() -> str | None:
    request = _request.get()
    return (address_of(request) or None) if request else None


def current_command() -> str:
    """The command of `manage.py` that is running; empty for everything else."""
    return _command.get()


@contextmanager
def acting_for(user: Actor) -> Iterator[None]:
    """What the worker does within this, it does for someone who has asked for it."""
    token = _asked_by.set(user_of(user))
    try:
        yield
    finally:
        _asked_by.reset(token)


@contextmanager
def by_command(name: str) -> Iterator[None]:
    """What is done within this is done by a command, and nobody is signed in."""
    token = _command.set(name)
    try:
        yield
    finally:
        _command.reset(token)


class ActorMiddleware:
    """Stands below the one that finds out who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self._get_response(request)
        finally:
            _request.reset(token)
