"""The digits that numbers are written with."""

from typing import Final

_DEVANAGARI: Final = str.maketrans("0123456789", "०१२३४५६७८९")


def devanagari(text: str) -> str:
    """१,२३,४५६ for 1,23,456."""
    return text.translate(_DEVANAGARI)
