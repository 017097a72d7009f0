"""The rows of a file, kept in the database in pieces until they are loaded."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from contacts.importing.reader import Packed
from contacts.importing.rows import Row
from contacts.models import (
    ContactImport,
    ImportedPiece,
)

ROWS_A_PIECE: Final = 5000


def keep(source: ContactImport, pieces: Iterable[Packed]) -> None:
    """Save pieces as they come, and then how many pieces and rows there are."""
    for piece in pieces:
        if piece.count:
            packed = zlib.compress(piece.text.encode(), 1)
            ImportedPiece.objects.create(source=source, place=source.pieces, rows=packed)
            source.pieces += 1
            source.rows += piece.count
    source.save(update_fields=["pieces", "rows"])


def rows_of(source: ContactImport, place: int) -> list[Row]:
    """The rows of a piece; none if it is gone, because the import was cancelled meanwhile."""
    pieces = ImportedPiece.objects.filter(source=source, place=place)
    if (packed := pieces.values_list("rows", flat=True).first()) is None:
        return []
    return list(map(Row._make, json.loads(zlib.decompress(bytes(packed)))))


def first_rows(source: ContactImport, count: int) -> list[Row]:
    """At most so many rows, of the first piece alone."""
    return rows_of(source, 0)[:count] if source.pieces else []


def drop_pieces(source: ContactImport) -> None:
    """Delete the pieces of an import that is over, one at a time."""
    for pk in _pieces(source):
        ImportedPiece.objects.filter(pk=pk).delete()


def _pieces(source: ContactImport) -> Iterator[int]:
    yield from ImportedPiece.objects.filter(source=source).values_list("pk", flat=True)
