"""What is in a column: counted over all of its cells, because the one that matters may be the last.

Counting is done where a file is read (converter.py), a piece at a time, so that it costs little and
knows nothing of the database. columns.py draws the conclusions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

from contacts.days import Calendar, WrittenDay, read_day
from contacts.fields import DecimalMark, plain_number, says_nothing
from contacts.importing.cells import mobile_in
from contacts.importing.rows import Row
from contacts.phone import plain_mobile, visible

_DIGIT: Final = re.compile(r"\d")
_MOST_DIGITS: Final = 15
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

    def __add__(self, other: "Facts") -> "Facts":
        together = {}
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            together[one.name] = _TOGETHER.get(one.name, _sum)(mine, theirs)
        return Facts(**together)

    def to_json(self) -> dict[str, int]:
        """Without what is as in an empty column."""
        return {name: value for name, value in asdict(self).items() if value != _EMPTY[name]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Facts":
        return cls(**data)


def _sum(mine: int, theirs: int) -> int:
    return mine + theirs


_TOGETHER: Final = {"shortest": min, "first_year": min, "longest": max, "last_year": max}
_EMPTY: Final = asdict(Facts())


def facts_of(rows: Iterable[Row]) -> list[Facts]:
    """The facts of every column of some rows; hidden rows are not looked at."""
    seen = [row.cells for row in rows if not row.is_hidden]
    return [_column(cells) for cells in zip_longest(*seen, fillvalue="")]


def together(some: Sequence[Facts], more: Sequence[Facts]) -> list[Facts]:
    """The facts of columns over two pieces of a file."""
    return [
        mine + theirs if mine and theirs else mine or theirs or Facts()
        for mine, theirs in zip_longest(some, more)
    ]


def _column(cells: Iterable[str]) -> Facts:
    facts = Facts()
    counts: Counter[str] = Counter()
    filled = [cell for cell in map(str.strip, cells) if cell]
    for cell in filled:
        if plain_mobile(cell):
            facts.mobiles += 1
        elif not _DIGIT.search(cell):
            facts.words += not says_nothing(cell)
        else:
            counts[cell] += 1
    facts.filled = facts.mobiles + facts.words + counts.total()
    for cell, times in counts.items():
        _count(facts, cell, times)
    return facts


def _count(facts: Facts, cell: str, times: int) -> None:
    digits = visible(cell)
    if digits.isdecimal() and digits.isascii():
        _count_whole(facts, digits, times)
        if mobile_in(cell):
            facts.mobiles += times
        return
    if day := _day(digits):
        _count_day(facts, day, times)
        return
    by_point = plain_number(digits, DecimalMark.POINT)
    by_comma = plain_number(digits, DecimalMark.COMMA)
    if by_point is not None and by_point == by_comma:  # no separator, but a sign or a currency
        _count_whole(facts, by_point.lstrip("-"), times)
    elif by_point is not None and by_comma is not None:
        facts.either_by_comma += times * ("," in digits)
        facts.either_by_point += times * ("," not in digits)
    elif by_point is not None:
        facts.by_point += times
    elif by_comma is not None:
        facts.by_comma += times
    elif not mobile_in(cell):
        facts.words += times
    if mobile_in(cell):
        facts.mobiles += times


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
