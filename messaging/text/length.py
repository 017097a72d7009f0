"""What a text costs to send: its encoding, its length in units, its parts.

Source: 3GPP TS 23.038 (GSM 03.38, the 7-bit default alphabet and its extension table) and
TS 23.040 (concatenation: 153 septets or 67 UCS-2 units a part, after a header of 6 octets).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = "^{}\\[~]|€"

_IS_GSM: Final = re.compile(f"[{re.escape(_BASIC + _EXTENSION)}]*")
_EXTENDED: Final = re.compile(f"[{re.escape(_EXTENSION)}]")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Measure:
    """How a text goes over the air.

    `units` are septets in GSM-7 (a character of the extension table takes two) and 16-bit code
    units in UCS-2 (an emoji takes two). `parts` is what is billed per number, and `left` are the
    units that still fit before the message needs one more part.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    left: int

    @property
    def alphabet(self) -> str:
        """The encoding as people may understand it."""
        return _("plain characters") if self.encoding == "GSM-7" else _("Unicode")


ONE_PART: Final = 160  # septets of a message that is not joined from several
_LIMITS: Final[dict[str, tuple[int, int]]] = {"GSM-7": (ONE_PART, 153), "UCS-2": (70, 67)}


def is_plain(text: str) -> bool:
    """Whether all of a text is in the GSM alphabet."""
    return _IS_GSM.fullmatch(text) is not None


_IS_SIMPLE: Final = re.compile(f"[{re.escape(_BASIC.replace(chr(10), '').replace(chr(13), ''))}]*")


# Whether a text takes as many septets as it has characters, all on one line.
is_simple: Final = _IS_SIMPLE.fullmatch


def measure(text: str) -> Measure:
    """Measure a text as it will be sent. An empty text has 0 parts."""
    if is_plain(text):
        return _measured("GSM-7", text, _EXTENDED)
    return _measured("UCS-2", text, _ASTRAL)


def _measured(encoding: Literal["GSM-7", "UCS-2"], text: str, double: re.Pattern[str]) -> Measure:
    single, joined = _LIMITS[encoding]
    doubles = [found.start() for found in double.finditer(text)]
    units = len(text) + len(doubles)
    if units <= single:
        return Measure(encoding, units, min(units, 1), single - units)
    taken = _taken(len(text), doubles, joined)
    parts = -(-taken // joined)
    return Measure(encoding, units, parts, parts * joined - taken)


def _taken(length: int, doubles: list[int], limit: int) -> int:
    """Units in parts of `limit` each; a character of two units never straddles a seam.

    A seam falls inside such a character when an odd place is left for it: then that part stays
    one unit short, as if the text were one unit longer.
    """
    units = length
    for before, position in enumerate(doubles):
        lost = units - length - before  # units that earlier seams left empty
        start = position + before + lost
        units += 2 if start % limit == limit - 1 else 1
    return units


def split_parts(text: str) -> list[str]:
    """A text as it is cut into the parts that are billed; a character never straddles a seam."""
    measured = measure(text)
    if measured.parts < 2:
        return [text]
    double = _EXTENDED if measured.encoding == "GSM-7" else _ASTRAL
    _single, joined = _LIMITS[measured.encoding]
    parts, begun, units = [], 0, 0
    for place, character in enumerate(text):
        width = 2 if double.match(character) else 1
        if units + width > joined:
            parts.append(text[begun:place])
            begun, units = place, 0
        units += width
    return [*parts, text[begun:]]
