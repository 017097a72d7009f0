"""Mobile numbers found in any text, to take them out of it or to mask them."""

import re
import unicodedata
from typing import Final

_DIGITS: Final = 10  # of a mobile number
_DIGIT: Final = "[0-9०-९０-９]"
_BETWEEN: Final = r"[\s().\-/'_*\u00a0\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e]{0,3}"
# Ten digits of a mobile number, spaced out in any way and with whatever stands for Nepal in front.
_WELL_TYPED: Final = (
    rf"(?<!{_DIGIT})(?:(?:(?:\+|[0०０]{{2}}){_BETWEEN})?[9९９][7७７]{_BETWEEN}[7७７]{_BETWEEN})?"
    rf"(?:[0०０]{_BETWEEN})?[9९９](?:{_BETWEEN}{_DIGIT}){{9}}(?!{_DIGIT})"
)
# And what was meant to be one: a digit too many or too few still tells most of it.
_MISTYPED: Final = rf"{_DIGIT}{{10,}}|(?<!{_DIGIT})[9९９]{_DIGIT}{{2}}-?{_DIGIT}{{5,6}}(?!{_DIGIT})"
_IN_TEXT: Final = re.compile(f"{_WELL_TYPED}|{_MISTYPED}")
_HAS_DIGIT: Final = re.compile(_DIGIT)
# In a line of the log: ids and times, which have longer digits and more marks, stay readable.
_IN_LOG: Final = re.compile(
    rf"(?<!{_DIGIT})(?:(?:\+|%2B)?[9९][7७]{{2}}(?:[- +]|%20)?)?"
    rf"[9९]{_DIGIT}{{2}}(?:[- ]?{_DIGIT}){{7}}(?!{_DIGIT})",
    re.IGNORECASE,
)
_IN_FRONT: Final = re.compile(r"(?:00)?977|0")


def without_numbers(text: str) -> str:
    """A line of the log with "(a number)" in the place of each mobile number."""
    return _IN_LOG.sub("(a number)", text)


def masked(mobile: str) -> str:
    """984•••4567: enough to recognise a number that one knows, too little to call it."""
    digits = "".join(sign for sign in mobile if sign.isdecimal())
    return f"{digits[:3]}•••{digits[-4:] if len(digits) >= _DIGITS else ''}"


def with_masked_numbers(text: str) -> str:
    """The text with each mobile number in it, in any spelling, masked."""
    if not _HAS_DIGIT.search(text):
        return text
    return _IN_TEXT.sub(lambda found: masked(_own_digits(found[0])), text)


def _own_digits(found: str) -> str:
    """Ten digits without what stands for Nepal in front; what is no number stays as it is."""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in found if sign.isdecimal())
    own = _IN_FRONT.sub("", digits, count=1) if _IN_FRONT.match(digits) else digits
    return own if len(own) == _DIGITS else digits
