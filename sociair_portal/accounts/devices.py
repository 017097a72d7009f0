"""Browsers in which someone has signed in before: they keep a signed cookie of that.

It lets nobody in. It only keeps others, who guess at the same name from elsewhere, from being in
the way (limits.py).
"""

import secrets
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_SALT: Final = "accounts.devices"
_AGE: Final = 365 * 24 * 60 * 60
_MOST: Final = 20  # people at one browser


def _name() -> str:
    return "__Host-known" if settings.HTTPS else "known"


def _known(request: HttpRequest) -> dict[str, str]:
    """A name of this browser for each account that has signed in with it."""
    try:
        known = signing.loads(request.COOKIES.get(_name(), ""), salt=_SALT, max_age=_AGE)
    except signing.BadSignature:
        return {}
    return known if isinstance(known, dict) else {}


def device_of(request: HttpRequest, account: str) -> str:
    """How this browser is known to an account; empty if it is not."""
    return _known(request).get(account, "")


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    known = dict(list(_known(request).items())[-_MOST:])
    known.setdefault(account_of(user), secrets.token_urlsafe(12))
    response.set_cookie(
        _name(),
        signing.dumps(known, salt=_SALT),
        max_age=_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def account_of(user: User) -> str:
    return f"user {user.pk}"
