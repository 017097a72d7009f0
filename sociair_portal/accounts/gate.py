"""What must be so before any page: signed in, not idle for too long, a role, a second step."""

from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import auth, messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from sociair_portal.accounts.half_sign_in import end_what_changed
from sociair_portal.accounts.idle import note_seen, seconds_left
from sociair_portal.accounts.roles import has_no_role, managers
from sociair_portal.accounts.second_step import lacks_second_step
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.buttons import page_at_or_above
from sociair_portal.common.identity import is_unattended

_ACCOUNT: Final = "account/"  # these pages are for everyone who is signed in


class GateMiddleware(LoginRequiredMiddleware):
    """Below the middleware that finds out who is signed in."""

    def process_request(self, request: HttpRequest) -> None:
        """Before anything is answered, end the session of who did nothing for too long."""
        if isinstance(request.user, User):
            if seconds_left(request) == 0:
                record(Deed.SIGNED_OUT, by=request.user, idle=True)
                auth.logout(request)
        elif auth.SESSION_KEY in request.session:
            request.session.flush()  # of an account that was closed: it stays over if that opens

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if isinstance(request.user, User) and not is_unattended(view_func):
            note_seen(request)
        elif request.user.is_anonymous:
            end_what_changed(request)
        to_sign_in = super().process_view(request, view_func, view_args, view_kwargs)
        if to_sign_in is not None:
            return self._ask_to_sign_in(request, to_sign_in)
        user = request.user
        open_to_all = not getattr(view_func, "login_required", True)
        if not isinstance(user, User) or open_to_all or _is_of_account(request):
            return None
        if has_no_role(user):
            context = {"managers": managers()[:5]}
            return render(request, "account/no_role.html", context, status=403)
        if lacks_second_step(user):
            messages.info(
                request, _("Your role needs a second step when signing in. Set one up now.")
            )
            return redirect("mfa_index")
        return None

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Confirm first, then the page again. What was posted is not kept: the library would write
        it into the session, cookies and all.
        """
        if not isinstance(exception, ReauthenticationRequired) or request.user.is_anonymous:
            return None
        methods = get_adapter().get_reauthentication_methods(request.user)
        if not methods:  # neither a password nor a second step
            raise PermissionDenied from exception
        path = (
            request.get_full_path() if request.method == "GET" else page_at_or_above(request.path)
        )
        return redirect(f"{methods[0]['url']}?{urlencode({'next': path})}")

    def _ask_to_sign_in(
        self, request: HttpRequest, to_sign_in: HttpResponseBase
    ) -> HttpResponseBase:
        """For a part of a page, the page asks in place: what is typed around it stays."""
        if not HtmxDetails(request):
            above = page_at_or_above(request.path)
            return to_sign_in if above == request.path else redirect_to_login(above)
        response = HttpResponse(status=401)
        return trigger_client_event(response, "signed-out")


def _is_of_account(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.route.startswith(_ACCOUNT)
