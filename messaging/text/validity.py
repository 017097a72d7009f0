"""Whether a text can be sent at all, and how it is tidied before."""

import re
import unicodedata
from typing import Final

from messaging.text.length import (
    Measure,
    measure,
)
from sociair_portal.common.sentences import noted

# The most parts that one message may have: a limit of the portal, not of the network.
MOST_PARTS: Final = 10


# Control characters but for new line and tab, lone surrogates, and Unicode's noncharacters. What
# Python's Unicode data does not know yet is an emoji of next year, and goes out.
_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)


_UNSENDABLE: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")

_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")
_UNSEEN: Final = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # spaces, and marks that only other signs show


class InvalidText(ValueError):
    """A text cannot be sent; `reason` is a sentence for the person who wrote it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def keepable(text: str) -> str:
    """A text as any database can keep it: U+FFFD stands where NUL or a lone surrogate stood."""
    return _UNKEEPABLE.sub("\ufffd", text)


def tidy(raw: str) -> str:
    """A message as it will be sent: browsers' line ends become one character, ends are trimmed."""
    return raw.replace("\r\n", "\n").replace("\r", "\n").strip()


def check_signs(text: str) -> None:
    """Raises `InvalidText` for a character that no phone shows."""
    if text.isprintable():  # as most are, and told much quicker
        return
    if found := _UNSENDABLE.search(text):
        raise InvalidText(
            noted(
                "Character %(place)d cannot be sent (U+%(code)04X). Remove it.",
                place=found.start() + 1,
                code=ord(found[0]),
            )
        )


def can_be_seen(text: str) -> bool:
    """Whether a reader sees any character of it."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text)


def check_length(text: str) -> Measure:
    """Measure a text. Raises `InvalidText` for more than MOST_PARTS parts."""
    measured = measure(text)
    if measured.parts > MOST_PARTS:
        raise InvalidText(
            noted(
                "This message has %(parts)d parts. The most that can be sent is %(most)d. "
                "Make it shorter.",
                parts=measured.parts,
                most=MOST_PARTS,
            )
        )
    return measured


def check_text(text: str) -> Measure:
    """Measure a tidied text that goes out as it is.

    Raises `InvalidText` for an empty text, for characters that no phone shows and for more than
    MOST_PARTS parts.
    """
    check_signs(text)
    if not can_be_seen(text):
        raise InvalidText(noted("Write a message."))
    return check_length(text)
