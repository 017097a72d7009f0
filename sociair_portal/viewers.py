"""Who looks at the pages of a request, so that numbers are shown as they may see them."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from contacts.shown_numbers import PERMISSION, seen_by


class ViewerMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asked when a number is shown: most requests show none.
        with seen_by(cache(lambda: request.user.has_perm(PERMISSION))):
            return self._get_response(request)
