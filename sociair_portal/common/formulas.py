"""Writing CSV in which a spreadsheet program computes nothing."""

import csv
import io
from collections.abc import Iterable
from typing import Final

# Programs take the wide forms, as people write them in East Asia, for the plain ones.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK: Final = "'"


def defused(cell: str) -> str:
    """A cell that no program computes; `undefused` gives it back. The mark is the one of Excel."""
    return f"{MARK}{cell}" if cell.lstrip(MARK).startswith(_FORMULA) else cell


def csv_line(cells: Iterable[str | float]) -> str:
    """A line of CSV: every cell in quotation marks, so that nothing in one ends it, and no text
    that a program would compute.
    """
    line = io.StringIO(newline="")
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.getvalue()


def undefused(cell: str) -> str:
    """A cell as it was before `defused`."""
    marked = cell.startswith(MARK) and cell.lstrip(MARK).startswith(_FORMULA)
    return cell.removeprefix(MARK) if marked else cell
