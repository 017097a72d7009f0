"""Sentences that are stored with their English source and its figures, and are read in the language
of whoever looks.

A `Sentence` is a text in the language in use now, which remembers how it is stored: as it read when
it was written, which can be searched, and what it is made of. What was stored as finished text, and
what people typed, is read as it is; so is what was written in words that a newer portal no longer
has in the reader's language.

Figures are shown with the digits of whoever looks. What is stored has 0 to 9.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext

from sociair_portal.common import formats, shown_days
from sociair_portal.common.shown_digits import in_digits, seen_with

# Stands before both parts of what is stored; it is taken from the beginning of all other texts.
_MARK: Final = "\x1e"
_ENGLISH: Final = (None, "en")  # the languages in which a source reads as it is
# A count, and what a sentence that has one says in digits itself: "10 digits, and this has %(n)d".
_COUNT: Final = re.compile(r"%\((\w+)\)d")
_OWN: Final = re.compile(r"(?<![\w)])[0-9]+(?!\w)")
_SOURCES: Final = ("en", "many", "rupees", "at", "day")
# Made once: json.dumps would make one for each sentence.
_packed: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MOST: Final = 300  # characters of what stands in many rows

# Decimals are rupees, datetimes moments, dates days; they are written as the reader writes them.
Figure: TypeAlias = str | int | Decimal | date
_Part: TypeAlias = str | dict[str, Any]


class Sentence(str):
    """`parts` are finished texts, and English sources with their figures."""

    parts: list[_Part]
    kept: str

    def __str__(self) -> str:
        return self  # so that an exception's words stay a sentence

    @property
    def stored(self) -> str:
        """What a database keeps of it: of one that was read, what was there."""
        return self.kept or _to_store(_written(self), self.parts)

    @property
    def stored_briefly(self) -> str:
        """The same in fewer bytes, for what stands in a hundred thousand rows: what was written in
        English is not kept beside its source.
        """
        if self.kept or get_language() not in _ENGLISH:
            return self.stored
        return _to_store("", self.parts)


def noted(english: str, /, **figures: Figure) -> Sentence:
    """A sentence with figures, by %-format."""
    return _made([_source(english, figures)])


def noted_count(one: str, many: str, count: int, /, **figures: Figure) -> Sentence:
    """The same where it has a form for one and a form for many."""
    return _made([{**_source(one, figures), "many": many, "count": count}])


def noted_list(between: str, texts: Sequence[str]) -> Sentence:
    """Names with a word between them that is translated."""
    return _made([{"en": between, "between": list(texts)}])


def noted_label(label: str | Promise) -> Sentence:
    """A label of a choice, which is marked for translation where it stands."""
    with translation.override(None):
        english = str(label)
    return _made([_source(english, {})])


def together(*texts: str, between: str = "") -> str:
    """Sentences and finished texts, one after the other, perhaps with a mark `between` two."""
    found = [text for text in texts if text]
    if between:
        found = [*found[:1], *(one for text in found[1:] for one in (between, text))]
    if not any(isinstance(text, Sentence) for text in found):
        return " ".join(found)
    return _made([part for text in found for part in _parts_of(text)])


def changed(text: str, change: Callable[[str], str]) -> str:
    """A text after a change; of a sentence, whatever in it is neither its source nor a count."""
    if not isinstance(text, Sentence):
        return change(text)
    if change(text) == text:
        return text
    made = _made([_changed(part, change) for part in text.parts])
    return made if change(made) == made else change(text)


def _changed(one: Any, change: Callable[[str], str], name: str = "") -> Any:
    if isinstance(one, str):
        return one if name in _SOURCES else change(one)
    if isinstance(one, list):
        return [_changed(each, change) for each in one]
    if isinstance(one, dict):
        return {key: _changed(each, change, key) for key, each in one.items()}
    return one


def row_value(text: str, most: int = _MOST) -> str:
    """A text or a sentence as it is inserted into a `SentenceField` of many rows. What is too long
    is cut, and stays as it is written now.
    """
    if isinstance(text, Sentence) and (text.kept or len(text) <= most):
        return text.stored_briefly
    return finished(text[:most])


def finished(text: str) -> str:
    """A text as it is stored, so that it is read as it is."""
    return text.lstrip(_MARK)


def read(stored: str) -> str:
    """What a column holds, in the language in use now."""
    if not stored.startswith(_MARK):
        return stored
    written, _mark, parts = stored[1:].rpartition(_MARK)
    try:
        found = json.loads(parts)
    except ValueError:  # from before there were sentences, of which this sign is no part
        return stored.replace(_MARK, "")
    return _made(found, stored, written)


def _made(parts: list[_Part], kept: str = "", written: str = "") -> Sentence:
    is_known = not written or get_language() in _ENGLISH or all(map(_is_known, parts))
    made = Sentence(" ".join(map(_read, parts)) if is_known else written)
    made.parts, made.kept = parts, kept
    return made


def _written(sentence: Sentence) -> str:
    """How it reads without anyone who has chosen digits."""
    if in_digits("0") == "0":
        return sentence
    with seen_with(lambda: False):
        return " ".join(map(_read, sentence.parts))


def _to_store(written: str, parts: list[_Part]) -> str:
    return f"{_MARK}{written}{_MARK}{_packed(parts)}"


def _parts_of(text: str) -> list[_Part]:
    return text.parts if isinstance(text, Sentence) else [text]


def _is_known(part: _Part) -> bool:
    """Whether the language in use has words for a source, and for those within its figures."""
    if isinstance(part, str):
        return True
    if _translated(part) in (part["en"], part.get("many")):
        return False
    inner = (one["parts"] for one in part.get("with", {}).values() if _has_parts(one))
    return all(_is_known(one) for parts in inner for one in parts)


def _has_parts(figure: Any) -> bool:
    return isinstance(figure, dict) and "parts" in figure


def _translated(part: dict[str, Any]) -> str:
    if "many" in part:
        return ngettext(part["en"], part["many"], part["count"])
    return gettext(part["en"])


def _read(part: _Part) -> str:
    if isinstance(part, str):
        return part
    if "between" in part:
        return _translated(part).join(part["between"])
    if not (figures := part.get("with")):
        return _translated(part)
    text = _translated(part)
    if _COUNT.search(text):
        text = _OWN.sub(lambda found: in_digits(found[0]), text)
        text = _COUNT.sub(lambda found: in_digits(str(figures[found[1]])), text)
    return text % {name: _unpacked(figure) for name, figure in figures.items()}


def _source(english: str, figures: Mapping[str, Figure]) -> dict[str, Any]:
    packed = {name: _pack(figure) for name, figure in figures.items()}
    return {"en": english, "with": packed} if packed else {"en": english}


def _pack(figure: Figure) -> Any:
    if isinstance(figure, Sentence):
        return {"parts": figure.parts}
    if isinstance(figure, Decimal):
        return {"rupees": str(figure)}
    if isinstance(figure, datetime):
        return {"at": figure.isoformat()}
    return {"day": figure.isoformat()} if isinstance(figure, date) else figure


def _unpacked(figure: Any) -> str | int:
    match figure:
        case {"parts": parts}:
            return _made(parts)
        case {"rupees": amount}:
            return in_digits(formats.exact(Decimal(amount)))
        case {"at": at}:
            return shown_days.moment(timezone.localtime(datetime.fromisoformat(at)))
        case {"day": day}:
            return shown_days.day(date.fromisoformat(day))
    found: str | int = figure
    return found
