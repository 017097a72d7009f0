"""Mobile numbers found in any text, to take them out of it."""

import re
from typing import Final

_DIGIT: Final = "[0-9०-९]"
# Ten digits that begin with 9, alone or behind a country code; ids and times are never so long.
MOBILE: Final = re.compile(
    rf"(?<!{_DIGIT})(?:(?:\+|%2B)?[9९][7७]{{2}}(?:[- +]|%20)?)?"
    rf"[9९]{_DIGIT}{{2}}(?:[- ]?{_DIGIT}){{7}}(?!{_DIGIT})",
    re.IGNORECASE,
)


def without_numbers(text: str) -> str:
    """The text with "(a number)" in the place of each mobile number."""
    return MOBILE.sub("(a number)", text)


def masked(mobile: str) -> str:
    """A mobile number so that it can be recognised, but not called: 984•••4567."""
    return f"{mobile[:3]}•••{mobile[-4:]}" if len(mobile) == 10 else "•••"


def with_masked_numbers(text: str) -> str:
    """The text with each mobile number in it so that it can be recognised, but not called."""
    return MOBILE.sub(lambda found: masked(re.sub("[- ]", "", found[0])[-10:]), text)
