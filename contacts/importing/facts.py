"""What is in a column: counted over all of its cells, because the one that matters may be the last.

Counting is done where a file is read (converter.py), a piece at a time, so that it costs little and
knows nothing of the database. columns.py draws the conclusions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

from contacts.fields import DecimalMark, plain_number, says_nothing
from contacts.importing.cells import SHORTEST, mobile_in
from contacts.importing.rows import Row
from contacts.phone import plain_mobile
from contacts.preeti import Reading, count_typed, is_shown_otherwise, reading_of
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.visible import visible
from sociair_portal.common.written_days import WrittenDay, read_day

_DIGIT: Final = re.compile(r"\d")
_SHAPE: Final = str.maketrans("023456789०१२३४५६७८९", "1" * 19)
_DIGITS_OF_A_DAY: Final = "12"  # 11 May 1111 is a day, and so is 22 Baisakh 2222
_MOST_DIGITS: Final = 15
EXAMPLES: Final = 3  # of cells
_LONGEST_EXAMPLE: Final = 60  # letters
_NO_YEAR: Final = 10_000


@dataclass(slots=True)
class Facts:
    """Cells of one column, counted by what they can be.

    `filled` are those that say anything. Whole numbers are counted as `whole`, and how many digits
    the shortest and the longest has; numbers with a fraction or separators by the decimal mark that
    they can have. Of days those are counted that only one calendar has, or either; the years are
    those of the latter.
    """

    filled: int = 0
    mobiles: int = 0
    words: int = 0
    typed: int = 0  # of the words: surely typed for a font like Preeti
    read: int = 0  # of the words, in a file that has such ones: looked at for what they can be
    nepali: int = 0  # of those: Nepali in such a font
    either: int = 0  # and perhaps so, or else Latin
    whole: int = 0
    zeros: int = 0  # numbers that begin with a zero
    too_long: int = 0  # numbers of more digits than a computer keeps
    shortest: int = _NO_YEAR
    longest: int = 0
    by_point: int = 0
    by_comma: int = 0
    either_by_point: int = 0  # 1.250
    either_by_comma: int = 0  # 1,250
    gregorian: int = 0
    bikram_sambat: int = 0
    either_calendar: int = 0
    not_gregorian: int = 0  # of those: the 31st of February
    first_year: int = _NO_YEAR
    last_year: int = 0
    # Some of each; two fonts show different letters for the last ones.
    typed_ones: list[str] = field(default_factory=list)
    either_ones: list[str] = field(default_factory=list)
    staying: list[str] = field(default_factory=list)
    of_two_fonts: list[str] = field(default_factory=list)

    def __add__(self, other: "Facts") -> "Facts":
        together = {}
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            together[one.name] = _TOGETHER.get(one.name, _sum)(mine, theirs)
        return Facts(**together)

    def to_json(self) -> dict[str, Any]:
        """Without what is as in an empty column."""
        return {name: value for name, value in asdict(self).items() if value != _EMPTY[name]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Facts":
        """Also of what was counted otherwise once."""
        return cls(**{name: value for name, value in data.items() if name in _EMPTY})


def _sum(mine: int, theirs: int) -> int:
    return mine + theirs


def _first_ones(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    return list(dict.fromkeys((*mine, *theirs)))[:EXAMPLES]


_TOGETHER: Final[dict[str, Any]] = {
    "shortest": min,
    "first_year": min,
    "longest": max,
    "last_year": max,
    "typed_ones": _first_ones,
    "either_ones": _first_ones,
    "staying": _first_ones,
    "of_two_fonts": _first_ones,
}
_EMPTY: Final = asdict(Facts())


def facts_of(rows: Iterable[Row]) -> list[Facts]:
    """The facts of every column of some rows; hidden rows are not looked at."""
    return list(map(_column, _columns(rows)))


def readings_of(rows: Iterable[Row]) -> list[Facts]:
    """What the words of every column can be, where some of the file were typed for a font."""
    return list(map(_readings, _columns(rows)))


def any_typed(facts: Iterable[Facts]) -> bool:
    """Whether any words of columns were surely typed for a font like Preeti."""
    return any(one.typed for one in facts)


def _columns(rows: Iterable[Row]) -> Iterable[tuple[str, ...]]:
    seen = [row.cells for row in rows if not row.is_hidden]
    return zip_longest(*seen, fillvalue="")


def together(some: Sequence[Facts], more: Sequence[Facts]) -> list[Facts]:
    """The facts of columns over two pieces of a file."""
    return [
        mine + theirs if mine and theirs else mine or theirs or Facts()
        for mine, theirs in zip_longest(some, more)
    ]


def _readings(cells: Sequence[str]) -> Facts:
    facts = Facts()
    for cell, times in Counter(filter(None, map(str.strip, cells))).items():
        if _can_be_more(cell.translate(_SHAPE)) or says_nothing(cell):
            continue
        facts.read += times
        reading = reading_of(cell)
        facts.nepali += times * (reading is Reading.TYPED)
        facts.either += times * (reading is Reading.EITHER)
        examples = {
            Reading.TYPED: facts.typed_ones,
            Reading.EITHER: facts.either_ones,
            Reading.STAYS: facts.staying,
        }
        _keep(examples[reading], cell)
        if reading is Reading.TYPED and not facts.of_two_fonts and is_shown_otherwise(cell):
            _keep(facts.of_two_fonts, cell)
    return facts


def _keep(examples: list[str], cell: str) -> None:
    if len(examples) < EXAMPLES and len(cell) <= _LONGEST_EXAMPLE:
        examples.append(cell)


def _column(cells: Sequence[str]) -> Facts:
    facts = Facts()
    # All at once, which is much faster than one by one; no cell has the character between them.
    shapes = "\0".join(cells).translate(_SHAPE).split("\0")
    numbers = set()
    for shape, times in Counter(shapes).items():
        if _can_be_more(shape.strip()):
            numbers.add(shape)
        elif (bare := shape.strip()) and not says_nothing(bare):
            facts.words += times
    if facts.words:
        facts.typed = count_typed(cells)
    facts.filled = facts.words
    if not numbers:
        return facts
    of_numbers = [cell for cell, shape in zip(cells, shapes, strict=True) if shape in numbers]
    others = [cell for cell in of_numbers if not plain_mobile(cell)]
    facts.mobiles = len(of_numbers) - len(others)
    facts.filled += facts.mobiles
    for cell, times in Counter(others).items():
        facts.filled += times
        _count(facts, cell.strip(), times)
    return facts


@lru_cache(maxsize=20_000)
def _can_be_more(shape: str) -> bool:
    """Whether a cell of a shape can be more than words: a number, a day, a mobile number. That is
    so or not whatever its digits are, and all of "Person 1" to "Person 99999" have five shapes.
    """
    return _DIGIT.search(shape) is not None and (
        shape.count("1") >= SHORTEST
        or any(plain_number(shape, mark) is not None for mark in DecimalMark)
        or any(read_day(shape.replace("1", digit)) for digit in _DIGITS_OF_A_DAY)
    )


def _count(facts: Facts, cell: str, times: int) -> None:
    if plain_mobile(cell):
        facts.mobiles += times
        return
    digits = cell if cell.isascii() and cell.isdecimal() else visible(cell)
    if not digits.isdecimal() and (day := _day(digits)):
        _count_day(facts, day, times)
        return
    is_mobile = bool(mobile_in(cell))
    facts.mobiles += times * is_mobile
    if digits.isdecimal() and digits.isascii():
        _count_whole(facts, digits, times)
    elif not _is_number(facts, digits, times):
        facts.words += times * (not is_mobile)


def _is_number(facts: Facts, digits: str, times: int) -> bool:
    """Count a number with a fraction, a separator, a sign or a currency. False if it is none."""
    by_point = plain_number(digits, DecimalMark.POINT)
    by_comma = plain_number(digits, DecimalMark.COMMA)
    if by_point is not None and by_point == by_comma:  # no separator
        _count_whole(facts, by_point.lstrip("-"), times)
    elif by_point is not None and by_comma is not None:
        facts.either_by_comma += times * ("," in digits)
        facts.either_by_point += times * ("," not in digits)
    elif by_point is not None:
        facts.by_point += times
    elif by_comma is not None:
        facts.by_comma += times
    else:
        return False
    return True


def _count_whole(facts: Facts, digits: str, times: int) -> None:
    facts.whole += times
    facts.zeros += times * (len(digits) > 1 and digits[0] == "0")
    facts.too_long += times * (len(digits) > _MOST_DIGITS)
    facts.shortest = min(facts.shortest, len(digits))
    facts.longest = max(facts.longest, len(digits))


def _count_day(facts: Facts, day: WrittenDay, times: int) -> None:
    if day.calendar is Calendar.GREGORIAN:
        facts.gregorian += times
    elif day.calendar is Calendar.BIKRAM_SAMBAT:
        facts.bikram_sambat += times
    else:
        facts.either_calendar += times
        facts.not_gregorian += times * (not day.can_be(Calendar.GREGORIAN))
        facts.first_year = min(facts.first_year, day.year)
        facts.last_year = max(facts.last_year, day.year)


_day = lru_cache(maxsize=20_000)(read_day)
