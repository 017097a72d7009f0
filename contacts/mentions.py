"""Finding one mobile number in any text, in every spelling that people use, and taking it out."""

import re
from functools import lru_cache
from typing import Any, Final

_ANY_DIGIT: Final = "[0-9०-९０-９]"
# What people and spreadsheets put between digits; some of it no one sees.
_BETWEEN: Final = r"[\s.()/'_*\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]{0,3}"


def _digits(digits: str) -> str:
    """A pattern of these digits, in any script, with something between them or nothing."""
    each = (
        f"[{digit}{chr(ord('०') + int(digit))}{chr(ord('０') + int(digit))}]" for digit in digits
    )
    return _BETWEEN.join(each)


_CODE: Final = rf"(?:(?:[+＋]|{_digits('00')})?{_BETWEEN}{_digits('977')}{_BETWEEN})?"


@lru_cache(maxsize=8)
def pattern_of(mobile: str) -> re.Pattern[str]:
    """What finds a number of ten digits in a text, with its country's code and without."""
    number = f"(?:{_digits('0')}{_BETWEEN})?{_digits(mobile)}"
    return re.compile(rf"(?<!{_ANY_DIGIT}){_CODE}{number}(?!{_ANY_DIGIT})")


def endings_of(mobile: str) -> tuple[str, ...]:
    """The last two digits as they stand in a text, or in JSON: whatever mentions the number has
    one of them, so that a database can look for that first.
    """
    scripts = ("0", "०", "０")
    written = ["".join(chr(ord(zero) + int(digit)) for digit in mobile[-2:]) for zero in scripts]
    escaped = "".join(f"\\u{ord('०') + int(digit):04x}" for digit in mobile[-2:])
    return (*written, escaped)


def mentions(value: Any, mobile: str) -> bool:
    """Whether a text, a number, or anything in lists and objects of JSON mentions the number."""
    if isinstance(value, dict):
        return any(mentions(one, mobile) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return any(mentions(one, mobile) for one in value)
    return pattern_of(mobile).search(_as_text(value)) is not None


def without(text: str, mobile: str, instead: str = "") -> str:
    """The text without the number."""
    return pattern_of(mobile).sub(instead, text)


def without_in(value: Any, mobile: str, names: frozenset[str] = frozenset()) -> Any:
    """A value of JSON without the number, and without texts that are nothing but one of the names
    (folded); what is nothing but the number is empty.
    """
    if isinstance(value, dict):
        return {
            key: without_in(one, mobile, names)
            for key, one in value.items()
            if not mentions(key, mobile)
        }
    if isinstance(value, list | tuple):
        return [without_in(one, mobile, names) for one in value]
    if isinstance(value, str):
        return "" if value.strip().casefold() in names else without(value, mobile)
    return "" if mentions(value, mobile) else value


def _as_text(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)
