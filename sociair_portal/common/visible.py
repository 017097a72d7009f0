"""Numbers and days as a reader sees them, whatever characters they are written in."""

import unicodedata
from typing import Final

_FEW: Final = 0x3000  # characters that are remembered; a file may have every one there is


class _Seen(dict[int, str]):
    """Characters as they are meant, told by their Unicode category: marks that no one
    sees vanish, every dash is a hyphen, every space a space, Devanagari digits are digits.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        seen = character
        if character.isspace():
            seen = " "
        elif category in ("Cf", "Cc"):
            seen = ""
        elif category == "Pd" or character == "\N{MINUS SIGN}":
            seen = "-"
        elif "०" <= character <= "९":
            seen = str(unicodedata.digit(character))
        if code < _FEW:
            self[code] = seen
        return seen


_SEEN: Final = _Seen()


def visible(raw: object) -> str:
    """What a reader sees of a number or a day, in plain characters."""
    text = str(raw)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_SEEN).strip()
