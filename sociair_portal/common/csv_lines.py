"""Writing CSV that opens as it was meant."""

import csv
import io
from collections.abc import Iterable

from sociair_portal.common.formulas import defused


def csv_line(cells: Iterable[str | float]) -> str:
    """A line of CSV: every cell in quotation marks, so that nothing in one ends it, and no text
    that a program would compute.
    """
    line = io.StringIO(newline="")
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.getvalue()
