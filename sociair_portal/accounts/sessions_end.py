"""Signing someone out everywhere."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.utils.crypto import get_random_string

from sociair_portal.accounts.second_step import STEPS


def end_sessions(user: User) -> int:
    """End all sessions of an account, and remember none of its browsers; returns how many sessions
    there were.
    """
    forget_browsers(user)
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def forget_browsers(user: User) -> None:
    """Ask for the second step again in every browser, also in one that was to be remembered.

    A browser is remembered by a cookie that the library signs over the password, the user's second
    steps and a `seed` of each: with another seed no cookie of before counts.
    """
    steps = list(Authenticator.objects.filter(user=user, type__in=STEPS))
    for step in steps:
        step.data["seed"] = get_random_string(22)
    Authenticator.objects.bulk_update(steps, ["data"])
