"""The digits that numbers are written with."""

from typing import Final

_LATIN_DIGITS, _DEVANAGARI_DIGITS = "0123456789", "०१२३४५६७८९"
_DEVANAGARI: Final = str.maketrans(_LATIN_DIGITS, _DEVANAGARI_DIGITS)
_LATIN: Final = str.maketrans(_DEVANAGARI_DIGITS, _LATIN_DIGITS)


def devanagari(text: str) -> str:
    """१,२३,४५६ for 1,23,456."""
    return text.translate(_DEVANAGARI)


def in_every_script(text: str) -> set[str]:
    """The text as it is, and with all of its digits in each script."""
    return {text, devanagari(text), text.translate(_LATIN)}
