"""Which accounts may sign in."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings

from sociair_portal.demo import DEMO_USER


class PortalBackend(AuthenticationBackend):
    """By name or e-mail; the demo account in the sandbox only."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user is not None and user.get_username() == DEMO_USER and not settings.SANDBOX:
            return False
        return bool(super().user_can_authenticate(user))
