"""The rules by which parts and operators are counted, and whether they are still the same."""

import hashlib
from functools import cache
from typing import Final

from contacts.phone import Operator, operator_of
from messaging.services.money.prices import (
    Rates,
)
from messaging.text.length import is_plain, measure


def operator_now(mobile: str, signed: str, rates: Rates) -> Operator:
    """Whose number it is by today's table; whose it was, where the new operator has no price."""
    operator = operator_of(mobile)
    return operator if operator in rates else Operator(signed)


@cache
def fingerprint_of_rules() -> str:
    """A hash that changes when an upgrade counts parts, or operators, differently.

    It is made from what the rules say and not from how they are written, so that another way to
    write them is no reason to measure a campaign anew.
    """
    said = [operator_of(f"{prefix:03d}") for prefix in range(1000)]
    alphabet = "".join(sign for sign in map(chr, range(_LAST_SIGN)) if is_plain(sign))
    parts = [measure(text).parts for text in _texts()]
    return hashlib.sha256(repr((said, alphabet, parts)).encode()).hexdigest()[:16]


_LAST_SIGN: Final = 0x2200  # the GSM alphabet ends at the euro sign, 0x20AC


_SEAMS: Final = [(length, end) for length in (67, 70, 153, 160) for end in range(1, 11)]


def _texts() -> list[str]:
    """Texts that are as long as whole parts, and one sign longer, of one kind and with a sign of
    two units on the seam.
    """
    texts = []
    for length, times in _SEAMS:
        for sign, wide in (("a", "€"), ("न", "😀")):
            whole = sign * (length * times)
            texts += [whole, whole + sign, whole[:-1] + wide, wide * (length * times // 2 + 1)]
    return texts
