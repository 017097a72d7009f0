"""Reading a cell that should hold a mobile number: the number, or why there is none."""

import re
from typing import Final

from contacts.phone import (
    InvalidMobile,
    find_mobile,
    format_mobile,
    is_landline,
    parse_mobile,
    split_numbers,
)
from sociair_portal.common.sentences import noted
from sociair_portal.common.visible import visible

# What people type, or a scanner reads, where a digit should be.
_LOOK_ALIKES: Final = str.maketrans("OoQDlI|iSBZ", "00001111582")
# A number as it stands among words: digits, and what people put between them.
_DIGITS_IN_TEXT: Final = re.compile(r"\+?[0-9][0-9 .()-]*", re.ASCII)
# A second number of which only the end is written: 9841002007/8.
_OTHER_END: Final = re.compile(r"([0-9][0-9 -]{8,})/([0-9]{1,4})(?![0-9])", re.ASCII)
SHORTEST: Final = 10  # digits of a number
_LONGEST_ASIDE: Final = 8  # digits of an extension, a class or a roll number beside the number
_DIGIT: Final = re.compile(r"[0-9]", re.ASCII)


class BadNumber(ValueError):
    """No number to use; `reason` is a sentence, `suggestion` a number if one is meant for sure."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


def mobile_in(cell: str) -> str:
    """The ten digits of the one mobile number in a cell, whatever else stands there: a landline, a
    label, whose it is. Empty if there is none, or not exactly one.
    """
    if len(cell) < SHORTEST:
        return ""
    if mobile := find_mobile(cell):
        return mobile
    if sum(map(str.isdigit, cell)) < SHORTEST:
        return ""
    found, unclear = _numbers_in(visible(cell))
    return found[0] if len(found) == 1 and not unclear else ""


def read_number(cell: str) -> str:
    """As `mobile_in`. Raises `BadNumber` where there is none."""
    if mobile := mobile_in(cell):
        return mobile
    found, unclear = _numbers_in(visible(cell))
    if len(found) + len(unclear) > 1 and found:
        all_of_them = ", ".join([*map(format_mobile, found), *unclear])
        raise BadNumber(
            noted(
                "This cell has several numbers: %(numbers)s. Put each in its own row.",
                numbers=all_of_them,
            )
        )
    try:
        return parse_mobile(cell)
    except InvalidMobile as invalid:
        raise BadNumber(invalid.reason, _meant(cell)) from invalid


def _numbers_in(text: str) -> tuple[list[str], list[str]]:
    """The different mobile numbers of a text, and what may be another one, mistyped."""
    found: list[str] = []
    unclear: list[str] = []
    for number, end in _OTHER_END.findall(text):
        if first := find_mobile(number):
            found += filter(None, [first, find_mobile(first[: -len(end)] + end)])
    for digits in _DIGITS_IN_TEXT.findall(text):
        for entry in split_numbers(digits):
            stripped = entry.strip(" .()-")
            if mobile := find_mobile(stripped):
                found.append(mobile)
            elif len(_DIGIT.findall(entry)) > _LONGEST_ASIDE and not is_landline(stripped):
                unclear.append(entry)
    return list(dict.fromkeys(found)), unclear


def _meant(cell: str) -> str:
    """The number, if only letters that look like digits stand in its way; else empty."""
    changed = cell.translate(_LOOK_ALIKES)
    is_mostly_digits = len(_DIGIT.findall(visible(cell))) > SHORTEST // 2
    return find_mobile(changed) if changed != cell and is_mostly_digits else ""
