"""The office's own fields about people, such as class or fee due: kinds, keys and values."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from contacts.names import clean_name
from sociair_portal.common import formats
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.sentences import noted
from sociair_portal.common.visible import visible
from sociair_portal.common.written_days import gregorian, read_day

# A number or a day that is written otherwise than its value: [1250.5, "1,250.50"], or
# ["2025-08-28", "2082-05-12"]. It is compared by the first and shown as the second. A day whose
# calendar no one knows yet has an empty first.
WrittenValue = list[Any]
FieldValue = str | int | float | WrittenValue
MOST_CHARACTERS: Final = 500  # of a value; nothing longer fits into a message

# Names that placeholders, spreadsheets and exports use for something else.
RESERVED: Final = frozenset(
    {
        *("name", "number", "mobile", "operator", "opted_out", "group", "groups", "date"),
        *("date_bs", "नाम", "नम्बर", "मोबाइल", "मिति", "मिति_वि_सं", "मिति_बि_सं"),
    }
)

_RUPEES: Final = re.compile(
    r"^(?:rs\.?|npr|रू\.?|रु\.?)\s*|\s*(?:/[-=]|/-|rs\.?|npr|रू|रु)$", re.IGNORECASE
)
_MOST_DIGITS: Final = 15  # that a float keeps exactly
# 1250, 1,250.50, 1,25,000 and -3.5, as offices in Nepal write; 12,50 and 1.234,50 as in Europe.
_WITH_POINT: Final = re.compile(
    r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3})(?:\.[0-9]+)?"
)
_WITH_COMMA: Final = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
# What a spreadsheet shows where it could not compute, and what people write where nothing is.
_ERRORS: Final = frozenset(
    {"#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#spill!", "#calc!"}
)
_NOTHING: Final = _ERRORS.union(
    ("-", "--", "–", "—", "…", "..."), ("n/a", "na", "nan", "nil", "null", "none")
)


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]


_LABELS: Final[dict[FieldKind, Promise]] = {
    FieldKind.TEXT: gettext_lazy("Text"),
    FieldKind.NUMBER: pgettext_lazy("kind of a field", "Number"),
    FieldKind.DATE: gettext_lazy("Date"),
}


class NumberStyle(StrEnum):
    """How the numbers of a field are written in lists and messages."""

    AS_TYPED = ""
    COMMAS = "commas"
    DECIMALS = "decimals"

    @property
    def label(self) -> str | Promise:
        return _STYLES[self]


_STYLES: Final[dict[NumberStyle, Promise]] = {
    NumberStyle.AS_TYPED: gettext_lazy("As typed"),
    NumberStyle.COMMAS: gettext_lazy("With commas, like 1,20,000"),
    NumberStyle.DECIMALS: gettext_lazy("With commas and two decimals, like 1,20,000.00"),
}
_MOST_STYLED: Final = 9  # digits before the point; a longer one may be a number that is masked


class InvalidValue(ValueError):
    """A text is no value of a field; `reason` is a sentence for the person who typed it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def key_of(name: str) -> str:
    """A field's key in messages and in the database: "Fee due" is `fee_due`.

    Letters of every script stay, with the marks that belong to them. Empty if there is none. A name
    of digits alone gets a word in front: databases take such a key for a place in a list.
    """
    kept = (
        character if unicodedata.category(character)[0] in "LMN" else "_"
        for character in clean_name(name).casefold()
    )
    key = re.sub("_+", "_", "".join(kept)).strip("_")
    return f"field_{key}" if key.isdecimal() else key


class DecimalMark(StrEnum):
    """What stands before the fraction of a number."""

    POINT = "point"
    COMMA = "comma"


def says_nothing(text: str) -> bool:
    """Whether a cell only marks that there is no value: a dash, N/A, NULL."""
    return text.casefold() in _NOTHING


def is_error(text: str) -> bool:
    """Whether a cell is what a spreadsheet could not compute: no one means it as a text."""
    return text[:1] == "#" and text.casefold() in _ERRORS


