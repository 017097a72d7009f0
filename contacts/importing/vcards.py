"""Opening VCF files, as phones write their contacts: a card for each person."""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, NamedTuple

import vobject

from contacts.importing.rows import Row, Table, Tally
from contacts.importing.text_files import encoding_of
from contacts.names import clean_name, listed
from contacts.phone import find_mobile

CARD: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCARD", re.IGNORECASE)
_BEGIN: Final = "BEGIN:VCARD"
_END: Final = "END:VCARD"


class _Person(NamedTuple):
    line: int
    name: str
    mobiles: list[str]
    phones: list[str]
    groups: str
    organisation: str


def open_cards(path: Path, head: bytes) -> Table:
    """The people of a VCF file as rows, with a column for each number of whoever has most."""
    tally = Tally()
    with path.open(encoding=encoding_of(path, head)) as file:
        people = [_person(line, text) for line, text in _cards(file, tally)]
    mobiles = max((len(one.mobiles) for one in people), default=0)
    phones = max((len(one.phones) for one in people), default=0)
    names = ["Name", *_numbered("Mobile", mobiles), *_numbered("Other phone", phones)]
    names += ["Categories", "Organisation"]
    return Table("vcf", _rows(people, mobiles, phones), names=names, tally=tally)


def _numbered(name: str, count: int) -> list[str]:
    return [name, *(f"{name} {number}" for number in range(2, count + 1))][: max(count, 0)]


def _rows(people: Iterable[_Person], mobiles: int, phones: int) -> Iterator[Row]:
    for one in people:
        numbers = [*_padded(one.mobiles, mobiles), *_padded(one.phones, phones)]
        yield Row(one.line, [one.name, *numbers, one.groups, one.organisation])


def _padded(texts: list[str], width: int) -> list[str]:
    return [text for text, _place in zip_longest(texts, range(width), fillvalue="")]


def _cards(file: Iterable[str], tally: Tally) -> Iterator[tuple[int, str]]:
    """Each card with the line on which it begins."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(file, start=1):
        tally.lines = number
        mark = line.strip().upper()
        if begun and mark in (_BEGIN, _END):
            lines += [line] if mark == _END else []
            tally.continued += len(lines) - 1
            yield begun, "".join(lines)
            begun = 0
        if mark == _BEGIN:
            begun, lines = number, [line]
        elif begun:
            lines.append(line)
    if begun:  # a file that was cut off
        tally.continued += len(lines) - 1
        yield begun, "".join(lines)


def _person(line: int, text: str) -> _Person:
    """Someone on a card; of one that cannot be read, only that it is there."""
    try:
        card = vobject.readOne(text, allowQP=True)
        numbers = list(dict.fromkeys(clean_name(str(one.value)) for one in _all(card, "tel")))
        categories = [str(name) for one in _all(card, "categories") for name in _listed(one.value)]
        organisation = next((_listed(one.value)[0] for one in _all(card, "org") if one.value), "")
        name = _name(card)
    except MemoryError:  # says nothing about the card
        raise
    except Exception:  # noqa: BLE001  # whatever a phone has written
        return _Person(line, clean_name(text)[:200], [], [], "", "")
    mobiles = [number for number in numbers if find_mobile(number)]
    return _Person(
        line,
        name or clean_name(str(organisation)),
        mobiles,
        [number for number in numbers if number and number not in mobiles],
        listed(filter(None, map(clean_name, categories))),
        clean_name(str(organisation)),
    )


def _all(card: Any, name: str) -> list[Any]:
    found: list[Any] = card.contents.get(name, [])
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(card: Any) -> str:
    """The name as the phone shows it, or else its parts in the order in which they are said."""
    for one in _all(card, "fn"):
        if name := clean_name(str(one.value)):
            return name
    for one in _all(card, "n"):
        parts = one.value
        said = (parts.prefix, parts.given, parts.additional, parts.family, parts.suffix)
        words = (" ".join(part) if isinstance(part, list) else part for part in said)
        if name := clean_name(" ".join(map(str, words))):
            return name
    return ""
