"""Reading a cell that should hold a mobile number: the number, or why there is none."""

import re
from typing import Final

from django.utils.translation import gettext as _

from contacts.phone import (
    InvalidMobile,
    find_mobile,
    format_mobile,
    parse_mobile,
    split_numbers,
)

# What people type, or a scanner reads, where a digit should be.
_LOOK_ALIKES: Final = str.maketrans("OoQDlI|iSBZ", "00001111582")
_SEPARATORS: Final = re.compile(r"[/\\&+]|\b(?:and|or|र|वा)\b", re.IGNORECASE)
_SHORTEST: Final = 10  # digits of a number
_DIGITS: Final = re.compile(r"[0-9०-९]")


class BadNumber(ValueError):
    """No number to use; `reason` is a sentence, `suggestion` a number if one is meant for sure."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


def read_number(cell: str) -> str:
    """The ten digits of the one number in a cell. Raises `BadNumber`."""
    try:
        return parse_mobile(cell)
    except InvalidMobile as invalid:
        reason = invalid.reason
    if len(several := _several(cell)) > 1:
        both = ", ".join(format_mobile(mobile) for mobile in several)
        said = _("There are several numbers in this cell: %(numbers)s. Give each a row of its own.")
        raise BadNumber(said % {"numbers": both})
    raise BadNumber(reason, _meant(cell))


def _several(cell: str) -> list[str]:
    if len(_DIGITS.findall(cell)) < 2 * _SHORTEST:
        return []
    pieces = [cell, *_SEPARATORS.split(cell)]
    entries = [entry for piece in pieces for entry in split_numbers(piece)]
    return list(dict.fromkeys(filter(None, map(find_mobile, entries))))


def _meant(cell: str) -> str:
    """The number, if only letters that look like digits stand in its way; else empty."""
    changed = cell.translate(_LOOK_ALIKES)
    return find_mobile(changed) if changed != cell and len(_DIGITS.findall(cell)) > 5 else ""


def looks_like_number(cell: str) -> bool:
    """Whether a cell was meant to hold a mobile or telephone number."""
    digits = len(_DIGITS.findall(cell))
    return bool(find_mobile(cell)) or (7 <= digits <= 26 and digits * 2 >= len(cell.strip()))
