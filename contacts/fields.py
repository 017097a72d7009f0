"""The office's own fields about people, such as class or fee due: kinds, keys and values."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.names import clean_name
from sociair_portal.common import formats

FieldValue = str | int | float
MOST_CHARACTERS: Final = 500  # of a value; nothing longer fits into a message

# Names that placeholders, tables and exports use for something else.
RESERVED: Final = frozenset(
    {"name", "number", "mobile", "operator", "opted_out", "group", "groups", "date"}
)

_DIGITS: Final = {ord("०") + digit: str(digit) for digit in range(10)}
# 1250, 1,250.50, 1,25,000 and -3.5, with Rs or रू in front; a float keeps 15 digits exactly.
_NUMBER: Final = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})+)(?:\.[0-9]+)?", re.ASCII)
_RUPEES: Final = re.compile(r"^(?:rs\.?|npr|रू\.?|रु\.?)\s*|\s*/-$", re.IGNORECASE)
_MOST_DIGITS: Final = 15
_DATE_FORMATS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%d/%m/%Y", "%d %b %Y", "%d %B %Y")


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]


_LABELS: Final[dict[FieldKind, Promise]] = {
    FieldKind.TEXT: gettext_lazy("Text"),
    FieldKind.NUMBER: gettext_lazy("Number"),
    FieldKind.DATE: gettext_lazy("Date"),
}


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


def parse_value(kind: FieldKind, raw: str) -> FieldValue:
    """The value as it is kept: text, a number, or a date as ISO text. Raises `InvalidValue`."""
    text = clean_name(raw)
    if len(text) > MOST_CHARACTERS:
        said = _("This is too long: it has %(count)d characters, %(most)d fit.")
        raise InvalidValue(said % {"count": len(text), "most": MOST_CHARACTERS})
    if kind == FieldKind.NUMBER:
        return _number(text)
    if kind == FieldKind.DATE:
        return _date(text)
    return text


def _number(text: str) -> int | float:
    if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit():  # as in most columns
        return int(text)
    plain = _RUPEES.sub("", text.translate(_DIGITS)).strip()
    digits = re.sub("[^0-9]", "", plain).lstrip("0")
    if not _NUMBER.fullmatch(plain) or len(digits) > _MOST_DIGITS:
        raise InvalidValue(_("“%(text)s” is not a number like 1250 or 1,250.50.") % {"text": text})
    value = Decimal(plain.replace(",", ""))
    return int(value) if value == value.to_integral_value() else float(value)


def _date(text: str) -> str:
    plain = text.translate(_DIGITS).removesuffix(" 00:00:00")
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(plain, form).date().isoformat()  # noqa: DTZ007  # a day
        except ValueError:
            continue
    raise InvalidValue(
        _("“%(text)s” is not a date like 2026-11-22 or 22/11/2026 (day first).") % {"text": text}
    )


def show_value(kind: FieldKind, value: FieldValue) -> str:
    """A value as staff read it, in lists and messages: 1250.5 is 1250.50, a date is 22 Nov 2026."""
    if type(value) is int:
        return str(value)
    if kind == FieldKind.NUMBER and isinstance(value, int | float):
        exact = Decimal(repr(value))
        return f"{exact:.2f}" if -2 <= int(exact.as_tuple().exponent) < 0 else f"{exact:f}"
    if kind == FieldKind.DATE:
        return formats.day(date.fromisoformat(str(value)))
    return str(value)
