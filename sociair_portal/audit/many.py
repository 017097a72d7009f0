"""Doing something to many records together: it is one deed, not an entry for each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from auditlog.context import auditlog_disabled


@contextmanager
def many_at_once() -> Iterator[None]:
    """Within this no single record is written down; whoever uses it writes a deed instead."""
    token = auditlog_disabled.set(True)
    try:
        yield
    finally:
        auditlog_disabled.reset(token)
