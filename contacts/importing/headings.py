"""Finding the row of headings: below titles and empty lines, above the first number."""

from collections.abc import Sequence
from typing import Final

from contacts.fields import says_nothing
from contacts.importing.cells import mobile_in
from contacts.importing.columns import is_number_heading
from contacts.importing.rows import MOST_COLUMNS, Row
from contacts.names import clean_name

_JUDGED: Final = 200  # rows
_LONGEST: Final = 60  # characters of a heading


def find_heading(rows: Sequence[Row]) -> int:
    """The place of the heading among the first rows of a file (of two rows of headings, the second
    one); -1 if there is none.
    """
    judged = rows[:_JUDGED]
    number, first = _first_number(judged)
    if first == 0:
        return -1
    candidates = judged[: first if first > 0 else 1]
    scores = [_score(row.cells, number) for row in candidates]
    best = max(scores)
    if best <= 0:
        return -1
    place = scores.index(best)
    while place + 1 < len(scores) and _continues(candidates, place, number):
        place += 1
    return place


def _first_number(rows: Sequence[Row]) -> tuple[int, int]:
    """The column with most mobile numbers and its first row that has one; -1 if there is none."""
    counts: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        for place, cell in enumerate(row.cells):
            if mobile_in(cell):
                counts.setdefault(place, []).append(at)
    if not counts:
        return -1, -1
    best = max(counts, key=lambda place: len(counts[place]))
    return best, counts[best][0]


def _score(cells: Sequence[str], number: int) -> float:
    """How much a row looks like headings; 0 or less for titles and people."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(cells) > 1 and len(set(filled)) < 2 and number < 0:
        return 0.0
    above = cells[number].strip() if 0 <= number < len(cells) else ""
    is_title = len(filled) > 1 and len(set(filled)) == 1
    if is_title or not filled:
        return 0.0
    wordy = sum(not _is_figure(cell) for cell in filled) / len(filled)
    score = wordy * len(set(filled)) / max(len(cells), 1)
    if is_number_heading(above):
        return score + 4
    if above and not _is_figure(above) and not says_nothing(above):
        return score + 2
    return score if number < 0 else 0.0  # someone whose number is missing or wrong


def _is_figure(cell: str) -> bool:
    return not any(character.isalpha() for character in cell)


def _continues(rows: Sequence[Row], place: int, number: int) -> bool:
    """Whether the next row is a second one of headings."""
    following = rows[place + 1]
    if following.line != rows[place].line + 1 or not 0 <= number < len(following.cells):
        return False
    return is_number_heading(following.cells[number])


def _first_of_two(rows: Sequence[Row], place: int) -> Sequence[str]:
    """The cells of the row above the heading, if it has headings too: it names several columns
    together, or those whose own heading is empty.
    """
    if place < 1 or rows[place - 1].line != rows[place].line - 1:
        return ()
    above, cells = rows[place - 1].cells, rows[place].cells
    filled = [cell for cell in above if cell.strip()]
    if len(set(filled)) < 2 or any(map(mobile_in, filled)) or all(map(_is_figure, filled)):
        return ()
    padded = [*cells, *[""] * len(above)]
    completes = any(cell.strip() and not padded[at].strip() for at, cell in enumerate(above))
    spans = len(set(filled)) < len(filled)
    return above if completes or spans else ()


def heading_names(rows: Sequence[Row], place: int, width: int) -> list[str]:
    """Names for so many columns, from the heading at a place (-1: there is none).

    Every name is there once: "Name", "Name (2)", "Column 3".
    """
    cells = rows[place].cells if place >= 0 else []
    above = _first_of_two(rows, place)
    names: list[str] = []
    for at in range(min(width, MOST_COLUMNS)):
        own, group = _at(cells, at), _at(above, at)
        heading = own if not group or group == own else f"{group} {own}".strip()
        first = clean_name(heading)[:_LONGEST] or f"Column {at + 1}"
        name, times = first, 1
        while name in names:
            times += 1
            name = f"{first} ({times})"
        names.append(name)
    return names


def _at(cells: Sequence[str], place: int) -> str:
    return clean_name(cells[place]) if place < len(cells) else ""
