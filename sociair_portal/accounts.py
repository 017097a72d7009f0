"""Who may sign in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from sociair_portal.demo import DEMO_USER


class PortalBackend(ModelBackend):
    """Django's own, but the demo account, whose password everybody knows, is for the sandbox."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user is not None and user.get_username() == DEMO_USER and not settings.SANDBOX:
            return False
        return super().user_can_authenticate(user)