def parse_value(
    kind: FieldKind,
    raw: str,
    *,
    mark: DecimalMark = DecimalMark.POINT,
    calendar: Calendar = Calendar.GREGORIAN,
) -> FieldValue:
    """The value as it is kept: a text, a number, or a day, with the words in which it was written.

    `calendar` is that of a day which does not tell its own. Raises `InvalidValue`.
    """
    text = clean_name(raw)
    if len(text) > MOST_CHARACTERS:
        raise InvalidValue(
            noted(
                "This is too long. It has %(count)d characters and the limit is %(most)d.",
                count=len(text),
                most=MOST_CHARACTERS,
            )
        )
    if kind == FieldKind.NUMBER:
        return _number(text, mark)
    if kind == FieldKind.DATE:
        return _day(text, calendar)
    if is_error(text):
        raise InvalidValue(noted("“%(text)s” is an error in the spreadsheet.", text=text))
    return text


def _number(text: str, mark: DecimalMark) -> FieldValue:
    if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit():  # as in most columns
        number = int(text)
        return number if text[0] != "0" or text == "0" else [number, text]
    plain = plain_number(text, mark)
    if plain is None:
        raise InvalidValue(noted("“%(text)s” is not a number like 1250 or 1,250.50.", text=text))
    exact = Decimal(plain)
    value = int(exact) if exact == exact.to_integral_value() else float(exact)
    return value if str(value) == text else [value, text]


def plain_number(text: str, mark: DecimalMark) -> str | None:
    """A number's digits with a point before the fraction; None for what is none, or too long."""
    digits = _RUPEES.sub("", visible(text)).strip()
    by_point = mark is DecimalMark.POINT
    if not (_WITH_POINT if by_point else _WITH_COMMA).fullmatch(digits):
        return None
    plain = digits.replace(",", "") if by_point else digits.replace(".", "").replace(",", ".")
    count = len(plain.replace(".", "").replace("-", "").lstrip("0"))
    return plain if count <= _MOST_DIGITS else None


def _day(text: str, calendar: Calendar) -> FieldValue:
    try:
        written = read_day(text)
        if written is not None:
            day = gregorian(written, written.calendar or calendar)
            return ["" if day is None else day.isoformat(), text]
    except ValueError:
        pass
    raise InvalidValue(
        noted(
            "“%(text)s” is not a date like 2026-11-22, 22/11/2026 (day first) or 2083-08-07.",
            text=text,
        )
    )


def can_have(kind: FieldKind, value: object) -> bool:
    """Whether a field of a kind can have a value that is stored."""
    bare = value[0] if isinstance(value, list) and value else value
    return isinstance(bare, (int, float) if kind == FieldKind.NUMBER else str)


def compared(value: FieldValue) -> str | int | float:
    """What a value is compared by: a number, a text, or a day as ISO text."""
    return value[0] if isinstance(value, list) else value


class Shape(NamedTuple):
    """What a field holds, and how its numbers are written."""

    kind: FieldKind = FieldKind.TEXT
    style: NumberStyle = NumberStyle.AS_TYPED

    @property
    def is_plain(self) -> bool:
        """Whether a text is shown as it stands."""
        return self == (FieldKind.TEXT, NumberStyle.AS_TYPED)

    def show(self, value: FieldValue) -> str:
        """A value in lists and messages: in the field's style, or as typed if it has none."""
        styled = self.styled(value)
        return show_value(self.kind, value) if styled is None else styled

    def styled(self, value: FieldValue) -> str | None:
        """A number in the field's style; None for what stays as it was typed.

        Nothing is rounded: a number with three decimals keeps them.
        """
        if self.style is NumberStyle.AS_TYPED or self.kind is FieldKind.DATE:
            return None
        digits = _digits(compared(value))
        if digits is None:
            return None
        whole, _point, places = digits.removeprefix("-").partition(".")
        if len(whole) > _MOST_STYLED:
            return None
        places = places.rstrip("0")
        if places or self.style is NumberStyle.DECIMALS:
            places = f".{places.ljust(2, '0')}"
        sign = "-" if digits.startswith("-") else ""  # as it is typed: a longer one costs more
        return f"{sign}{formats.lakhs(whole)}{places}"


def _digits(value: object) -> str | None:
    """The digits of a number; None for a text that is none, or that is a code like 007."""
    if isinstance(value, int | float):
        return f"{Decimal(repr(value)):f}"
    plain = plain_number(str(value), DecimalMark.POINT)
    return None if plain is None or re.match("-?0[0-9]", plain) else plain


def show_value(kind: FieldKind, value: FieldValue) -> str:
    """A value as it was written."""
    if isinstance(value, list):
        return str(value[1])
    if kind == FieldKind.NUMBER and isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if kind == FieldKind.DATE:
        return formats.day(date.fromisoformat(str(value)))
    return str(value)
