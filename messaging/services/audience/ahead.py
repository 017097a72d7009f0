"""Reading an audience one piece ahead: the next people are read while the last ones are saved."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

from django.db import connection, connections

from messaging.services.audience.addressees import AudiencePiece
from messaging.services.audience.recipients import Reader


class ReadAhead:
    """A reader whose next piece is being read when it is asked for.

    Only one thread reads at a time, so that the reader needs no lock.
    """

    def __init__(self, reader: Reader, reading: ThreadPoolExecutor | None, size: int) -> None:
        self._reader = reader
        self._reading = reading
        self._size = size
        self._after = ""
        self.has_read_ahead = False
        self._next: Future[AudiencePiece] | None = None

    def piece(self, after: str, *, anew: bool = False) -> AudiencePiece:
        """The next people after a number; read `anew` if what was read is not so any more. Raises
        what `Reader.piece` raises.
        """
        upcoming, self._next = self._next, None
        piece = upcoming.result() if upcoming else self._read(after)
        if upcoming and (anew or self._after != after):  # or another worker has prepared that piece
            piece = self._read(after)
        # Others send meanwhile, so this is looked up when the people are wanted.
        self._reader.leave_out_repeated(piece)
        if self._reading and not piece.is_last:
            self._after, self.has_read_ahead = piece.up_to, True
            # With the language of who prepares: reasons for leaving someone out are written.
            self._next = self._reading.submit(copy_context().run, self._read, piece.up_to)
        return piece

    def _read(self, after: str) -> AudiencePiece:
        return self._reader.piece(after=after, size=self._size, repeated=True)


@contextmanager
def reading_ahead(reader: Reader, size: int) -> Iterator[ReadAhead]:
    """Read with a thread and a connection of its own; within a transaction, whose rows another
    connection does not see, without.
    """
    if connection.in_atomic_block:
        yield ReadAhead(reader, None, size)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="reads-ahead") as reading:
        ahead = ReadAhead(reader, reading, size)
        try:
            yield ahead
        finally:
            if ahead.has_read_ahead:  # else there is neither a thread nor its connection
                reading.submit(connections.close_all)
