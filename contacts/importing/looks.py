"""Reading an XLSX file as it looks: without what is hidden marked as such, with what formats show.

`python-calamine` reads values fast and tells nothing of this; it even takes some numbers for dates.
So sheets with anything hidden or formatted are read here, as a stream, in about twice the time.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from contacts.importing.number_formats import BUILT_IN, GENERAL, TEXT, shown
from contacts.importing.rows import Row

_CHUNK: Final = 256 * 1024  # bytes
_STYLE: Final = re.compile(rb'\bs\s*=\s*["\']([0-9]+)["\']')
_HIDDEN: Final = re.compile(rb'\b(?:hidden\s*=\s*["\'](?:1|true)|(?:ht|width)\s*=\s*["\']0["\'.])')
_OVERLAP: Final = 128  # bytes, longer than what is looked for
_TRUE: Final = ("1", "true")
_MERGED: Final = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')


class Range(NamedTuple):
    """Merged cells; places from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


class SheetPart(NamedTuple):
    """A sheet of a workbook, and where its XML is in the file."""

    name: str
    path: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Book:
    """What a workbook says of its sheets. `active` is the place of the one that was open."""

    sheets: list[SheetPart]
    active: int
    is_1904: bool
    formats: dict[str, str]  # by the number of a cell's style, those that change anything


def book_of(archive: zipfile.ZipFile) -> Book:
    """Raises `KeyError`, `ValueError` or `ElementTree.ParseError` for what is no workbook."""
    root = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  # bounded process
    targets = _targets(archive)
    sheets = []
    for node in root.iter():
        if _local(node.tag) == "sheet":
            attributes = {_local(name): value for name, value in node.attrib.items()}
            path = targets.get(attributes.get("id", ""), "")
            is_hidden = attributes.get("state", "visible") != "visible"
            sheets.append(SheetPart(attributes.get("name", ""), path, is_hidden))
    view = _first(root, "workbookView").get("activeTab", "0")
    is_1904 = _first(root, "workbookPr").get("date1904", "") in _TRUE
    return Book(sheets, int(view), is_1904, _formats(archive))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _first(root: ElementTree.Element, name: str) -> dict[str, str]:
    return next((node.attrib for node in root.iter() if _local(node.tag) == name), {})


def _targets(archive: zipfile.ZipFile) -> dict[str, str]:
    root = ElementTree.fromstring(  # noqa: S314  # as above
        archive.read("xl/_rels/workbook.xml.rels")
    )
    targets = {node.get("Id", ""): node.get("Target", "") for node in root}
    return {
        key: target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        for key, target in targets.items()
    }


def _formats(archive: zipfile.ZipFile) -> dict[str, str]:
    if "xl/styles.xml" not in archive.namelist():
        return {}
    root = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314  # as above
    own = {
        int(node.get("numFmtId", "0")): node.get("formatCode", GENERAL)
        for node in root.iter()
        if _local(node.tag) == "numFmt"
    }
    styles = (node for group in root if _local(group.tag) == "cellXfs" for node in group)
    numbers = [int(node.get("numFmtId", "0")) for node in styles]
    formats = [own.get(number, BUILT_IN.get(number, GENERAL)) for number in numbers]
    return {
        str(place): form
        for place, form in enumerate(formats)
        if form not in (TEXT, "") and form.lower() != GENERAL.lower()
    }


class Scan(NamedTuple):
    """What a quick look at a sheet's XML tells: whether it has anything hidden or formatted, and
    its merged cells.
    """

    has_looks: bool
    merged: set[Range]


def scan(archive: zipfile.ZipFile, part: SheetPart, book: Book) -> Scan:
    wanted = {style.encode() for style in book.formats}
    has_looks, merged, before = "0" in book.formats, set[Range](), b""
    with archive.open(part.path) as stream:
        while chunk := stream.read(_CHUNK):
            seen = before + chunk
            has_looks = (
                has_looks
                or _HIDDEN.search(seen) is not None
                or (bool(wanted) and not wanted.isdisjoint(_STYLE.findall(seen)))
            )
            merged.update(_range(*found) for found in _MERGED.findall(seen))
            before = chunk[-_OVERLAP:]
    return Scan(has_looks, merged)


