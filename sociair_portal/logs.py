"""Log lines: one for each event, without mobile numbers, whoever wrote them."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Final

from sociair_portal.common.numbers import without_numbers
from sociair_portal.common.request_ids import current_id

# Where a database's error quotes the row that it could not store.
_QUOTED_ROW: Final = re.compile(r"^(?:DETAIL|CONTEXT):.*\n?", re.MULTILINE)
# What would begin another line, or turn a terminal's line round.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


# Who has such a link chooses a colleague's password.
_LINK: Final = re.compile(r"(/(?:account/join|account/password/new|j)/)[\w-]{10,}", re.IGNORECASE)


def _masked(text: str) -> str:
    return _LINK.sub(r"\1(a link)", without_numbers(_QUOTED_ROW.sub("", text)))


class Formatter(logging.Formatter):
    """Plain lines, with the name of a request where one is behind them. A traceback may quote what
    people typed: numbers are removed from that too, and its line ends are written as \\n.
    """

    def formatTime(  # noqa: N802  # as the library calls it
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """With its zone, so that lines of several machines can be put in order."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        return at.isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        record.request = f"[{request_id}] " if (request_id := current_id()) else ""
        return _CONTROL.sub(_escaped, _masked(super().format(record)).rstrip("\n"))


class JsonFormatter(logging.Formatter):
    """Each event as an object in JSON on a line of its own, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _masked(record.getMessage()),
            "request": current_id(),
            "error": _masked(self.formatException(record.exc_info)) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in event.items() if value})


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


FORMATTERS: Final[dict[str, type[logging.Formatter]]] = {"plain": Formatter, "json": JsonFormatter}
