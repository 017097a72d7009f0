"""Codes of six digits that prove a number: each is made of a key, so that none is kept anywhere."""

import hmac
from typing import Final

from sociair_portal.common.visible import visible

DIGITS: Final = 6
# Stands in the place of the code in every text that is kept or shown; as long as the code.
MARK: Final = "*" * DIGITS


def code_of(key: str, *, secret: str) -> str:
    """The code of a key: nobody works it out without the secret."""
    digest = hmac.digest(f"messaging.code {secret}".encode(), key.encode(), "sha256")
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}d}"


def read_code(typed: str) -> str:
    """The six digits that someone typed, with spaces, in Devanagari; empty for anything else."""
    code = visible(typed).replace(" ", "").replace("-", "")
    return code if len(code) == DIGITS and code.isascii() and code.isdecimal() else ""
