"""Who looks at the pages of a request, so that numbers are shown as they may see them, and days in
the calendar and with the digits they have chosen.
"""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from contacts.shown_numbers import PERMISSION, seen_by
from sociair_portal.accounts import preferences
from sociair_portal.common.shown_days import seen_in
from sociair_portal.common.shown_digits import seen_with


class ViewerMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asked when a number is shown: most requests show none.
        sees_numbers = cache(lambda: request.user.has_perm(PERMISSION))
        with (
            seen_by(sees_numbers),
            seen_in(lambda: preferences.calendar_of(request)),
            seen_with(lambda: preferences.has_devanagari_digits(request)),
        ):
            return self._get_response(request)
