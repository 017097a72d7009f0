"""A name for each request, so that all that it wrote into the log is found again."""

import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER: Final = "X-Request-ID"
_current: Final[ContextVar[str]] = ContextVar("request_id", default="")


def current_id() -> str:
    """The name of the request that is being answered; empty outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Gives each request a name of its own and says it in the answer. None is taken from outside:
    somebody could hide among the requests of others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = secrets.token_hex(6)
        token = _current.set(name)
        try:
            response = self._get_response(request)
        finally:
            _current.reset(token)
        response.headers[HEADER] = name
        return response
