"""Removing what is over: sessions, and tries that no limit counts now."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from sociair_portal.accounts.limits import forget_old_tries
from sociair_portal.accounts.sessions import SessionStore


def sweep_accounts() -> None:
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()
    forget_old_tries()
