"""`python -m contacts.importing.convert FILE [SHEET]`: a table as lines of JSON, within bounds.

The first line tells the kind and the sheets, each other one is `[line, [cells]]`; a file that
cannot be read ends with one line that says why. Whatever a file does to its reader, it does it to
this process alone.
"""

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Final

from contacts.importing.reading import open_table
from contacts.importing.rows import Trouble, Unreadable

MOST_MEMORY: Final = 300 * 1024**2  # bytes
_MOST_SECONDS: Final = 120  # of computing


def main(path: str, sheet: str = "") -> None:
    _bound()
    out = sys.stdout
    try:
        table = open_table(Path(path), sheet=sheet)
        head = {"kind": table.kind, "sheets": table.sheets, "sheet": table.sheet}
        out.write(json.dumps(head) + "\n")
        for row in table.rows:
            out.write(json.dumps([row.line, row.cells]) + "\n")
    except MemoryError:
        out.write(json.dumps({"trouble": Trouble.TOO_LARGE, "line": 0}) + "\n")
    except Unreadable as unreadable:
        said = {"trouble": unreadable.trouble, "line": unreadable.line}
        out.write(json.dumps(said) + "\n")
    out.write("end\n")


def _bound() -> None:
    """Not every system knows each of these bounds."""
    for bound, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, _MOST_SECONDS)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(bound, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
