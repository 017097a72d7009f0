"""Sentences that are stored with their English source and its figures, and are read in the language
of whoever looks.

A `Sentence` is a text in the language in use now, which remembers how it is stored: as it read when
it was written, which can be searched, and what it is made of. What was stored as finished text, and
what people typed, is read as it is.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db import models
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from sociair_portal.common import formats, shown_days

# Stands before both parts of what is stored; it is taken from the beginning of all other texts.
_MARK: Final = "\x1e"

# Decimals are rupees, datetimes moments; they are written as the reader writes them.
Figure: TypeAlias = str | int | Decimal | datetime
_Part: TypeAlias = str | dict[str, Any]


class Sentence(str):
    """`parts` are finished texts, and English sources with their figures."""

    parts: list[_Part]
    stored: str

    def __str__(self) -> str:
        return self  # so that an exception's words stay a sentence


def noted(english: str, **figures: Figure) -> Sentence:
    """A sentence with figures, by %-format."""
    return _made([{"en": english, "with": _packed(figures)}])


def noted_count(one: str, many: str, count: int, **figures: Figure) -> Sentence:
    """The same where it has a form for one and a form for many."""
    return _made([{"en": one, "many": many, "count": count, "with": _packed(figures)}])


def noted_label(label: str | Promise) -> Sentence:
    """A label of a choice, which is marked for translation where it stands."""
    with translation.override(None):
        english = str(label)
    return _made([{"en": english, "with": {}}])


def together(*texts: str) -> str:
    """Sentences and finished texts, one after the other."""
    found = [text for text in texts if text]
    if not any(isinstance(text, Sentence) for text in found):
        return " ".join(found)
    return _made([part for text in found for part in _parts_of(text)])


if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class SentenceField(_Text):
    """A column for a sentence, or for a finished text; in the database it is a text."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, given, named = super().deconstruct()
        return name, "django.db.models.TextField", given, named

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return None if value is None else read(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sentence):
            return value.stored
        prepared = super().get_prep_value(value)
        return prepared.lstrip(_MARK) if isinstance(prepared, str) else prepared


def read(stored: str) -> str:
    """What a column holds, in the language in use now."""
    if not stored.startswith(_MARK):
        return stored
    return _made(json.loads(stored.rpartition(_MARK)[2]), stored)


def _made(parts: list[_Part], stored: str = "") -> Sentence:
    made = Sentence(" ".join(map(_read, parts)))
    made.parts = parts
    made.stored = stored or f"{_MARK}{made}{_MARK}{json.dumps(parts, ensure_ascii=False)}"
    return made


def _parts_of(text: str) -> list[_Part]:
    return text.parts if isinstance(text, Sentence) else [text]


def _read(part: _Part) -> str:
    if isinstance(part, str):
        return part
    figures = {name: _unpacked(figure) for name, figure in part["with"].items()}
    is_counted = "many" in part
    text = ngettext(part["en"], part["many"], part["count"]) if is_counted else gettext(part["en"])
    return text % figures if figures else text


def _packed(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: _pack(figure) for name, figure in figures.items()}


def _pack(figure: Figure) -> Any:
    if isinstance(figure, Sentence):
        return {"parts": figure.parts}
    if isinstance(figure, Decimal):
        return {"rupees": str(figure)}
    return {"at": figure.isoformat()} if isinstance(figure, date) else figure


def _unpacked(figure: Any) -> str | int:
    match figure:
        case {"parts": parts}:
            return _made(parts)
        case {"rupees": amount}:
            return formats.exact(Decimal(amount))
        case {"at": at}:
            return shown_days.moment(timezone.localtime(datetime.fromisoformat(at)))
    found: str | int = figure
    return found
