"""Numbers with the digits of whoever looks.

Who looks is said once for each request, by a middleware. Without a request (the worker, a command,
a file that is downloaded) digits are 0 to 9. What is stored, and what stands in a message, never
asks here, and neither do phone numbers, IDs and the fields of a form.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sociair_portal.common.digits import devanagari

_are_devanagari: ContextVar[Callable[[], bool]] = ContextVar("digits", default=lambda: False)


@contextmanager
def seen_with(are_devanagari: Callable[[], bool]) -> Iterator[None]:
    """While this lasts, numbers are shown to someone who has chosen their digits."""
    token = _are_devanagari.set(are_devanagari)
    try:
        yield
    finally:
        _are_devanagari.reset(token)


def in_digits(text: str) -> str:
    """१,२३,४५६ for 1,23,456, if whoever looks has chosen so."""
    return devanagari(text) if _are_devanagari.get()() else text
