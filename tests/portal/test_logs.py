"""The log tells ids and outcomes; no traceback that gets into it brings a number along."""

import json
import logging
import re
import sys

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from sociair_portal.common.request_ids import current_id
from sociair_portal.logs import Formatter, JsonFormatter
from sociair_portal.request_ids import HEADER, RequestIdMiddleware


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
    "number",
    [
        *("9841234567", "+9779841234567", "977-9841234567", "+977 984-1234567", "९८४१२३४५६७"),
        *("%2B977%209841234567", "97798४1234567"),
    ],
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


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        info = sys.exc_info()
    message = "GET /x\r\n2026 INFO forged: \x1b[2J \u202e\u2028"
    record = logging.LogRecord("portal", logging.ERROR, __file__, 1, message, (), info)
    line = Formatter("%(levelname)s: %(message)s").format(record)
    assert len(line.splitlines()) == 1
    assert r"GET /x\r\n2026 INFO forged: \x1b[2J \u202e\u2028\nTraceback" in line
    assert line.endswith(r"ValueError: two\nlines")


def test_an_event_is_an_object_where_that_is_wanted() -> None:
    try:
        raise ValueError("no 9841234567")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord(
        "portal", logging.ERROR, __file__, 1, "For %s\n", ("9841234567",), info
    )
    line = JsonFormatter().format(record)
    event = json.loads(line)
    assert "\n" not in line
    assert (event["level"], event["logger"], event["message"]) == (
        *("ERROR", "portal", "For (a number)\n"),
    )
    assert event["error"].endswith("ValueError: no (a number)")
    assert "request" not in event


def test_all_that_a_request_writes_has_its_name() -> None:
    lines = []

    def answered(request: HttpRequest) -> HttpResponse:
        record = logging.LogRecord("portal", logging.INFO, __file__, 1, "Asked.", (), None)
        lines.append(json.loads(JsonFormatter().format(record)))
        return HttpResponse()

    request = RequestFactory().get("/", headers={HEADER: "somebody-else"})
    answer = RequestIdMiddleware(answered)(request)
    assert lines[0]["request"] == answer.headers[HEADER] != "somebody-else"
    assert current_id() == ""


def test_a_link_that_lets_a_colleague_choose_a_password_is_not_in_the_log() -> None:
    for address in ("/j/", "/account/join/", "/account/password/new/"):
        line = f'127.0.0.1 "GET {address}ZJx_vO37FIAw3p5071b5P6" 302'
        record = logging.LogRecord("portal", logging.INFO, __file__, 1, line, (), None)
        for formatter in (Formatter(), JsonFormatter()):
            assert f"{address}(a link)" in formatter.format(record)
            assert "ZJx" not in formatter.format(record)


def test_times_say_their_zone() -> None:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, "Said.", (), None)
    line = Formatter("%(asctime)s %(message)s").format(record)
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d Said\.$", line)
