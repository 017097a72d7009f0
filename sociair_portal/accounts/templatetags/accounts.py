"""Template filters for accounts; loaded in every template."""

import re
from datetime import datetime
from typing import Final

from allauth.mfa.models import Authenticator
from django import template
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from sociair_portal.accounts.second_step import has_second_step
from sociair_portal.roles import role_in_words

register = template.Library()
register.filter("has_second_step", has_second_step)

# The first that a browser's own description has; Edge and Opera call themselves Chrome as well.
_BROWSERS: Final = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NAMES: Final = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS: Final = ("Windows", "Android", "iPhone", "iPad", "Macintosh", "Linux")


@register.filter
def browser(agent: str) -> str:
    """ "Firefox, Windows", of what a browser says about itself; it may say anything."""
    found = next((name for name in _BROWSERS if re.search(rf"\b{name}\w*/", agent)), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    parts = [_NAMES.get(found, found), {"Macintosh": "Mac"}.get(system, system)]
    return ", ".join(part for part in parts if part) or _("Unknown browser")


@register.filter
def has_passkey(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()


@register.filter
def codes_made_at(user: User) -> datetime | None:
    """When the recovery codes that someone has were made."""
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return codes.values_list("created_at", flat=True).first()


@register.filter
def in_fours(key: str) -> str:
    """A long key so that it can be read off and typed."""
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


@register.filter
def role_label(role: str, user: User) -> str:
    """A role in words; what an account without one of the two can do."""
    if user.is_superuser:
        return _("Superuser")
    return role_in_words(role) or _("No role: cannot do anything yet")
