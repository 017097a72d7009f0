"""Which characters make a text expensive, and what could stand in their place.

One character outside the GSM alphabet (length.py) leaves 70 characters a part instead of 160. Many
of them come from word processors and have a twin on every phone. A text that is written in
another script is never corrected.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from messaging.text.length import Measure, is_plain, measure, split_parts

_QUOTES: Final = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′`´ʼ", "'")
_DASHES: Final = dict.fromkeys("‐‑‒–—―−", "-")


def _of(category: str) -> str:
    """The characters of a Unicode category, without the plain ones."""
    characters = map(chr, range(0x80, 0x10000))
    return "".join(one for one in characters if unicodedata.category(one) == category)


_SPACES: Final = dict.fromkeys("\t" + _of("Zs"), " ")
_INVISIBLE: Final = dict.fromkeys(_of("Cf"), "")  # every mark of direction, joint or width
_FULL_WIDTH: Final = {
    chr(0xFF01 + place): _QUOTES.get(chr(0x21 + place), chr(0x21 + place)) for place in range(94)
}
_OTHERS: Final = {"…": "...", "•": "-", "·": "-", "×": "x", "\u2028": "\n", "\u2029": "\n"}
# For each character, what says the same in the GSM alphabet; nothing for those that nobody sees.
TWINS: Final = _QUOTES | _DASHES | _SPACES | _INVISIBLE | _FULL_WIDTH | _OTHERS


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text; `is_dear` if it is outside the GSM alphabet."""

    text: str
    is_dear: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What makes a text dear: `replaceable` characters have a twin, and to replace them saves
    something; `others` can only be left out.

    `plain` is the text with every twin in its place, `now` and `then` are how the text and `plain`
    go over the air, and `without` is how `plain` would without the others.
    """

    replaceable: list[str]
    others: list[str]
    plain: str
    now: Measure
    then: Measure
    without: Measure


def advise(text: str) -> Advice | None:
    """How to make a text cheaper.

    None for a text that is plain already, or written in a script of its own, or that plain
    characters would only make longer.
    """
    if is_plain(text):
        return None
    dear = dict.fromkeys(
        character
        for place, character in enumerate(text)
        if not is_plain(character) and character not in _VARIANTS and not _joins(text, place)
    )
    others = [character for character in dear if character not in TWINS]
    if any(_is_of_a_script(character) for character in others):
        return None
    plain = to_plain(text)
    now, then = measure(text), measure(plain)
    if then.parts > now.parts:  # an ellipsis is three dots
        return None
    saves = then.parts < now.parts or is_plain(plain)
    replaceable = [character for character in dear if saves and character in TWINS]
    without = measure("".join(character for character in plain if is_plain(character)))
    return Advice(replaceable, others, plain, now, then, without)


def on_the_phone(text: str) -> list[list[Passage]]:
    """A text part by part, with what makes it dear marked, if that can be helped."""
    marks = advise(text) is not None
    return [
        [
            Passage("".join(some), is_dear)
            for is_dear, some in groupby(
                part, key=lambda character: marks and not is_plain(character)
            )
        ]
        for part in _with_whole_syllables(split_parts(text))
    ]


def _with_whole_syllables(parts: list[str]) -> list[str]:
    """Parts as they are drawn: a phone puts them together again, so that no sign is torn from its
    letter there.
    """
    drawn = parts[:1]
    for part in parts[1:]:
        end = 0
        while end < len(part) and _goes_on((drawn[-1] + part[:end])[-1], part[end]):
            end += 1
        drawn[-1] += part[:end]
        drawn.append(part[end:])
    return drawn


def _goes_on(before: str, sign: str) -> bool:
    """Whether a sign is of the same syllable as the one before it."""
    return before in _BINDS or sign in _BINDS or unicodedata.category(sign) in ("Mn", "Mc")


_BINDS: Final = "\u094d\u200c\u200d"  # the virama, and what joins or parts letters


def _is_of_a_script(character: str) -> bool:
    """A letter, or a sign that belongs to letters, of a script that is not Latin."""
    is_letter = unicodedata.category(character)[0] in "LM"
    return is_letter and "LATIN" not in unicodedata.name(character, "")


_VARIANTS: Final = "\ufe0e\ufe0f"  # how the sign before them is drawn


def _joins(text: str, place: int) -> bool:
    """Whether the character at a place joins two emojis into one, as in a family."""
    if text[place] != "\u200d" or not place:
        return False
    before = text[place - 1]
    is_sign = unicodedata.category(before) in ("So", "Sk") and before not in TWINS
    return is_sign or before in _VARIANTS


_LINK: Final = re.compile(
    r"https?://|\bwww\.|\b[a-z0-9-]{2,}\.(?:com|net|org|info|biz|io|co|ly|me|np)\b", re.IGNORECASE
)


def has_link(text: str) -> bool:
    """Whether a text has what looks like a web address."""
    return _LINK.search(text) is not None


def to_plain(text: str) -> str:
    """The text with every twin in its place; an emoji of several signs stays one."""
    return "".join(
        character if _joins(text, place) else TWINS.get(character, character)
        for place, character in enumerate(text)
    )


def name_of(character: str) -> str:
    """A character as it looks; one that nobody sees, by its name in Unicode."""
    if character in _SPACES or character in _INVISIBLE or not character.isprintable():
        return unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return character
