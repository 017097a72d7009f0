"""Types of a table that was read from a file, and the troubles that a file may have."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

MOST_COLUMNS: Final = 200
FIRST_ROWS: Final = 1000  # of a file, for a look at it
MOST_CHARACTERS: Final = 100_000  # of a row, longer than any row that somebody typed


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


class Unreadable(Exception):
    """A file that cannot be read, and at which line that was seen (0: as a whole)."""

    def __init__(self, trouble: FileTrouble, line: int = 0) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.line = line


class Row(NamedTuple):
    """`line` is the file's own count, from 1, so that somebody finds the row again."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` is csv, xlsx, xls or ods; `sheets` are the names of a spreadsheet's sheets."""

    kind: str
    sheets: list[str]
    sheet: str
    rows: Iterator[Row]
