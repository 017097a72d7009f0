"""Text on its way into a spreadsheet program, which takes some texts for formulas."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MARK: Final = "'"


def defused(cell: str) -> str:
    """A cell that no program computes; `undefused` gives it back. The mark is what Excel uses."""
    return f"{_MARK}{cell}" if cell.lstrip(_MARK).startswith(_FORMULA) else cell


def undefused(cell: str) -> str:
    marked = cell.startswith(_MARK) and cell.lstrip(_MARK).startswith(_FORMULA)
    return cell.removeprefix(_MARK) if marked else cell
