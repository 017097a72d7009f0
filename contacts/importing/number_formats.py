"""Numbers of a spreadsheet as their formats show them: 007, 85%, 12,500.00, 10:10 AM, Rs 1,500.

What a format says is worked out by the package `ssf`. The formats that nearly all cells have are
written here, a hundred times as fast.
"""

import re
import warnings
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from contacts.phone import plain_mobile

GENERAL: Final = "General"
TEXT: Final = "@"
# Formats with the month first: most say only "a day", in the order that the computer it is shown on
# prefers. Nobody knows which order the owner sees, so that it is written as nobody misreads it.
_MONTH_FIRST: Final = re.compile(r"(?:\[\$-[0-9a-f]+\])?m{1,2}[-/]d{1,2}[-/]y", re.IGNORECASE)
# The package takes a dot between these for the point of a fraction.
_DOTTED: Final = re.compile(r"(?<=[dmyh])\.(?=[dmyhs])", re.IGNORECASE)
# Words in a format, such as "Rs." or [$Rs.-4009]: the package takes dots and commas in them for
# those of the number, so that it gets other characters in their place.
_WORDS: Final = re.compile(r'"[^"]*"|\\.|\[\$[^\]-]*')
_MASKED: Final = {ord(sign): 0xE000 + place for place, sign in enumerate(".,%#?/0123456789")}
_UNMASKED: Final = {masked: sign for sign, masked in _MASKED.items()}
# Formats of numbers alone, whose digits can be compared with the number: none that divides by
# thousands, with a comma at its end.
_OF_A_NUMBER: Final = re.compile(r"(?:[#0?.() _*+;@-]|,(?=[#0?])|\[[^\]]*\])*", re.ASCII)
_DECIMALS: Final = re.compile(r"\.([#0?]*)")
_PLAIN: Final = re.compile(r"(#,##0|0+)(?:\.(0+))?(%?)(?:_\))?", re.ASCII)
# The first two of eight digits that name a language are its digits (ECMA-376, 18.8.31).
_HAS_DEVANAGARI: Final = re.compile(r"\[\$[^\]]*-0?4[0-9a-f]{6}\]", re.IGNORECASE)
_DEVANAGARI: Final = str.maketrans("0123456789", "०१२३४५६७८९")
_DIGITS_AND_POINT: Final = re.compile(r"[0-9.]", re.ASCII)
_DAY: Final = "yyyy-mm-dd"
_MOMENT: Final = "yyyy-mm-dd hh:mm"
_WIDEST: Final = 11  # characters of a number without a format, as spreadsheets show it
_LARGEST: Final = 1e21  # nobody counts so far
_ALL_DIGITS: Final = 1e15  # below it a float has all digits of a whole number

# The formats that workbooks name by a number alone (ECMA-376, 18.8.30).
BUILT_IN: Final[dict[int, str]] = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: TEXT,
}


@lru_cache(maxsize=20_000)
def shown(value: float, form: str, *, is_1904: bool = False) -> str:
    """A number as its format shows it; a mobile number always as its digits."""
    if form in (GENERAL, TEXT) or is_mobile(value):
        return unformatted(value)
    text = _in_latin_digits(value, form, is_1904)
    return text.translate(_DEVANAGARI) if _HAS_DEVANAGARI.search(form) else text


def _in_latin_digits(value: float, form: str, is_1904: bool) -> str:
    if found := _PLAIN.fullmatch(form):
        return _plainly(value, found)
    if _MONTH_FIRST.match(form):
        form = _MOMENT if "h" in form else _DAY
    masked = _WORDS.sub(lambda words: words[0].translate(_MASKED), form)
    if _OF_A_NUMBER.fullmatch(bare := _WORDS.sub("", masked)):
        found = _DECIMALS.search(bare)
        rounded = _rounded(value, len(found[1]) if found else 0)  # the package rounds 1.005 down
        text = _by_package(float(rounded), masked, is_1904)
        if not _has_its_digits(text, rounded):
            return unformatted(value)
    else:
        text = _by_package(value, _DOTTED.sub(r"\\.", masked), is_1904)
    return text.translate(_UNMASKED).strip()


def _rounded(value: float, decimals: int) -> Decimal:
    """As spreadsheets round: by the digits that they show of a number, half up."""
    try:
        return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    except InvalidOperation:  # more digits than anyone could read
        return Decimal(repr(value))


def _has_its_digits(text: str, value: Decimal) -> bool:
    """Whether a text that shows a number has the digits of it, or none at all."""
    digits = "".join(_DIGITS_AND_POINT.findall(text))
    return not digits.strip(".") or (digits.count(".") <= 1 and Decimal(digits) == abs(value))


def is_mobile(value: float) -> bool:
    """Whether a number is a mobile number, with or without the country's code."""
    if not value.is_integer() or not 0 < value < _ALL_DIGITS:
        return False
    return plain_mobile(str(int(value)).removeprefix("977")) is not None


def unformatted(value: float) -> str:
    """A number as a spreadsheet shows it without a format, but never with an exponent."""
    if abs(value) >= _LARGEST:
        return repr(value)
    if value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    if len(text.lstrip("-")) <= _WIDEST:
        return text
    room = max(_WIDEST - len(text.lstrip("-").partition(".")[0]) - 1, 0)
    return f"{value:.{room}f}".rstrip("0").rstrip(".") if room else f"{value:.0f}"


def _plainly(value: float, found: re.Match[str]) -> str:
    """By a format of zeros, commas for thousands, decimals and per cent."""
    digits, decimals, per_cent = found.groups(default="")
    exact = Decimal(repr(value)) * (100 if per_cent else 1)
    try:
        rounded = abs(exact).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    except InvalidOperation:  # more digits than anyone could read
        return unformatted(value)
    grouped = "," if "," in digits else ""
    text = f"{rounded:{grouped}.{len(decimals)}f}"
    if not grouped:
        text = text.zfill(len(digits) + bool(decimals) + len(decimals))
    return f"{'-' if value < 0 and rounded else ''}{text}{per_cent}"


def _by_package(value: float, form: str, is_1904: bool) -> str:
    """By a format of any kind; nothing if it cannot be told, as a wrong letter is worse."""
    package = _package(is_1904)
    try:
        with warnings.catch_warnings(action="error"):  # it warns of what it does not understand
            text: str = package.format(form, value)
    except MemoryError:  # says nothing about the format
        raise
    except Exception:  # noqa: BLE001  # whatever a format of someone's own does to it
        return ""
    return "" if text and set(text) == {"#"} else text


@lru_cache(maxsize=2)
def _package(is_1904: bool) -> Any:
    """The package, loaded only for files that need it: it takes a fifth of a second."""
    from ssf import SSF  # noqa: PLC0415  # as said

    return SSF(
        date1904=is_1904, locale_support=False, decimal_separator=".", thousands_separator=","
    )
