"""Guessing what the columns of a table mean, from what is in them, then from their headings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from contacts.fields import DecimalMark, FieldKind, key_of
from contacts.importing.facts import Facts
from sociair_portal.common.calendars import Calendar

# The heading that a report of rejected rows adds; left out when the report is imported.
REASON: Final = "Why it was left out"

_NUMBER: Final = re.compile(
    r"mobile|phone(?!tic)|\bph\b|\bmob\b|\bcell\b|\btel\b|contact (?:no|num)|number|^contacts?$"
    r"|मोबाइल|मो\.?\s*न|फोन|सम्पर्क|नम्बर|नं\.?$",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"name|student|member|customer|patient|person|नाम|नाउ", re.IGNORECASE)
_NOT_HIS_NAME: Final = re.compile(
    r"user|file|father|mother|guardian|parent|phonetic|nick|company|बुबा|आमा|अभिभावक", re.IGNORECASE
)
# The parts of a name, in the order in which address books write them.
_NAME_PART: Final = re.compile(
    r"^(?:name )?(?:prefix|first name|given name|middle name|additional name|last name"
    r"|family name|surname|suffix)(?: prefix| suffix)?$",
    re.IGNORECASE,
)
_LABELS: Final = re.compile(r"^(?:labels?|categories)$", re.IGNORECASE)
_GROUPS: Final = re.compile(r"^groups?\b|समूह", re.IGNORECASE)
_OPTED_OUT: Final = re.compile(r"^opted[ -]?out$", re.IGNORECASE)
_IGNORED: Final = re.compile(
    r" - (?:label|type)$|^(?:operator|photo|s\.?\s?no?\.?|sn|#|क्र\.?\s?सं\.?|सि\.?\s?नं\.?)$",
    re.IGNORECASE,
)

_MOST: Final = 0.8  # of the cells of a column make it one of numbers, or of days
_TYPED: Final = 0.3  # of the words of a column: enough that short ones may be, which tell nothing
_WIDTH_OF_NAMES: Final = 7  # digits from which numbers all of one width are names of something
_YEARS_NEAR: Final = range(-1, 6)  # years from this one: of days that an office writes about


@dataclass(slots=True)
class Columns:
    """Places of columns from 0. `numbers` are those of mobile numbers, the likeliest first;
    `fields` are the places and names of the office's own fields.
    """

    numbers: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    groups: int | None = None
    opted_out: int | None = None
    fields: dict[int, str] = field(default_factory=dict)


def is_labels_heading(name: str) -> bool:
    """Whether a heading is what address books call labels, which are not always groups."""
    return bool(_LABELS.search(name))


def is_number_heading(name: str) -> bool:
    """Whether a heading says that mobile numbers are below it."""
    return bool(_NUMBER.search(name))


def guess(
    names: Sequence[str], facts: Sequence[Facts], *, hidden: frozenset[int] = frozenset()
) -> Columns:
    """What the columns of a table mean. Hidden ones are left out."""
    columns = Columns()
    shown = [place for place in range(len(names)) if place not in hidden]
    columns.numbers = _number_columns(shown, names, facts)
    columns.names = _name_columns(shown, names, facts)
    for place in shown:
        name = names[place]
        if place in columns.numbers or place in columns.names or name == REASON:
            continue
        if _IGNORED.search(name) or not facts[place].filled:
            continue
        if columns.opted_out is None and _OPTED_OUT.search(name):
            columns.opted_out = place
        elif columns.groups is None and (_GROUPS.search(name) or is_labels_heading(name)):
            columns.groups = place
        elif key_of(name):
            columns.fields[place] = name
    if not columns.names:
        words = (place for place in columns.fields if _is_words(facts[place]))
        columns.names = [place for place in [next(words, None)] if place is not None]
        for place in columns.names:
            del columns.fields[place]
    return columns


def _number_columns(
    shown: Sequence[int], names: Sequence[str], facts: Sequence[Facts]
) -> list[int]:
    """The column with most mobile numbers, among equals one whose heading says so, and after it
    those that hold mobile numbers as well.
    """
    ranked = {place: (facts[place].mobiles, is_number_heading(names[place])) for place in shown}
    best = max(ranked, key=lambda place: ranked[place], default=None)
    if best is None or ranked[best] == (0, False):
        return []
    others = [
        place
        for place in shown
        if place != best and 0 < facts[place].filled <= 2 * facts[place].mobiles
    ]
    return [best, *others]


def _name_columns(shown: Sequence[int], names: Sequence[str], facts: Sequence[Facts]) -> list[int]:
    whole = [
        place
        for place in shown
        if facts[place].filled
        and _NAME.search(names[place])
        and not _NOT_HIS_NAME.search(names[place])
        and 2 * facts[place].mobiles < facts[place].filled
    ]
    parts = [place for place in whole if _NAME_PART.search(names[place])]
    if len(parts) > 1 and whole[0] in parts:
        return parts
    return whole[:1]


def is_typed_for_a_font(facts: Facts) -> bool:
    """Whether some words of a column were surely typed for a font like Preeti, or nearly all make
    Nepali words, where those of another column were.
    """
    can_be = facts.nepali + facts.either
    return facts.typed > 0 or (facts.nepali > 0 and can_be >= _MOST * facts.read)


def is_mostly_typed(facts: Facts) -> bool:
    """Whether so many words of a column were that others, which could be either, may be as well."""
    return facts.nepali >= _TYPED * facts.read or not facts.typed


def _is_words(facts: Facts) -> bool:
    return 0 < facts.filled == facts.words


@dataclass(frozen=True, slots=True)
class Guess:
    """The kind of a column and how its cells are read. What is None cannot be told by the cells,
    and only matters where the kind is that of it.
    """

    kind: FieldKind
    mark: DecimalMark | None = DecimalMark.POINT
    calendar: Calendar | None = Calendar.GREGORIAN


def guess_kind(facts: Facts, *, year: int) -> Guess:
    """Number or day if nearly all cells are one, else text. `year` is this one.

    Numbers that name something (an account, a symbol, a roll number) are text: their zeros count.
    """
    if facts.zeros or facts.too_long:
        return Guess(FieldKind.TEXT)
    if facts.whole > 1 and facts.shortest == facts.longest >= _WIDTH_OF_NAMES:
        return Guess(FieldKind.TEXT)
    least = _MOST * facts.filled
    numbers = facts.whole + facts.by_point + facts.by_comma
    numbers += facts.either_by_comma + facts.either_by_point
    if facts.filled and numbers >= least:
        is_mixed = facts.by_comma and facts.by_point
        return Guess(FieldKind.TEXT) if is_mixed else Guess(FieldKind.NUMBER, mark=_mark(facts))
    days = facts.gregorian + facts.bikram_sambat + facts.either_calendar
    if facts.filled and days >= least:
        return Guess(FieldKind.DATE, calendar=_calendar(facts, year))
    return Guess(FieldKind.TEXT)


def _mark(facts: Facts) -> DecimalMark | None:
    """1.250 alone is either; 1,250 is what people in Nepal write for a thousand and more, unless
    12,50 beside it says otherwise.
    """
    if facts.by_comma:
        return None if facts.either_by_comma else DecimalMark.COMMA
    if facts.by_point or not facts.either_by_point:
        return DecimalMark.POINT
    return DecimalMark.COMMA if facts.either_by_comma else None


def _calendar(facts: Facts, year: int) -> Calendar | None:
    """The calendar of those days that do not tell it by themselves."""
    if facts.gregorian and facts.bikram_sambat:
        return None if facts.either_calendar else Calendar.GREGORIAN
    if facts.bikram_sambat:
        return Calendar.BIKRAM_SAMBAT
    near = {year + years for years in _YEARS_NEAR}
    if facts.gregorian or not facts.either_calendar or {facts.first_year, facts.last_year} <= near:
        return Calendar.GREGORIAN
    return Calendar.BIKRAM_SAMBAT if facts.not_gregorian else None
