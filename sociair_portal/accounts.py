"""Signing in: who may, and going there when a session has ended."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from sociair_portal.demo import DEMO_USER


class PortalBackend(ModelBackend):
    """Django's backend, except that the demo account works in the sandbox only."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user is not None and user.get_username() == DEMO_USER and not settings.SANDBOX:
            return False
        return super().user_can_authenticate(user)


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's middleware, but a part that refreshes itself sends its whole page to sign in."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        to_sign_in = super().process_view(request, view_func, view_args, view_kwargs)
        htmx = HtmxDetails(request)
        if to_sign_in is None or not htmx:
            return to_sign_in
        return HttpResponseClientRedirect(redirect_to_login(htmx.current_url_abs_path or "/").url)
