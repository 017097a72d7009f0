"""Opening text files: CSV of every kind and encoding, as rows of text."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from contacts.importing.rows import (
    MOST_CHARACTERS,
    FileTrouble,
    Row,
    Unreadable,
)
from sociair_portal.common.formulas import MARK, undefused

SAMPLE: Final = 64 * 1024  # bytes


_UNWRITTEN: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # never in a text


_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def encoding_of(path: Path, head: bytes) -> str:
    """The encoding of a text file: UTF-8, UTF-16, or else cp1252, as old Windows programs write.

    Raises `Unreadable` for a file that is no text, or of two encodings.
    """
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return encoding
    if wide := _utf_16(head):
        return wide
    if _UNWRITTEN.search(head):
        raise Unreadable(FileTrouble.NO_TABLE)
    line = _first_line_that_is_no_utf_8(path)
    if line is None:
        return "utf-8"
    if line < 0:  # letters of UTF-8 before, bytes of something else after
        raise Unreadable(FileTrouble.MIXED, -line)
    return "cp1252"


def _utf_16(head: bytes) -> str:
    """UTF-16 without its mark: of Latin letters, every other byte is zero. Empty if it is not."""
    pairs = head[: len(head) // 2 * 2]
    even, odd = pairs[0::2].count(0), pairs[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if len(pairs) < 4 or most * 10 < len(pairs) // 2 or least * 50 > most:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_line_that_is_no_utf_8(path: Path) -> int | None:
    """Its number; negative if lines before it have letters of UTF-8; None if there is none."""
    seen_letters = False
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return -number if seen_letters else number
            seen_letters = True
    return None


def delimited(path: Path, encoding: str) -> Iterator[Row]:
    """The rows of a CSV file. Raises `Unreadable`."""
    csv.field_size_limit(MOST_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        line = 0
        try:
            delimiter = _delimiter(file.read(SAMPLE))
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                is_marked = MARK in "".join(cells)
                yield Row(line + 1, [undefused(cell) for cell in cells] if is_marked else cells)
                line = reader.line_num
        except UnicodeError as error:
            raise Unreadable(FileTrouble.MIXED, line + 1) from error
        except csv.Error as error:
            raise Unreadable(FileTrouble.LONG_ROW, line + 1) from error


def _delimiter(sample: str) -> str:
    """The delimiter that splits most of the first rows into the same number of columns."""
    return max(",;\t|", key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: str, delimiter: str) -> tuple[int, int]:
    lines = sample.splitlines()
    rows = csv.reader(lines[:-1] or lines, delimiter=delimiter)
    try:
        widths = Counter(len(cells) for cells in islice(rows, 50) if cells)
    except csv.Error:
        return (0, 0)
    width, times = max(widths.items(), key=lambda found: (found[0] > 1, found[1]), default=(1, 0))
    return (times, width) if width > 1 else (0, 0)
