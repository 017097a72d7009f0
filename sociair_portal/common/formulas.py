"""Marking cells that a spreadsheet program would take for formulas."""

from typing import Final

# Programs take the wide forms, as people write them in East Asia, for the plain ones.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK: Final = "'"


def defused(cell: str) -> str:
    """A cell that no program computes; `undefused` gives it back. The mark is the one of Excel."""
    return f"{MARK}{cell}" if cell.lstrip(MARK).startswith(_FORMULA) else cell


def undefused(cell: str) -> str:
    """A cell as it was before `defused`."""
    marked = cell.startswith(MARK) and cell.lstrip(MARK).startswith(_FORMULA)
    return cell.removeprefix(MARK) if marked else cell
