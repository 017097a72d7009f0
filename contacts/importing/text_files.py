"""Opening text files: CSV of every kind and encoding, as rows of text."""

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final

from contacts.importing.rows import (
    MOST_CHARACTERS,
    FileTrouble,
    Row,
    Table,
    Tally,
    Unreadable,
    some_at_a_time,
)
from contacts.phone import find_mobile
from sociair_portal.common.formulas import MARK, undefused

SAMPLE: Final = 64 * 1024  # bytes
_BLOCK: Final = 1024**2  # bytes
_JUDGED: Final = 50  # rows by which a delimiter is chosen


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
    if _UNWRITTEN.search(head.removesuffix(b"\x1a")):  # how DOS ended a text
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
    if _is_utf_8(path):
        return None
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


def _is_utf_8(path: Path) -> bool:
    """Whether all of a file is UTF-8: told without looking for its lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def open_text(path: Path, head: bytes) -> Table:
    """The table in a text file. Raises `Unreadable`."""
    encoding, tally = encoding_of(path, head), Tally()
    return Table("csv", _rows(path, encoding, tally), tally=tally)


def _rows(path: Path, encoding: str, tally: Tally) -> Iterator[Row]:
    csv.field_size_limit(MOST_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        try:
            sample = file.read(SAMPLE)
            file.seek(0)
            if told := _TOLD_DELIMITER.match(sample):
                file.readline()
                tally.lines += 1
            delimiter = told[1] if told else _delimiter(sample)
            read = _tabbed if delimiter == "\t" else partial(_quoted, delimiter=delimiter)
            for some in some_at_a_time(read(file, tally=tally)):
                together = "".join(chain.from_iterable([row.cells for row in some]))
                if MARK in together or '="' in together:
                    yield from (
                        Row(line, list(map(_shown, cells))) for line, cells, _hidden in some
                    )
                else:
                    yield from some
        except UnicodeError as error:
            raise Unreadable(FileTrouble.MIXED, tally.lines + 1) from error


def _shown(cell: str) -> str:
    """A cell as a spreadsheet shows it: ="007" is 007."""
    if MARK in cell:
        return undefused(cell)
    if cell.startswith('="') and cell.endswith('"') and len(cell) > len('="'):
        return cell[2:-1].replace('""', '"')
    return cell


def _quoted(file: IO[str], *, delimiter: str, tally: Tally) -> Iterator[Row]:
    """Rows of a file whose cells may stand in quotation marks. Raises `Unreadable`."""
    reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
    before = last = tally.lines
    try:
        for cells in reader:
            line, last = last + 1, before + reader.line_num
            tally.lines = last
            if line < last:
                tally.continued += last - line
                if _has_swallowed(cells, delimiter):
                    raise Unreadable(FileTrouble.SWALLOWED, line)
            yield Row(line, cells)
    except csv.Error as error:
        is_long = "limit" in str(error)
        trouble = FileTrouble.LONG_ROW if is_long else FileTrouble.OPEN_QUOTE
        raise Unreadable(trouble, tally.lines + 1) from error


def _has_swallowed(cells: Sequence[str], delimiter: str) -> bool:
    """Whether a cell of several lines has other rows in it, because a quotation mark stands where
    none belongs: a line that could be a row, as it has a mobile number between delimiters.
    """
    pieces = (
        piece
        for cell in cells
        if "\n" in cell or "\r" in cell
        for line in cell.splitlines()
        if delimiter in line
        for piece in line.split(delimiter)
    )
    return any(find_mobile(piece.strip(' "')) for piece in pieces)


# A cell in quotation marks from end to end, as spreadsheets write one that has several lines.
_QUOTED_CELL: Final = re.compile(r'"((?:[^"\t]|"")*)"(?=\t|$)')
_MOST_LINES: Final = 50  # of one cell


def _tabbed(file: IO[str], *, tally: Tally) -> Iterator[Row]:
    """Rows between tabs, as they are copied out of a spreadsheet: a quotation mark is a letter
    there, unless it and another one hold the whole cell.
    """
    ahead: deque[str] = deque()
    while True:
        line = ahead.popleft() if ahead else file.readline()
        if not line:
            return
        number = tally.lines = tally.lines + 1
        line = line.rstrip("\r\n")
        if '"' not in line:
            yield Row(number, line.split("\t"))
            continue
        while _ends_open(line) and (more := _rest_of_cell(file, ahead)) is not None:
            line += "\n" + "\n".join(more)
            tally.lines += len(more)
            tally.continued += len(more)
        yield Row(number, _tabbed_cells(line))


def _ends_open(line: str) -> bool:
    """Whether the last cell of a line begins with a quotation mark and does not end with one."""
    last = line.rpartition("\t")[2]
    return last.startswith('"') and last.count('"') % 2 == 1


def _rest_of_cell(file: IO[str], ahead: deque[str]) -> list[str] | None:
    """The lines in which a cell that began in quotation marks goes on and ends; None if it does
    not, so that its mark is a letter.
    """
    for place in range(_MOST_LINES):
        if place == len(ahead):
            ahead.append(file.readline())
        cell, tab, _rest = ahead[place].rstrip("\r\n").partition("\t")
        if cell.count('"') % 2 == 1:
            if not cell.endswith('"'):
                return None
            return [ahead.popleft().rstrip("\r\n") for _line in range(place + 1)]
        if tab or not ahead[place]:
            return None
    return None


def _tabbed_cells(line: str) -> list[str]:
    cells, start = [], 0
    while True:
        if found := _QUOTED_CELL.match(line, start):
            cells.append(found[1].replace('""', '"'))
            end = found.end()
        else:
            end = line.find("\t", start)
            end = len(line) if end < 0 else end
            cells.append(line[start:end])
        if end >= len(line):
            return cells
        start = end + 1


# How Excel is told by what the cells are delimited: a line of its own, which is no row.
_TOLD_DELIMITER: Final = re.compile(r'"?sep=([,;|\t])"?\r?\n', re.IGNORECASE)


def _delimiter(sample: str) -> str:
    """The delimiter between which most mobile numbers stand, or else the one that splits most of
    the first rows into the same number of columns.
    """
    return max(",;\t|", key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: str, delimiter: str) -> tuple[int, int, int]:
    lines = sample.splitlines()
    whole = lines[:-1] or lines
    if delimiter == "\t":
        rows = [line.split("\t") for line in whole[:_JUDGED]]
    else:
        try:
            rows = list(islice(csv.reader(whole, delimiter=delimiter), _JUDGED))
        except csv.Error:
            return (0, 0, 0)
    widths = Counter(len(cells) for cells in rows if cells)
    width, times = max(widths.items(), key=lambda found: (found[0] > 1, found[1]), default=(1, 0))
    if width <= 1:
        return (0, 0, 0)
    numbers = sum(bool(find_mobile(cell.strip(' ="'))) for cells in rows for cell in cells)
    return (numbers, times, width)
