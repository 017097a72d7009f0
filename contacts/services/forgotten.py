"""Forgotten numbers: people who were made nameless are recognised by a fingerprint alone.

The fingerprint is keyed (FINGERPRINT_KEY), because there are so few mobile numbers that anybody
could compute a plain hash of each.
"""

import hmac
from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.models import ForgottenNumber
from sociair_portal.common.any_of import AnyOf

_READ_AT_ONCE: Final = 10_000


class NoKey(Exception):
    """Nobody can be forgotten without FINGERPRINT_KEY; the message is a sentence for the user."""

    def __init__(self) -> None:
        super().__init__(_("FINGERPRINT_KEY is not set. Ask whoever runs the portal to set it."))


def fingerprint_of(mobile: str) -> str:
    """The keyed hash (HMAC-SHA256) of ten digits, as hexadecimal digits."""
    return hmac.digest(_key(), mobile.encode(), "sha256").hex()


def key_mark() -> str:
    """What tells one key from another, and nothing about it."""
    return hmac.digest(_key(), b"the mark of this key", "sha256").hex()[:8]


def _key() -> bytes:
    return str(settings.FINGERPRINT_KEY).encode()


def among(mobiles: Collection[str]) -> set[str]:
    """Those of some numbers that are forgotten. Nothing is computed while nobody is.

    There are few as a rule, so that all of them are read sooner than each number is asked for.
    """
    if not mobiles:
        return set()
    known = ForgottenNumber.objects.values_list("fingerprint", flat=True)
    found = set(known[: _READ_AT_ONCE + 1])
    if not found:
        return set()
    made = {fingerprint_of(mobile): mobile for mobile in mobiles}
    if len(found) > _READ_AT_ONCE:
        found = set(known.filter(AnyOf("fingerprint", made)))
    return {made[one] for one in found & made.keys()}


def since(mobile: str) -> datetime | None:
    """Since when a number is forgotten; None if it is not."""
    same = ForgottenNumber.objects.filter(fingerprint=fingerprint_of(mobile))
    return same.values_list("created_at", flat=True).first()


def forget(mobile: str) -> None:
    """Note a number as one that is never texted again; twice is as once. Raises `NoKey`."""
    if not settings.FINGERPRINT_KEY:
        raise NoKey
    ForgottenNumber.objects.get_or_create(
        fingerprint=fingerprint_of(mobile), defaults={"key_mark": key_mark()}
    )


def let_back(mobile: str) -> bool:
    """Let a number be texted again: its person asked for that. False if it was not forgotten."""
    found = ForgottenNumber.objects.filter(fingerprint=fingerprint_of(mobile))
    return bool(found.delete()[0])


def made_with_another_key() -> int:
    """How many fingerprints nobody can recognise any more, because the key is another one."""
    return ForgottenNumber.objects.exclude(key_mark=key_mark()).count()


def sentence() -> str:
    """Why a forgotten number gets nothing, and is not kept."""
    return _("This number's person was made nameless: it is not texted, and not kept again.")
