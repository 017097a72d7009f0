"""What goes wrong when a damaged archive or XML is read, said as one trouble."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from contacts.importing.rows import FileTrouble, Row, Unreadable

DAMAGED: Final = (
    *(ParseError, ExpatError, zipfile.BadZipFile, zlib.error),
    *(EOFError, LookupError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError),
)


def safely(rows: Iterator[Row], *more: type[Exception]) -> Iterator[Row]:
    """Rows as they come. Raises `Unreadable` for whatever goes wrong with them."""
    try:
        yield from rows
    except Exception as error:
        if isinstance(error, (*DAMAGED, *more)):
            raise Unreadable(FileTrouble.DAMAGED) from error
        raise
