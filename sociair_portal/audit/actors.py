"""Who acts at this moment, for entries that a library writes: the request that is answered."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sociair_portal.common.actors import user_of
from sociair_portal.common.clients import address_of

_request: Final[ContextVar[HttpRequest | None]] = ContextVar("acting_request", default=None)


def current_actor() -> User | None:
    request = _request.get()
    return user_of(getattr(request, "user", None))


def current_address() -> str | None:
    request = _request.get()
    return (address_of(request) or None) if request else None


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
