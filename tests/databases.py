"""Which tests run on which database: on both, unless it is said here why one is enough.

A new file runs on both. What commits for real (`transaction=True`) does so wherever it stands, and
what meets no database runs once, on SQLite.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from django.db import connection

_SHOWN: Final = "pages: what they show and do is in services, whose own tests run on both"
_DJANGOS: Final = "Django's admin and accounts: what they ask the database is Django's"
_ON_SQLITE_ONLY: Final = {
    "contacts/test_admin.py": _DJANGOS,
    "messaging/test_admin.py": _DJANGOS,
    "portal/test_frame.py": _SHOWN,
    "portal/test_matrix.py": _SHOWN,
    "portal/test_masked_numbers.py": _SHOWN,
    "portal/test_private_addresses.py": _SHOWN,
    "portal/test_words_of_pages.py": _SHOWN,
    "messaging/pages/test_campaign.py": _SHOWN,
    "messaging/pages/test_compose.py": _SHOWN,
    "messaging/pages/test_contact.py": _SHOWN,
    "messaging/pages/test_control.py": _SHOWN,
    "messaging/pages/test_dashboard.py": _SHOWN,
    "messaging/pages/test_later.py": _SHOWN,
    "messaging/pages/test_review.py": _SHOWN,
    "messaging/pages/test_review_balance.py": _SHOWN,
    "messaging/pages/test_review_changes.py": _SHOWN,
    "messaging/pages/test_who_controls.py": _SHOWN,
    "messaging/pages/test_whose_drafts.py": _SHOWN,
    "portal/test_nepali.py": _SHOWN,
    "portal/test_help.py": _SHOWN,
    "contacts/test_parts_index.py": "an index that SQLite alone needs",
    "messaging/text/test_characters.py": "rules of texts, and a button that goes by them",
}
_HERE: Final = Path(__file__).parent
_WITH_DATABASE: Final = {"db", "transactional_db"}


def check_list() -> None:
    """A file that was moved takes its line with it."""
    if gone := [name for name in _ON_SQLITE_ONLY if not (_HERE / name).exists()]:
        raise pytest.UsageError(f"tests/databases.py names what is not there: {', '.join(gone)}.")


def runs_here(item: pytest.Item) -> bool:
    """Whether a test is for the database of this run."""
    marks = {mark.name for mark in item.iter_markers()}
    if connection.vendor != "postgresql":
        return "postgresql" not in marks
    fixtures: Iterable[str] = getattr(item, "fixturenames", ())
    if "postgresql" in marks or _commits(item, fixtures):
        return True
    meets_a_database = "django_db" in marks or not _WITH_DATABASE.isdisjoint(fixtures)
    return meets_a_database and item.path.relative_to(_HERE).as_posix() not in _ON_SQLITE_ONLY


def _commits(item: pytest.Item, fixtures: Iterable[str]) -> bool:
    mark = item.get_closest_marker("django_db")
    return "transactional_db" in fixtures or bool(mark and mark.kwargs.get("transaction"))
