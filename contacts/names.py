"""Cleaning, comparing and listing names: hidden characters and marks of direction are removed."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

# The zero-width joiner and non-joiner shape Devanagari; other marks of format are only hidden.
_JOINERS: Final = "\u200c\u200d"
_NO_JOINERS: Final = dict.fromkeys(map(ord, _JOINERS))
_HIDDEN: Final = {"Cc", "Cf", "Cs"}  # control characters, bidi and other format marks, halves
# Every dash is a hyphen and every full-width sign a plain one: no one sees a difference between
# two spellings of a name, and one of them would make a message more expensive.
_PLAIN: Final = {
    code: "-"
    for code in (*range(0x80, 0x3100), *range(0xFE00, 0x10000))  # none among the letters of Asia
    if unicodedata.category(chr(code)) == "Pd" or code == ord("\N{MINUS SIGN}")
} | {0xFF01 + place: 0x21 + place for place in range(94)}

# Between commas or semicolons; a name that has one itself stands in quotation marks.
_LISTED: Final = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=[,;]|$)|([^,;]+)')


def clean_name(raw: str) -> str:
    """One line in NFC with single spaces; empty if there is nothing to see."""
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    if raw.isprintable():  # as most are: nothing is hidden, and no space but the plain one
        return " ".join(unicodedata.normalize("NFC", raw).translate(_PLAIN).split())
    seen = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", raw).translate(_PLAIN)
        if character.isspace()
        or character in _JOINERS
        or unicodedata.category(character) not in _HIDDEN
    )
    name = " ".join(seen.split())
    return name if name.strip(_JOINERS + " ") else ""


def name_key(name: str) -> str:
    """A clean name without case and spaces, by which names are compared."""
    key = "".join(name.casefold().split())
    return key if key.isascii() else key.translate(_NO_JOINERS)


def clean_names(raw: Sequence[str]) -> list[str]:
    """Many names as `clean_name` cleans each, several times as fast.

    Where nothing is hidden they are cleaned as one text: no composed letter reaches over a line.
    """
    if not raw or not "".join(raw).isprintable():
        return list(map(clean_name, raw))
    together = "\n".join(raw)
    if not together.isascii():
        together = unicodedata.normalize("NFC", together).translate(_PLAIN)
    names = together.split("\n")
    with_edges = f"\n{together}\n"
    if any(gap in with_edges for gap in ("  ", "\n ", " \n")):
        return [" ".join(name.split()) for name in names]
    return names


def name_keys(names: Sequence[str]) -> list[str]:
    """The keys of many clean names, as `name_key` makes each."""
    if not names:
        return []
    together = "\n".join(names).casefold().replace(" ", "")
    if not together.isascii():
        together = together.translate(_NO_JOINERS)
    return together.split("\n")


def listed(names: Iterable[str]) -> str:
    """Several names in one cell, in alphabetical order; `from_list` takes them apart again."""
    return ", ".join(map(_in_list, sorted(names)))


def _in_list(name: str) -> str:
    if "," in name or ";" in name or name.startswith('"'):
        return '"' + name.replace('"', '""') + '"'
    return name


def from_list(cell: str) -> list[str]:
    """The clean names in a cell, between commas or semicolons."""
    found = (quoted.replace('""', '"') or plain for quoted, plain in _LISTED.findall(cell))
    return list(filter(None, map(clean_name, found)))
