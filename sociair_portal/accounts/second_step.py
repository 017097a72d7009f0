"""The second step of signing in: who needs one, and how its secrets are kept."""

import base64
from collections.abc import Iterable
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from sociair_portal.accounts.roles import is_above_senders

# Recovery codes alone are no second step: they stand in for one that is lost.
STEPS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_second_step(user: User) -> bool:
    return bool(is_mfa_enabled(user, STEPS))


def with_second_step(users: Iterable[User]) -> set[int]:
    """The keys of those who have one, for a whole list in one query."""
    steps = Authenticator.objects.filter(user__in=users, type__in=STEPS)
    return set(steps.values_list("user_id", flat=True))


def lacks_second_step(user: User) -> bool:
    """Whether a user must set one up before anything else (setting SECOND_STEP)."""
    if settings.SANDBOX or settings.SECOND_STEP == "nobody":
        return False
    is_asked = settings.SECOND_STEP == "everybody" or is_above_senders(user)
    return is_asked and not has_second_step(user)


def _box() -> MultiFernet:
    """Closes with SECRET_KEY, and opens with those of before as well."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_key(secret) for secret in secrets])


def _key(secret: str) -> Fernet:
    key = salted_hmac("accounts.second_step", "", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


class SecondStepAdapter(DefaultMFAAdapter):
    """The secrets of authenticator apps and recovery codes are encrypted with a key that is made
    from SECRET_KEY: a copy of the database alone signs nobody in.
    """

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or has already been used. Enter the newest one."),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            said = _(
                "The portal no longer has the key that your second step was set up with. "
                "Ask another manager to remove it."
            )
            raise ValidationError(said) from None

    def generate_authenticator_name(self, user: Any, kind: Any) -> str:
        known = Authenticator.objects.filter(user=user, type=kind).count()
        return str(_("Passkey %(number)s") % {"number": known + 1})
