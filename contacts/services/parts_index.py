"""SQLite's table of the parts of names and numbers, which finds who may fit a search without a look
at every contact. PostgreSQL's own indexes do that by themselves.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from django.db import connection
from django.db.models import Q

_FITTING: Final = "SELECT rowid FROM contacts_parts WHERE contacts_parts MATCH %s LIMIT %s"
_IS_THERE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'contacts_parts'"
_LENGTH: Final = 3  # of a part
_MERGE: Final = "INSERT INTO contacts_parts (contacts_parts, rank) VALUES ('merge', %s)"
_PAGES: Final = 32  # merged in one transaction: some hundredths of a second
_PAUSE: Final = 0.1  # seconds between two, in which whoever waits to write comes in
_MOST_WAITING: Final = 100  # milliseconds for those who read; who writes waits as long
# Where more may fit, a page of them is met sooner in the order of the list.
_FEW: Final = 1000


def few_that_may_fit(found: Q) -> list[int] | None:
    """The keys of all contacts who may fit a condition; None where they are many, or the table
    cannot tell. Who may fit may not: it knows which parts a name has, and not in what order.
    """
    if connection.vendor != "sqlite" or not (asked := _parts_of(found)) or not _is_there():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FITTING, [asked, _FEW + 1])
        keys = [pk for (pk,) in cursor.fetchall()]
    return keys if len(keys) <= _FEW else None


def keeps_deleted() -> bool:
    """Whether the table keeps parts of names that were deleted, until its pieces are merged."""
    return connection.vendor == "sqlite" and _is_there()


def drop_deleted(
    *, go_on: Callable[[], bool] = lambda: True, wait: Callable[[float], object] = time.sleep
) -> bool:
    """Merge all pieces of the table into one, without what was deleted. Each step is a transaction
    of its own. Then earlier pages go from the write-ahead log too. False if `go_on` stopped it, or
    someone reads at that moment; the next time goes on from there.
    """
    if not keeps_deleted():
        return True
    while go_on():
        # Each step says that all pieces are to become one: others add some between two steps.
        if _merge(-_PAGES) < 2:  # of rows that SQLite changed: the command itself is one
            return _empty_log()
        wait(_PAUSE)
    return False


def _merge(pages: int) -> int:
    with connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute(_MERGE, [pages])
        changed: int = connection.connection.total_changes - before
    return changed


def _empty_log() -> bool:
    """Write the log into the database's file, and empty it. False if someone reads from it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")  # nearly all of it, and nobody waits
        before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_MOST_WAITING}")
        try:
            is_busy, _pages, _written = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
    return not is_busy


def _parts_of(found: Q) -> str:
    """What the table is asked for a condition; nothing if one of its texts is too short."""
    asked = []
    for child in found.children:
        part = _parts_of(child) if isinstance(child, Q) else _parts_in(child)
        if part:
            asked.append(f"({part})")
        elif found.connector == Q.OR:
            return ""
    return f" {found.connector} ".join(asked)


def _parts_in(condition: Any) -> str:
    lookup, value = condition
    if lookup.endswith("__range"):
        value = _beginning(*value)
    parts = [value[at : at + _LENGTH] for at in range(len(value) - _LENGTH + 1)]
    asked = " AND ".join('"' + part.replace('"', '""') + '"' for part in parts)
    return asked and f"{lookup.partition('__')[0]} : ({asked})"


def _beginning(lowest: str, highest: str) -> str:
    """What all numbers of a range begin with."""
    same = [one for one, other in zip(lowest, highest, strict=True) if one == other]
    return "".join(same)


def _is_there() -> bool:
    """Whether this SQLite has the table; the migration that makes it says so where it cannot."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_THERE)
        return cursor.fetchone() is not None
