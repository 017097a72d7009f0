"""Nepali mobile numbers: how people write them, and which operator they belong to.

Ranges and carriers come from the `phonenumbers` package (Google's libphonenumber data for Nepal).
They are turned into one regular expression and one table when this module is loaded, because
parsing with the package itself takes twenty times as long.
"""

import re
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import PhoneMetadata
from phonenumbers.carrierdata import CARRIER_DATA

from sociair_portal.common.sentences import noted
from sociair_portal.common.visible import visible


class Operator(StrEnum):
    """Who carries a number, named as in Sociair's answers."""

    NTC = "ntc"
    NCELL = "ncell"
    SMARTCELL = "smartcell"
    OTHER = "other"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]


_LABELS: Final[dict[Operator, str | Promise]] = {
    Operator.NTC: "NTC",
    Operator.NCELL: "Ncell",
    Operator.SMARTCELL: "Smart Cell",
    Operator.OTHER: gettext_lazy("Other"),
}

# The carrier's name in the data, and the operator under whose rate Sociair bills it.
_CARRIERS: Final[dict[str, Operator]] = {
    "Nepal Telecom": Operator.NTC,
    "NDCL": Operator.NTC,
    "NCell": Operator.NCELL,
    "Smart Telecom": Operator.SMARTCELL,
}


class InvalidMobile(ValueError):
    """A text is no Nepali mobile number; `reason` is a sentence for the person who typed it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _pattern(metadata: Any, kind: str) -> re.Pattern[str]:
    return re.compile(getattr(metadata, kind).national_number_pattern, re.ASCII)


_NEPAL: Final[Any] = PhoneMetadata.metadata_for_region("NP")
_MOBILE: Final = _pattern(_NEPAL, "mobile")
_LANDLINE: Final = _pattern(_NEPAL, "fixed_line")

# Operators by national prefixes of two or three digits.
_OPERATORS: Final[dict[str, Operator]] = {
    prefix.removeprefix("977"): _CARRIERS.get(names["en"], Operator.OTHER)
    for prefix, names in CARRIER_DATA.items()
    if prefix.startswith("977")
}

# What people and spreadsheets put between digits.
_BETWEEN: Final = dict.fromkeys(map(ord, " -.()/'_*"))
_SCIENTIFIC: Final = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+", re.ASCII)
# A spreadsheet's float; without this, "984123456.0" would become ten digits of someone else.
_FLOAT: Final = re.compile(r"([^.]*[0-9])\.0+", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)


def parse_mobile(raw: object) -> str:
    """The ten national digits of a Nepali mobile number, however it was written.

    Accepts `+977`, `00977`, `977` and `0` in front, spaces, hyphens, dots and brackets between,
    and Devanagari digits. Raises `InvalidMobile` with a sentence for the user.
    """
    if mobile := find_mobile(raw):
        return mobile
    text = visible(raw)
    digits = _compact(text)
    raise InvalidMobile(_reason(text, digits, _national(digits)))


def find_mobile(raw: object) -> str:
    """As `parse_mobile`, but empty for what is no number."""
    if isinstance(raw, str) and _MOBILE.fullmatch(raw):  # as in most lists
        return raw
    text = visible(raw)
    digits = _compact(text)
    if _MOBILE.fullmatch(digits):
        return digits
    national = _national(digits)
    return national if national is not None and _MOBILE.fullmatch(national) else ""


def unspaced(raw: object) -> str:
    """What a reader sees of a number, without what stands between the digits."""
    return visible(raw).translate(_BETWEEN)


def _compact(text: str) -> str:
    """Digits without what stands between them, or behind them in a spreadsheet's float."""
    float_like = _FLOAT.fullmatch(text)
    return (float_like[1] if float_like else text).translate(_BETWEEN)


def is_landline(raw: object) -> bool:
    """Whether a text is a Nepali phone number that is no mobile."""
    national = _national(_compact(visible(raw)))
    return national is not None and _LANDLINE.fullmatch(national) is not None


