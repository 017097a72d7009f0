"""Days as messages say them: the same for everyone, whatever the language of whoever looks."""

import re
from datetime import date
from typing import Final

from sociair_portal.common.calendars import parts_of_bikram_sambat
from sociair_portal.common.digits import devanagari

_MONTHS: Final = (
    ("Baisakh", "वैशाख"),
    ("Jestha", "जेठ"),
    ("Asar", "असार"),
    ("Shrawan", "साउन"),
    ("Bhadra", "भदौ"),
    ("Ashwin", "असोज"),
    ("Kartik", "कात्तिक"),
    ("Mangsir", "मङ्सिर"),
    ("Poush", "पुस"),
    ("Magh", "माघ"),
    ("Falgun", "फागुन"),
    ("Chaitra", "चैत"),
)
_DEVANAGARI: Final = re.compile("[\u0900-\u0963\u0966-\u097f]")  # but not । and ॥


def is_devanagari(text: str) -> bool:
    """Whether a text has letters or digits of Devanagari."""
    return _DEVANAGARI.search(text) is not None


def gregorian(on: date) -> str:
    """09 Nov 2026: always of the same length."""
    return f"{on:%d %b %Y}"


def sambat(on: date, *, in_devanagari: bool) -> str | None:
    """12 Bhadra 2083, or १२ भदौ २०८३; None for a day of which no one knows it for certain."""
    parts = parts_of_bikram_sambat(on)
    if parts is None:
        return None
    year, month, day = parts
    latin, nepali = _MONTHS[month - 1]
    return devanagari(f"{day} {nepali} {year}") if in_devanagari else f"{day} {latin} {year}"
