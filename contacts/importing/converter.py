"""`python -m contacts.importing.converter FILE SHEET ROWS`: a table as JSON, within bounds.

The first line tells of the file, each other one is a piece: how many rows, a space, and
`[[line, [cells], is hidden], …]`. The first piece is a small one, to be looked at. The last line is
`end` with what was counted: lines, and the facts of the columns beyond the first piece. A file that
cannot be read ends with one line that says why. A harmful file harms this process alone.
"""

import contextlib
import gc
import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from contacts.importing.facts import Facts, any_typed, facts_of, readings_of, together
from contacts.importing.files import open_table
from contacts.importing.rows import FIRST_ROWS, FileTrouble, Row, Table, Unreadable

END: Final = "end "
MOST_MEMORY: Final = 300 * 1024**2  # bytes
_MOST_SECONDS: Final = 120  # of computing
_MOST_CHARACTERS: Final = 2_000_000  # of a piece

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def main(path: str, sheet: str, rows_a_piece: str) -> None:
    _bound()
    gc.set_threshold(20_000, 20, 20)  # seldom: rows are freed without it, some formats are not
    out = sys.stdout
    try:
        table = open_table(Path(path), sheet=sheet)
        out.write(json.dumps(_head(table)) + "\n")
        facts: list[Facts] = []
        hidden, unread, is_typed = 0, 0, False
        for place, piece in enumerate(_pieces(table.rows, int(rows_a_piece))):
            out.write(f"{len(piece)} {_encode(piece)}\n")
            hidden += sum(row.is_hidden for row in piece)
            found = facts_of(piece)
            is_typed = is_typed or any_typed(found)
            unread += not is_typed
            if is_typed:
                found = together(found, readings_of(piece))
            if place:
                facts = together(facts, found)
        lines, continued = table.tally.lines, table.tally.continued
        del table  # memory is bound
        if is_typed and unread > 1:
            again = _pieces(open_table(Path(path), sheet=sheet).rows, int(rows_a_piece))
            for piece in islice(again, 1, unread):
                facts = together(facts, readings_of(piece))
        counted = {
            "lines": lines,
            "continued": continued,
            "hidden": hidden,
            "facts": [one.to_json() for one in facts],
        }
        out.write(f"{END}{json.dumps(counted)}\n")
    except MemoryError:
        out.write(json.dumps({"trouble": FileTrouble.TOO_LARGE, "line": 0}) + "\n")
    except Unreadable as unreadable:
        said = {"trouble": unreadable.trouble, "line": unreadable.line}
        out.write(json.dumps(said) + "\n")


def _head(table: Table) -> dict[str, Any]:
    return {
        "kind": table.kind,
        "sheets": table.sheets,
        "sheet": table.sheet,
        "names": list(table.names),
        "hidden_columns": sorted(table.hidden_columns),
        "hidden_sheets": table.hidden_sheets,
    }


def _pieces(rows: Iterator[Row], most: int) -> Iterator[list[Row]]:
    """Rows in pieces of at most so many rows, or _MOST_CHARACTERS."""
    piece: list[Row] = []
    characters, size = 0, min(FIRST_ROWS, most)
    for row in rows:
        piece.append(row)
        characters += len("".join(row.cells))
        if len(piece) >= size or characters >= _MOST_CHARACTERS:
            yield piece
            piece, characters, size = [], 0, most
    if piece:
        yield piece


def _bound() -> None:
    """Bound memory and computing time, where the system knows such bounds."""
    for bound, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, _MOST_SECONDS)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(bound, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
