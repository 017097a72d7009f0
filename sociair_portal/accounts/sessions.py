"""Sessions in the database, under a hash of what the browser has: who reads the database, or a
backup of it, can sign in as nobody.
"""

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string


def _key_of(secret: str) -> str:
    """40 characters, as the column has; 160 bits."""
    return sha256(secret.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """`session_key` is the key in the database, `secret` what the browser has."""

    secret = ""

    @classmethod
    def of_browser(cls, secret: str | None) -> "SessionStore":
        store = cls(_key_of(secret) if secret else None)
        store.secret = secret or ""
        return store

    def _get_new_session_key(self) -> str:
        self.secret = get_random_string(43)
        return _key_of(self.secret)


class SecretSessionMiddleware(SessionMiddleware):
    """Django's, but the cookie holds the secret and never the key."""

    def process_request(self, request: HttpRequest) -> None:
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore.of_browser(cookie)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        cookie: Any = response.cookies.get(settings.SESSION_COOKIE_NAME)
        session: Any = request.session
        if cookie is not None and cookie.value and cookie.value == session.session_key:
            cookie.set(cookie.key, session.secret, session.secret)
        return response
