"""The rows of a file, kept in the database in pieces until they are loaded."""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import Final

from contacts.importing.reader import Packed
from contacts.importing.rows import Row
from contacts.models import (
    ContactImport,
    ImportedPiece,
)

ROWS_A_PIECE: Final = 10000


def keep(source: ContactImport, pieces: Iterable[Packed]) -> None:
    """Save pieces as they come, and count them in the source, which is not saved."""
    for piece in pieces:
        packed = zlib.compress(piece.text.encode(), 1)
        ImportedPiece.objects.create(source=source, place=source.pieces, rows=packed)
        source.pieces += 1
        source.kept_rows += piece.count


def piece_of(source: ContactImport, place: int) -> list[Row]:
    """All rows of a piece, titles and headings too; none if it is gone, because the import was
    cancelled in the meantime.
    """
    pieces = ImportedPiece.objects.filter(source=source, place=place)
    if (packed := pieces.values_list("rows", flat=True).first()) is None:
        return []
    return list(starmap(Row, json.loads(zlib.decompress(bytes(packed)))))


def rows_of(source: ContactImport, place: int, *, hidden: bool = False) -> list[Row]:
    """The rows of a piece that are about someone; hidden ones only if they are wanted."""
    rows = piece_of(source, place)
    if not place:
        rows = [row for row in rows if row.line > source.heading]
    return rows if hidden or not source.hidden_rows else [row for row in rows if not row.is_hidden]


def drop_pieces(source: ContactImport) -> None:
    """Delete the pieces of an import that is over, one at a time."""
    for pk in _pieces(source):
        ImportedPiece.objects.filter(pk=pk).delete()


def _pieces(source: ContactImport) -> Iterator[int]:
    yield from ImportedPiece.objects.filter(source=source).values_list("pk", flat=True)
