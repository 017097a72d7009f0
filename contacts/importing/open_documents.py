"""Opening ODS files, as LibreOffice and Google write them: their cells hold the text they show."""

import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from contacts.importing.damage import DAMAGED, safely
from contacts.importing.merged import MergedCells
from contacts.importing.number_formats import is_mobile, unformatted
from contacts.importing.rows import MOST_COLUMNS, FileTrouble, Row, Table, Unreadable

_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CONFIG: Final = "{urn:oasis:names:tc:opendocument:xmlns:config:1.0}"
_MANIFEST: Final = "META-INF/manifest.xml"
_HIDDEN: Final = ("collapse", "filter")
_CELLS: Final = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


def open_ods(archive: zipfile.ZipFile, sheet: str) -> Table:
    """The table in a sheet as it looks; empty: in the one that was open. Raises `Unreadable`."""
    try:
        if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
            raise Unreadable(FileTrouble.PASSWORD)
        sheets = _sheets(archive)
        active = _active(archive)
    except DAMAGED as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    seen = [name for name, is_hidden in sheets.items() if not is_hidden]
    if not seen:
        raise Unreadable(FileTrouble.EMPTY)
    if sheet and sheet not in sheets:
        raise Unreadable(FileTrouble.NO_SHEET)
    name = sheet or (active if active in seen else seen[0])
    try:
        content = _Content(archive, name)
    except DAMAGED as error:
        raise Unreadable(FileTrouble.DAMAGED) from error
    return Table(
        "ods",
        safely(content.rows()),
        sheets=seen,
        sheet=name,
        hidden_columns=content.hidden_columns,
        hidden_sheets=len(sheets) - len(seen),
    )


def _sheets(archive: zipfile.ZipFile) -> dict[str, bool]:
    """The names of the sheets, and whether each is hidden."""
    hidden_styles, sheets = set(), {}
    style = ""
    with archive.open("content.xml") as stream:
        for event, node in ElementTree.iterparse(stream, ("start", "end")):  # noqa: S314  # bounded
            if event == "start" and node.tag == f"{_STYLE}style":
                style = node.get(f"{_STYLE}name", "")
            elif event == "start" and node.tag == f"{_STYLE}table-properties":
                if node.get(f"{_TABLE}display") == "false":
                    hidden_styles.add(style)
            elif event == "start" and node.tag == f"{_TABLE}table":
                look = node.get(f"{_TABLE}style-name", "")
                sheets[node.get(f"{_TABLE}name", "")] = look in hidden_styles
            elif event == "end" and node.tag == f"{_TABLE}table-row":
                node.clear()
    return sheets


def _active(archive: zipfile.ZipFile) -> str:
    """The name of the sheet that was open when the file was saved, if the file says so."""
    if "settings.xml" not in archive.namelist():
        return ""
    root = ElementTree.fromstring(archive.read("settings.xml"))  # noqa: S314  # bounded
    items = root.iter(f"{_CONFIG}config-item")
    return next((it.text or "" for it in items if it.get(f"{_CONFIG}name") == "ActiveTable"), "")


class _Content:
    """The rows of one sheet, read as a stream. Raises `Unreadable`."""

    def __init__(self, archive: zipfile.ZipFile, sheet: str) -> None:
        self._archive = archive
        self._sheet = sheet
        self._merged = MergedCells()
        self.hidden_columns = self._columns()

    def _columns(self) -> frozenset[int]:
        hidden, place = set[int](), 0
        for node in self._nodes(f"{_TABLE}table-column"):
            times = min(_times(node, "columns"), MOST_COLUMNS)
            if node.get(f"{_TABLE}visibility") in _HIDDEN:
                hidden.update(range(place, place + times))
            place += times
            if place > MOST_COLUMNS:
                break
        return frozenset(hidden)

    def rows(self) -> Iterator[Row]:
        """The rows, each as often as the file says that it is repeated."""
        number = 0
        for node in self._nodes(f"{_TABLE}table-row"):
            cells = self._cells(node, number)
            is_hidden = node.get(f"{_TABLE}visibility") in _HIDDEN
            times = _times(node, "rows")
            if not any(cells):
                number += times
                continue
            for row in range(number, number + times):
                filled = list(cells)
                self._merged.fill(row, filled)
                yield Row(row + 1, filled, is_hidden)
            number += times

    def _nodes(self, tag: str) -> Iterator[ElementTree.Element]:
        """The nodes of a tag within the sheet, each freed after its use."""
        inside = False
        try:
            with self._archive.open("content.xml") as stream:
                events = ElementTree.iterparse(stream, ("start", "end"))  # noqa: S314  # bounded
                for event, node in events:
                    if event == "start" and node.tag == f"{_TABLE}table":
                        inside = node.get(f"{_TABLE}name", "") == self._sheet
                    elif event == "end" and node.tag == f"{_TABLE}table" and inside:
                        return
                    elif event == "end" and node.tag in (tag, f"{_TABLE}table-row"):
                        if inside and node.tag == tag:
                            yield node
                        node.clear()
        except DAMAGED as error:
            raise Unreadable(FileTrouble.DAMAGED) from error

    def _cells(self, row: ElementTree.Element, number: int) -> list[str]:
        cells: list[str] = []
        for node in row:
            if node.tag not in _CELLS:
                continue
            text, times = _shown(node), _times(node, "columns")
            if not text and times > MOST_COLUMNS:
                break  # the empty rest of the sheet
            self._begin_merged(node, number, len(cells), text)
            cells += [text] * min(times, MOST_COLUMNS + 1)
            if len(cells) > MOST_COLUMNS:
                break
        return cells

    def _begin_merged(self, node: ElementTree.Element, row: int, column: int, text: str) -> None:
        wide = int(node.get(f"{_TABLE}number-columns-spanned", "1"))
        high = int(node.get(f"{_TABLE}number-rows-spanned", "1"))
        if wide > 1 or high > 1:
            bottom, right = row + high - 1, column + wide - 1
            self._merged.begin(bottom=bottom, left=column, right=right, text=text)


def _times(node: ElementTree.Element, of: str) -> int:
    return max(int(node.get(f"{_TABLE}number-{of}-repeated", "1")), 1)


def _shown(node: ElementTree.Element) -> str:
    """The text of a cell; of a number that is shown with an exponent, its digits."""
    text = "\n".join(_paragraph(part) for part in node if part.tag == f"{_TEXT}p")
    if node.get(f"{_OFFICE}value-type") != "float":
        return text
    value = float(node.get(f"{_OFFICE}value", ""))
    is_unread = _EXPONENT.search(text) is not None or set(text) == {"#"}
    return unformatted(value) if is_unread or is_mobile(value) else text


def _paragraph(node: ElementTree.Element) -> str:
    text = node.text or ""
    for part in node:
        if part.tag == f"{_TEXT}s":
            text += " " * min(int(part.get(f"{_TEXT}c", "1")), _MOST_SPACES)
        elif part.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            text += "\t" if part.tag == f"{_TEXT}tab" else "\n"
        elif part.tag != f"{_OFFICE}annotation":
            text += _paragraph(part)
        text += part.tail or ""
    return text


_EXPONENT: Final = re.compile(r"[0-9]E[+-]?[0-9]")
_MOST_SPACES: Final = 100
