"""Signing somebody out everywhere."""

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User


def end_sessions(user: User) -> int:
    """End all sessions of an account; returns how many there were."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)
