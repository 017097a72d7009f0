"""A name for each request, so that all that it wrote into the log is found again."""

import secrets
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sociair_portal.common.request_ids import on_behalf_of

HEADER: Final = "X-Request-ID"


class RequestIdMiddleware:
    """Gives each request a name of its own and says it in the answer. None is taken from outside:
    someone could hide among the requests of others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = secrets.token_hex(6)
        with on_behalf_of(name):
            response = self._get_response(request)
        response.headers[HEADER] = name
        return response
