"""Keyed fingerprints: by them a text is recognised, and nobody can read it from them."""

import hmac

from django.conf import settings


def fingerprint_of(text: str) -> str:
    """The HMAC-SHA256 of a text with FINGERPRINT_KEY, as hexadecimal digits."""
    return hmac.digest(settings.FINGERPRINT_KEY.encode(), text.encode(), "sha256").hex()


def key_mark() -> str:
    """What tells one key from another, and nothing about it."""
    return fingerprint_of("the mark of this key")[:8]
