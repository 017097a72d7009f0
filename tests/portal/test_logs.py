"""The log tells ids and outcomes; no traceback that gets into it brings a number along."""

import logging
import sys

import pytest

from sociair_portal.logs import Formatter


def _line(message: str, error: Exception | None = None) -> str:
    """What is written for a message, with the traceback of an error."""
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord("portal", logging.ERROR, __file__, 1, message, (), info)
    return Formatter("%(levelname)s: %(message)s").format(record)


def test_the_log_keeps_ids_and_outcomes() -> None:
    assert _line("Batch 1234567890123, try 2: accepted.") == (
        "ERROR: Batch 1234567890123, try 2: accepted."
    )


@pytest.mark.parametrize(
    "number", ["9841234567", "+9779841234567", "977-9841234567", "+977 984-1234567"]
)
def test_the_log_keeps_no_mobile_number(number: str) -> None:
    assert _line(f"Task failed for {number}.") == "ERROR: Task failed for (a number)."


def test_the_log_keeps_no_row_that_a_database_quotes() -> None:
    error = ValueError(
        "duplicate key value\nDETAIL:  Key (mobile, name)=(9841234567, Sita Rai) already exists.\n"
        "CONTEXT:  COPY messaging_recipient, line 3"
    )
    line = _line("Unhandled exception.", error)
    assert "ValueError: duplicate key value" in line
    for quoted in ("9841234567", "Sita", "COPY"):
        assert quoted not in line
