"""Reading a file's rows by a process of its own, and sentences for what is wrong with a file."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.importing.converter import END
from contacts.importing.facts import Facts
from contacts.importing.rows import MOST_CHARACTERS, MOST_COLUMNS, FileTrouble, Row, Unreadable

_SENTENCES: Final[dict[FileTrouble, str | Promise]] = {
    FileTrouble.EMPTY: _("This file is empty. Choose another."),
    FileTrouble.ONLY_HEADINGS: _("This file has headings but no rows below them. Choose another."),
    FileTrouble.NO_TABLE: _(
        "This is not a spreadsheet. Choose a file that a spreadsheet program saved as XLSX, XLS, "
        "ODS or CSV."
    ),
    FileTrouble.PASSWORD: _(
        "This file is protected with a password. Open it, save it without a password and choose it "
        "again."
    ),
    FileTrouble.DAMAGED: _(
        "This file is damaged or of an unknown kind. Open it in a spreadsheet program, save it as "
        "XLSX or CSV and choose it again."
    ),
    FileTrouble.TOO_LARGE: _(
        "This file is too large. Save the sheet as CSV, or split it into several files."
    ),
    FileTrouble.TOO_WIDE: _(
        "Line %(line)d has more than %(columns)d columns. Check that this is the right file."
    ),
    FileTrouble.LONG_ROW: _(
        "Line %(line)d is longer than %(characters)d characters. Check whether a "
        "quotation mark is missing there."
    ),
    FileTrouble.MIXED: _(
        "The character encoding of this file changes on line %(line)d. Save it as XLSX, or as CSV "
        "in UTF-8."
    ),
    FileTrouble.NO_SHEET: _("This file has no sheet with that name."),
    FileTrouble.OPEN_QUOTE: _(
        "A quotation mark on line %(line)d is not closed, or is in the middle of a cell. Fix it "
        "and choose the file again."
    ),
    FileTrouble.SWALLOWED: _(
        "A quotation mark on line %(line)d is closed only some lines later, with whole rows in "
        "between. Fix it and choose the file again."
    ),
    FileTrouble.PDF: _(
        "This is a PDF. Choose the spreadsheet that it was made from. If there is none, copy the "
        "rows from the PDF into a spreadsheet and save it as XLSX."
    ),
    FileTrouble.PICTURE: _(
        "This is a picture. Choose the spreadsheet itself, or type the list into a spreadsheet "
        "and save it as XLSX."
    ),
    FileTrouble.WEB_PAGE: _(
        "This is a web page with the name of a spreadsheet. Open it in Excel or LibreOffice, "
        "choose “Save as”, then “Excel workbook (.xlsx)”."
    ),
    FileTrouble.DOCUMENT: _(
        "This is a text document. Copy its rows into a spreadsheet, save it as XLSX and choose it "
        "here. Or paste the rows below."
    ),
    FileTrouble.NUMBERS: _(
        "This file was saved by Numbers. Open it there, choose “File”, “Export to”, “Excel”, then "
        "choose the new file here."
    ),
    FileTrouble.XLSB: _(
        "This is a binary workbook (XLSB). Open it in Excel, choose “Save as”, then “Excel "
        "workbook (.xlsx)”."
    ),
    FileTrouble.ARCHIVE: _(
        "This is a compressed file. Open it, take out the spreadsheet and choose that."
    ),
}


def sentence(unreadable: Unreadable) -> str:
    """What is wrong with a file and what to do, for whoever chose it."""
    values = {
        "line": unreadable.line,
        "columns": MOST_COLUMNS,
        "characters": MOST_CHARACTERS,
    }
    return str(_SENTENCES[unreadable.trouble]) % values


@dataclass(slots=True)
class Counted:
    """What is known when a file was read to its end; see rows.Tally and facts.facts_of."""

    lines: int = 0
    continued: int = 0
    hidden: int = 0  # rows
    facts: list[Facts] = field(default_factory=list)  # of the columns beyond the first piece


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table as they come, in pieces; see rows.Table."""

    kind: str
    sheets: list[str]
    sheet: str
    names: list[str]
    hidden_columns: list[int]
    hidden_sheets: int
    counted: Counted
    pieces: Iterator["Packed"]
    process: "subprocess.Popen[str]"


@dataclass(frozen=True, slots=True)
class Packed:
    """Some rows as JSON: `[[line, [cells]], …]`."""

    count: int
    text: str

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Packed":
        return cls(len(rows), json.dumps(rows))

    def rows(self) -> list[Row]:
        return [Row(*row) for row in json.loads(self.text)]


@contextmanager
def read_table(path: Path, *, sheet: str = "", rows_a_piece: int = 5000) -> Iterator[Rows]:
    """A file's rows in flat memory. Raises `Unreadable`, straight away or while rows are taken."""
    module = "contacts.importing.converter"
    command = [sys.executable, "-m", module, str(path), sheet, str(rows_a_piece)]
    with subprocess.Popen(  # noqa: S603  # our own module
        command,
        cwd=settings.BASE_DIR,
        env={"PYTHONUTF8": "1"},  # none of our secrets
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            counted = Counted()
            lines = _lines(process.stdout, counted)
            head = json.loads(next(lines))
            yield Rows(**head, counted=counted, pieces=map(_packed, lines), process=process)
        finally:
            process.kill()


def _packed(line: str) -> Packed:
    count, _space, text = line.partition(" ")
    return Packed(int(count), text)


def _lines(output: IO[str] | None, counted: Counted) -> Iterator[str]:
    """The converter's lines. If it fell silent before its end, its bounds have stopped it."""
    for line in output or ():
        if line.startswith(END):
            found = json.loads(line.removeprefix(END))
            counted.lines, counted.continued = found["lines"], found["continued"]
            counted.hidden = found["hidden"]
            counted.facts = [Facts.from_json(one) for one in found["facts"]]
            return
        if line.startswith('{"trouble"'):
            found = json.loads(line)
            raise Unreadable(FileTrouble(found["trouble"]), found["line"])
        yield line
    raise Unreadable(FileTrouble.TOO_LARGE)