# Matches the ten digits of a mobile number and nothing else, the way most lists have them.
plain_mobile: Final = _MOBILE.fullmatch


def _national(digits: str) -> str | None:
    """Digits without Nepal's country code or trunk zero; None if they belong elsewhere."""
    for international in ("+977", "00977"):
        if digits.startswith(international):
            return digits.removeprefix(international).removeprefix("0")
    if digits.startswith(("+", "00")):
        return None
    if digits.startswith("977") and len(digits) in (13, 14):
        return digits.removeprefix("977").removeprefix("0")
    return digits.removeprefix("0")


def _reason(text: str, digits: str, national: str | None) -> str:
    if not text:
        return noted("There is no number here.")
    if _SCIENTIFIC.fullmatch(text):
        return noted("Excel shortened this number to %(text)s. Type it in full.", text=text)
    if national is None and _DIGITS.fullmatch(digits.removeprefix("+")):
        return noted(
            "This is a foreign number. Messages can only go to Nepali mobile numbers (+977)."
        )
    if national is None or not _DIGITS.fullmatch(national):
        return noted("This is not a number. Use only digits, spaces, hyphens and a + at the start.")
    if _LANDLINE.fullmatch(national):
        return noted("This is a landline. Messages can only go to mobile numbers.")
    if len(national) < 10:
        return noted(
            "This number is too short. A mobile number has 10 digits, and this has %(count)d.",
            count=len(national),
        )
    if len(national) > 10:
        return noted(
            "This number is too long. A mobile number has 10 digits, and this has %(count)d.",
            count=len(national),
        )
    return noted(
        "No operator in Nepal has mobile numbers that begin with %(prefix)s.", prefix=national[:3]
    )


def operator_of(mobile: str) -> Operator:
    """Whose number it is, for ten national digits. Unknown ranges are `Operator.OTHER`."""
    return _OPERATORS.get(mobile[:3]) or _OPERATORS.get(mobile[:2], Operator.OTHER)


# What stands in the place of an anonymised person's number begins with this.
REMOVED: Final = "#"
_BASE: Final = 36


def removed_number(key: int) -> str:
    """What stands in the place of a number that was removed from the row of this key: unique as
    the key is, at most nine characters long, and no number that anyone could call.
    """
    digits = ""
    while key:
        key, digit = divmod(key, _BASE)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return REMOVED + digits


def format_mobile(mobile: str) -> str:
    """Ten digits as staff read them aloud: 984-1234567; words for a number that was removed."""
    if mobile[:1] == REMOVED:
        return _("Number removed")
    return f"{mobile[:3]}-{mobile[3:]}" if len(mobile) == 10 else mobile


# A number that someone spaced out ("+977 984 123 4567") has no more words than this.
_MOST_WORDS: Final = 5
_SPACED_LENGTHS: Final = range(10, 26)  # and this many characters without the spaces
_SEPARATORS: Final = re.compile(r"[,;|\t\r\n\u0964]+")


def split_numbers(text: str) -> list[str]:
    """The entries of a pasted list: between commas, semicolons, tabs, new lines or spaces.

    Words that are a number only together stay together, so that "+977 984 123 4567" is one entry.
    """
    entries: list[str] = []
    for piece in _SEPARATORS.split(text):
        entries.extend(_split_words(piece.split()))
    return entries


def _split_words(words: list[str]) -> list[str]:
    entries: list[str] = []
    start = 0
    while start < len(words):
        ends = range(min(start + _MOST_WORDS, len(words)), start + 1, -1)
        joined = (
            " ".join(words[start:end])
            for end in ends
            if sum(map(len, words[start:end])) in _SPACED_LENGTHS
        )
        entry = next(filter(_is_mobile, joined), words[start])
        entries.append(entry)
        start += entry.count(" ") + 1
    return entries


def _is_mobile(text: str) -> bool:
    return bool(find_mobile(text))
