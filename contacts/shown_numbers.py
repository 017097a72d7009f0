"""Who sees whole numbers, and what everyone else sees: 984•••4567.

Pages, forms, the admin and the names of rows ask here, so that none of them has a rule of its own.
Who looks is said once for each request, by a middleware, as Django says in which language. Without
a request (the worker, a command) no one looks, and numbers are whole: they are stored and sent.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from contacts.phone import format_mobile
from sociair_portal.common.numbers import masked, with_masked_numbers
from sociair_portal.common.visible import visible

PERMISSION: Final = "contacts.view_number"

_may_see: ContextVar[Callable[[], bool]] = ContextVar("may_see", default=lambda: True)


@contextmanager
def seen_by(may_see: Callable[[], bool]) -> Iterator[None]:
    """While this lasts, numbers are shown to someone who may see them whole, or may not."""
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
    return with_masked_numbers(str(text))


def is_masked(text: object) -> bool:
    """Whether whoever looks must not see the text as it is: a form must not offer to change it."""
    return shown_text(text) != str(text)


def has_digits(text: str) -> bool:
    """Whether someone looks for digits, in any script."""
    return bool(any(sign.isdecimal() for sign in visible(text)))
