"""Django's test client writes the key of a session into the cookie; the portal's cookies hold a
secret that the key is a hash of. Importing this teaches the client.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.test import client

from sociair_portal.accounts.idle import note_seen
from sociair_portal.accounts.sessions import SessionStore


def _login(self: Any, user: Any, backend: str | None = None) -> None:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = (
        self.session if settings.SESSION_COOKIE_NAME in self.cookies else SessionStore()
    )
    login(request, user, backend)
    note_seen(request)
    request.session.save()
    self.cookies[settings.SESSION_COOKIE_NAME] = request.session.secret


def _session(self: Any) -> SessionStore:
    """The session that the cookie names; a new one for a client without."""
    cookie = self.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie and cookie.value:
        return SessionStore.of_browser(cookie.value)
    session = SessionStore()
    session.save()
    self.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    return session


setattr(client.ClientMixin, "_login", _login)  # noqa: B010  # a name that has no type
client.ClientMixin.session = property(_session)  # type: ignore[assignment,method-assign]
