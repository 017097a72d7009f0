"""A browser in which somebody has signed in."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client

from sociair_portal.accounts.idle import note_seen
from sociair_portal.accounts.sessions import SessionStore


def browser_of(user: User) -> Client:
    """Django's own `force_login` gives the browser the session's key, and ours has a secret."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    session = SessionStore()
    request.session = session
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    note_seen(request)
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    return client
