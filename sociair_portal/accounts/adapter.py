"""How the library that signs people in behaves here: limits, the record, and what it says."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from sociair_portal.accounts import half_sign_in
from sociair_portal.accounts.devices import remember_device
from sociair_portal.accounts.guesses import guess
from sociair_portal.accounts.idle import note_seen
from sociair_portal.accounts.preferences import in_language_of, take_along
from sociair_portal.accounts.second_step import has_second_step
from sociair_portal.accounts.sessions_end import forget_browsers
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.clients import address_of

_WRONG: Final = _("The name or the password is wrong. Check both and try again.")

_SECOND_STEP: Final = {
    "totp_activated": Deed.SECOND_STEP_ADDED,
    "webauthn_added": Deed.SECOND_STEP_ADDED,
    "recovery_codes_generated": Deed.RECOVERY_CODES_MADE,
    "totp_deactivated": Deed.SECOND_STEP_REMOVED,
    "webauthn_removed": Deed.SECOND_STEP_REMOVED,
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _WRONG,
        "email_password_mismatch": _WRONG,
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
        "incorrect_code": _("This code is wrong or has already been used. Enter the newest one."),
        "rate_limited": _("You have tried too often. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # colleagues are invited

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: `authenticate` counts, with limits that lock nobody out."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Counted before the password is hashed. Raises `ValidationError` that says how long to
        wait.
        """
        name = credentials.get("username") or credentials.get("email") or ""
        with guess(request, name) as was_right:
            user = super().authenticate(request, **credentials)
            was_right(user is not None)
        return user

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        half_sign_in.begin(request, user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: Any) -> None:
        """Not if the second half comes after a new password, or after the colleague was signed out
        everywhere. Raises `ImmediateHttpResponse`.
        """
        if half_sign_in.has_ended(request, user):
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)
        note_seen(request)
        take_along(request, user)
        record(Deed.SIGNED_IN, by=user, about=user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            record(Deed.SIGNED_OUT, by=request.user, about=request.user)
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        """A new password ends all sessions but the one that set it."""
        super().set_password(user, password)
        is_own = isinstance(self.request.user, User) and self.request.user.pk == user.pk
        record(Deed.PASSWORD_CHANGED if is_own else Deed.PASSWORD_RESET, by=user, about=user)

    def send_notification_mail(
        self, template_prefix: str, user: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Also where the library says that a second step came or went, or codes were made."""
        if deed := _SECOND_STEP.get(template_prefix.rpartition("/")[2]):
            record(deed, by=user, about=user)
        with in_language_of(user):
            super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def send_password_reset_mail(self, user: Any, *args: Any, **kwargs: Any) -> None:
        with in_language_of(user):
            super().send_password_reset_mail(user, *args, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """Who has a second step confirms with it: a password may have been read over a shoulder."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        strong = [method for method in methods if method["id"].startswith("mfa")]
        return strong or methods

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        return ValidationError(self.error_messages[code] % args, code=code)


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: list[Any]) -> None:
        user = self.request.user
        with transaction.atomic():
            forget_browsers(user)
            super().end_sessions(sessions)
            if sessions or has_second_step(user):
                record(Deed.SESSIONS_ENDED, by=user, sessions=len(sessions))
