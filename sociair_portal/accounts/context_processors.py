"""What the frame of every page wants to know about who sits in front of it."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from sociair_portal.accounts.second_step import has_second_step
from sociair_portal.common.identity import is_confirmed


def account(request: HttpRequest) -> dict[str, Any]:
    try:
        host = request.get_host().partition(":")[0]
    except DisallowedHost:  # the page that says so has a frame too
        host = ""
    return {
        "office_name": settings.OFFICE_NAME,
        "email_is_set_up": settings.EMAIL_IS_SET_UP,
        "has_second_step": lambda: isinstance(request.user, User) and has_second_step(request.user),
        # Asked only by pages with a form that needs it.
        "must_confirm": lambda: not is_confirmed(request),
        "idle_seconds": settings.IDLE_MINUTES * 60,
        "has_name": not host.replace(".", "").isdigit() and not host.startswith("["),
    }
