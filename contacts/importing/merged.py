"""Merged cells: each of them shows what stands in the first."""

from dataclasses import dataclass, field
from typing import Final

from contacts.importing.rows import MOST_COLUMNS

_WIDEST: Final = 20  # columns; a wider title or footer makes no row wider


@dataclass(frozen=True, slots=True)
class _Merged:
    bottom: int
    left: int
    right: int
    text: str


@dataclass(slots=True)
class MergedCells:
    """Merged cells that reach into the row that is read; places from 0, the last ones included."""

    _open: list[_Merged] = field(default_factory=list)

    def begin(self, *, bottom: int, left: int, right: int, text: str) -> None:
        if text:
            self._open.append(_Merged(bottom, left, min(right, MOST_COLUMNS - 1), text))

    def fill(self, row: int, cells: list[str]) -> None:
        """Write into every merged cell of a row; a row that has nothing else stays empty."""
        if not self._open:
            return
        self._open = [one for one in self._open if one.bottom >= row]
        if any(cells):
            for one in self._open:
                end = one.right + 1
                if end - one.left <= _WIDEST:
                    cells.extend([""] * (end - len(cells)))
                end = min(end, len(cells))
                cells[one.left : end] = [one.text] * (end - one.left)