def _range(left: bytes, top: bytes, right: bytes, bottom: bytes) -> Range:
    columns = _column(left.decode()), _column(right.decode())
    return Range(int(top) - 1, columns[0], int(bottom) - 1, columns[1])


def shared_strings(archive: zipfile.ZipFile) -> list[str]:
    """The texts of a workbook, which its cells name by number."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts = []
    with archive.open("xl/sharedStrings.xml") as stream:
        for _event, node in ElementTree.iterparse(stream):  # noqa: S314  # bounded process
            if _local(node.tag) == "si":
                texts.append(_ESCAPED.sub(_unescaped, "".join(_texts(node))))
                node.clear()
    return texts


def _texts(node: ElementTree.Element) -> Iterator[str]:
    """The runs of a text, without how it is pronounced."""
    for part in node:
        name = _local(part.tag)
        if name == "t":
            yield part.text or ""
        elif name == "r":
            yield from _texts(part)


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


class SheetReader:
    """The rows of a sheet as they look. `hidden_columns` are known when it is made."""

    def __init__(
        self, archive: zipfile.ZipFile, part: SheetPart, book: Book, strings: Sequence[str]
    ) -> None:
        self.hidden_columns: set[int] = set()
        self._book = book
        self._strings = strings
        self._done: list[Row] = []
        self._row, self._is_hidden, self._cells = 0, False, list[str]()
        self._column, self._type, self._form = -1, "", GENERAL
        self._text: list[str] = []
        self._is_spoken = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._rows = self._read(archive, part)
        self._first = next(self._rows, None)

    def rows(self) -> Iterator[Row]:
        if self._first is not None:
            yield self._first
            yield from self._rows

    def _read(self, archive: zipfile.ZipFile, part: SheetPart) -> Iterator[Row]:
        with archive.open(part.path) as stream:
            while chunk := stream.read(_CHUNK):
                self._parser.Parse(chunk, False)  # by place alone
                yield from self._done
                self._done.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            at = attributes.get("r")
            self._column = _column(at.rstrip("0123456789")) if at else self._column + 1
            self._type = attributes.get("t", "n")
            self._form = self._book.formats.get(attributes.get("s", "0"), GENERAL)
        elif local == "rPh":  # how the text before it is pronounced
            self._is_spoken = True
        elif local == "v" or (local == "t" and self._type == "inlineStr" and not self._is_spoken):
            self._parser.CharacterDataHandler = self._text.append
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
            self._is_hidden = attributes.get("hidden") in _TRUE or _is_zero(attributes.get("ht"))
            self._cells = []
        elif local == "col" and (
            attributes.get("hidden") in _TRUE or _is_zero(attributes.get("width"))
        ):
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self.hidden_columns.update(range(first, min(last, _MOST_COLUMNS)))

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in ("v", "t"):
            self._parser.CharacterDataHandler = None
        elif local == "rPh":
            self._is_spoken = False
        elif local == "c" and self._text:
            value = "".join(self._text)
            self._text.clear()
            if (behind := self._column - len(self._cells)) > 0:
                self._cells.extend([""] * behind)
            self._cells.append(self._shown(value))
        elif local == "row":
            self._done.append(Row(self._row, self._cells, self._is_hidden))

    def _shown(self, value: str) -> str:
        if self._type == "s":
            return self._strings[int(value)]
        if self._type == "n":
            return shown(float(value), self._form, is_1904=self._book.is_1904)
        if self._type == "b":
            return "TRUE" if value == "1" else "FALSE"
        if self._type == "d":
            return value.removesuffix("T00:00:00").replace("T", " ")
        return _ESCAPED.sub(_unescaped, value)


_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_COLUMNS: Final = 16_384  # of any sheet


def _is_zero(size: str | None) -> bool:
    return size is not None and float(size) == 0


def _column(letters: str) -> int:
    """The place from 0 of a column by its letters: C is 2."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
