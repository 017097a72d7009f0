"""Who sees whole numbers, and what everybody else sees: 984•••4567.

Pages, forms, the admin and the names of rows ask here, so that none of them has a rule of its own.
Who looks is said once for each request, by a middleware, as Django says in which language. Without
a request (the worker, a command) nobody looks, and numbers are whole: they are stored and sent.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from contacts.phone import find_mobile, format_mobile, visible

PERMISSION: Final = "contacts.view_number"

_may_see: ContextVar[Callable[[], bool]] = ContextVar("may_see", default=lambda: True)

_DIGIT: Final = "[0-9०-९０-９]"
_BETWEEN: Final = r"[\s().\-/'_*\u00a0\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e]{0,3}"
# Ten digits of a mobile number, spaced out in any way and with whatever stands for Nepal in front.
_WELL_TYPED: Final = (
    rf"(?<!{_DIGIT})(?:(?:(?:\+|[0०０]{{2}}){_BETWEEN})?[9९９][7७７]{_BETWEEN}[7७７]{_BETWEEN})?"
    rf"(?:[0०０]{_BETWEEN})?[9९９](?:{_BETWEEN}{_DIGIT}){{9}}(?!{_DIGIT})"
)
# And what was meant to be one: a digit too many or too few still tells most of it.
_MISTYPED: Final = rf"{_DIGIT}{{10,}}|(?<!{_DIGIT})[9९９]{_DIGIT}{{2}}-?{_DIGIT}{{5,6}}(?!{_DIGIT})"
_MOBILE: Final = re.compile(f"{_WELL_TYPED}|{_MISTYPED}")
_DIGITS: Final = 10
_HAS_DIGIT: Final = re.compile(_DIGIT)


@contextmanager
def seen_by(may_see: Callable[[], bool]) -> Iterator[None]:
    """While this lasts, numbers are shown to somebody who may see them whole, or may not."""
    token = _may_see.set(may_see)
    try:
        yield
    finally:
        _may_see.reset(token)


def may_see_numbers() -> bool:
    """Whether whoever looks may see whole numbers."""
    return _may_see.get()()


def shown_mobile(mobile: str) -> str:
    """Ten digits as whoever looks may see them: 984-1234567, or 984•••4567."""
    return format_mobile(mobile) if may_see_numbers() else masked(mobile)


def shown_text(text: object) -> str:
    """A text that may have numbers in it, like a name, a cell or a reason, as whoever looks may
    see it.
    """
    return str(text) if may_see_numbers() else masked_text(text)


def masked_text(text: object) -> str:
    """A text with its numbers masked, whoever looks: for the title of a page, which a browser
    keeps.
    """
    said = str(text)
    if not _HAS_DIGIT.search(said):
        return said
    return _MOBILE.sub(lambda found: masked(find_mobile(found[0]) or found[0]), said)


def is_masked(text: object) -> bool:
    """Whether whoever looks must not see the text as it is: a form must not offer to change it."""
    return shown_text(text) != str(text)


def masked(mobile: str) -> str:
    """984•••4567: enough to recognise a number that one knows, too little to call it."""
    digits = "".join(character for character in visible(mobile) if character.isdecimal())
    return f"{digits[:3]}•••{digits[-4:] if len(digits) >= _DIGITS else ''}"


def has_digits(text: str) -> bool:
    """Whether somebody looks for digits, in any script."""
    return bool(_HAS_DIGIT.search(visible(text)))
