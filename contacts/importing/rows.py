"""Types of a table that was read from a file, and the troubles that a file may have."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

MOST_COLUMNS: Final = 200
FIRST_ROWS: Final = 1000  # of a file, for a look at it
MOST_CHARACTERS: Final = 100_000  # of a row, longer than any row that someone typed
_AT_A_TIME: Final = 100  # rows; even the longest ones take little memory


class FileTrouble(StrEnum):
    """What is wrong with a file."""

    EMPTY = "empty"
    ONLY_HEADINGS = "only_headings"
    NO_TABLE = "no_table"
    PASSWORD = "password"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TOO_WIDE = "too_wide"
    LONG_ROW = "long_row"
    MIXED = "mixed"
    NO_SHEET = "no_sheet"
    OPEN_QUOTE = "open_quote"
    SWALLOWED = "swallowed"
    PDF = "pdf"
    PICTURE = "picture"
    WEB_PAGE = "web_page"
    DOCUMENT = "document"
    NUMBERS = "numbers"
    XLSB = "xlsb"
    ARCHIVE = "archive"


class Unreadable(Exception):
    """A file that cannot be read, and at which line that was seen (0: as a whole)."""

    def __init__(self, trouble: FileTrouble, line: int = 0) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.line = line


class Row(NamedTuple):
    """`line` is the file's own count, from 1, so that someone finds the row again."""

    line: int
    cells: list[str]
    is_hidden: bool = False


@dataclass(slots=True)
class Tally:
    """Lines of a file, counted while it is read: all of them, and those that go on with a row that
    began on the line before.
    """

    lines: int = 0
    continued: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` is csv, xlsx, xls, ods or vcf; `sheets` are the names of a spreadsheet's sheets that
    are shown, `hidden_sheets` is how many are not.
    """

    kind: str
    rows: Iterator[Row]
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    hidden_columns: frozenset[int] = frozenset()
    hidden_sheets: int = 0
    names: Sequence[str] = ()
    tally: Tally = field(default_factory=Tally)


def some_at_a_time(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of a few, so that each step of reading a file costs little for every row. Those
    before a trouble come before it.
    """
    some: list[Row] = []
    try:
        for row in rows:
            some.append(row)
            if len(some) == _AT_A_TIME:
                yield some
                some = []
    except (Unreadable, UnicodeError):
        yield some
        raise
    yield some
