"""Sign-ins of which one half is done: the password was right, the second step is to come.

The library keeps such a one for minutes in a session that is nobody's yet, so that it is not among
those that end when a colleague is signed out everywhere, or gets another password.
"""

from typing import Final

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY, clear_login, unstash_login
from allauth.mfa.internal.flows.trust import create_config_fingerprint
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _

_BEGUN_WITH: Final = "sign_in_begun_with"


def begin(request: HttpRequest, user: User) -> None:
    """Note what the account's secrets are: its password, and its second steps with their seeds."""
    request.session[_BEGUN_WITH] = create_config_fingerprint(user)


def has_ended(request: HttpRequest, user: User) -> bool:
    """Whether they have changed since; then it is said why, and the first half counts no more."""
    if request.session.get(_BEGUN_WITH) == create_config_fingerprint(user):
        return False
    clear_login(request)
    messages.error(
        request, _("You were signed out everywhere, or your password was changed. Sign in again.")
    )
    return True


def end_what_changed(request: HttpRequest) -> None:
    """Before a page of the second half is shown, or believes what is typed."""
    if LOGIN_SESSION_KEY in request.session:
        half = unstash_login(request, peek=True)
        if half is not None and isinstance(half.user, User):
            has_ended(request, half.user)
