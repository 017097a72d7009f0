"""Formatting log lines without mobile numbers, whoever wrote them."""

import logging
import re
from typing import Final

# Ten digits that begin with 9, alone or behind a country code; ids and times are never so long.
_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?977[- ]?)?9[0-9]{2}-?[0-9]{7}(?![0-9])", re.ASCII)
# Where a database's error quotes the row that it could not store.
_QUOTED_ROW: Final = re.compile(r"^(?:DETAIL|CONTEXT):.*\n?", re.MULTILINE)


class Formatter(logging.Formatter):
    """Plain lines. A traceback may quote what people typed: numbers are removed from that too."""

    def format(self, record: logging.LogRecord) -> str:
        return _MOBILE.sub("(a number)", _QUOTED_ROW.sub("", super().format(record)))
