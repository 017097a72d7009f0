"""A file's table, read by a process of its own; what is wrong with a file, in sentences."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.importing.rows import MOST_CHARACTERS, MOST_COLUMNS, Row, Trouble, Unreadable

_SENTENCES: Final[dict[Trouble, str | Promise]] = {
    Trouble.EMPTY: _("There is nothing in this file. Choose another one."),
    Trouble.ONLY_HEADINGS: _("There are headings in this file, and nobody below them."),
    Trouble.NO_TABLE: _(
        "This is no table: choose a file that a spreadsheet program has saved as XLSX, XLS, ODS "
        "or CSV."
    ),
    Trouble.PASSWORD: _(
        "This file is protected with a password. Open it, save it without one, and choose it again."
    ),
    Trouble.DAMAGED: _(
        "This file is damaged or of an unknown kind. Open it in the spreadsheet program, save it "
        "as XLSX or CSV, and choose it again."
    ),
    Trouble.TOO_LARGE: _(
        "This file is too large to be opened here. Save the sheet as CSV, or in several files."
    ),
    Trouble.TOO_WIDE: _("Line %(line)d has more than %(columns)d columns. Is this the right file?"),
    Trouble.LONG_ROW: _(
        "Line %(line)d is longer than %(characters)d characters. Perhaps a quotation mark begins "
        "there and never ends."
    ),
    Trouble.MIXED: _(
        "From line %(line)d on, this file is written in another character encoding than before. "
        "Save it again as XLSX, or as CSV in UTF-8."
    ),
    Trouble.NO_SHEET: _("There is no sheet of this name in the file."),
}


def sentence(unreadable: Unreadable) -> str:
    """What is wrong with a file and what to do, for whoever chose it."""
    values = {
        "line": unreadable.line,
        "columns": MOST_COLUMNS,
        "characters": MOST_CHARACTERS,
    }
    return str(_SENTENCES[unreadable.trouble]) % values


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table as they come, each a line of JSON; see `row_of` and reading.Table."""

    kind: str
    sheets: list[str]
    sheet: str
    lines: Iterator[str]
    process: "subprocess.Popen[str]"


def row_of(line: str) -> Row:
    number, cells = json.loads(line)
    return Row(number, cells)


@contextmanager
def read_table(path: Path, *, sheet: str = "") -> Iterator[Rows]:
    """A file's rows in flat memory. Raises `Unreadable`, at once or while rows are taken."""
    command = [sys.executable, "-m", "contacts.importing.convert", str(path), sheet]
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
            lines = _lines(process.stdout)
            head = json.loads(next(lines))
            yield Rows(head["kind"], head["sheets"], head["sheet"], lines, process)
        finally:
            process.kill()


def _lines(output: IO[str] | None) -> Iterator[str]:
    """What the reader says. One that fell silent before its end was stopped by its bounds."""
    for line in output or ():
        if line == "end\n":
            return
        if line.startswith('{"trouble"'):
            found = json.loads(line)
            raise Unreadable(Trouble(found["trouble"]), found["line"])
        yield line
    raise Unreadable(Trouble.TOO_LARGE)
