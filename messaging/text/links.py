"""Secrets of links that go out in a text: each is made of a key, so that none is kept anywhere."""

import hmac
from typing import Final

# Without 0, O, I and l: someone may type a link from the phone at a computer.
_SIGNS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH: Final = 22  # characters, which are 128 bits
# Stands in the place of the secret in every text that is kept or shown; it takes as many septets.
MARK: Final = "*" * LENGTH


def secret_of(key: str, *, secret: str) -> str:
    """What is secret in the link of a key: nobody works it out without the portal's own secret."""
    digest = hmac.digest(f"messaging.link {secret}".encode(), key.encode(), "sha256")
    left, signs = int.from_bytes(digest, "big"), []
    for _place in range(LENGTH):
        left, sign = divmod(left, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def fingerprint_of(link_secret: str) -> str:
    """Recognises a secret, and does not tell it: 64 hexadecimal digits."""
    return hmac.digest(b"messaging.link", link_secret.encode(), "sha256").hex()
