"""Faults of status and content: JSON that says something else than what happened."""

from collections.abc import Callable
from typing import Any

from sandbox.answers import INVALID, SERVER_ERROR, SUCCESS
from sandbox.faults.base import fixed, reworded, with_status
from sandbox.wire import html_answer, json_answer

Content = dict[str, Any]

# A number in a range in use that nobody posts.
NOT_POSTED = "9800000999"

_BAD_GATEWAY = html_answer(502, "<html><title>502 Bad Gateway</title></html>")
_UNAVAILABLE = json_answer(503, {"message": "Service Unavailable"})
_TIMEOUT = json_answer(408, {"message": "Request Timeout"})
_QUEUED = json_answer(422, {"message": "Message queued for delivery"})
_AGAIN = json_answer(307, {"message": "Temporary Redirect"}, {"Location": "/api/sms"})


def _counted(count: Callable[[int], object]) -> Callable[[Content], object]:
    """Every count that is not 0, changed by `count`."""
    return lambda content: {
        name: count(value) if type(value) is int and value else value
        for name, value in content.items()
    }


def _naming(message: str) -> Callable[[Content], object]:
    return lambda content: {**content, "message": message, "invalid_number": [NOT_POSTED]}


def _sorry(content: Content) -> object:
    return {**content, "message": "Sorry! SMS could not be sent"}


def _saying(**content: object) -> Callable[[Content], object]:
    return lambda regular: content


CONTENTS = (
    fixed("500", "accepts the message, then fails (500)", SERVER_ERROR, bills=True),
    fixed("502", "accepts the message behind a proxy that fails (502)", _BAD_GATEWAY, bills=True),
    fixed("503", "is down for maintenance (503)", _UNAVAILABLE),
    fixed("408", "waited too long for the request (408)", _TIMEOUT),
    fixed("redirect", "accepts the message, then redirects to itself (307)", _AGAIN, bills=True),
    with_status("success-400", "accepts the message and says so, under status 400", 400),
    with_status("success-401", "accepts the message and says so, under status 401", 401),
    with_status("success-429", "accepts the message and says so, under status 429", 429),
    with_status("success-500", "accepts the message and says so, under status 500", 500),
    reworded("counts-short", "every count is one too small", _counted(lambda count: count - 1)),
    reworded("counts-over", "every count is one too large", _counted(lambda count: count + 1)),
    reworded("counts-as-text", "the counts are strings", _counted(str)),
    reworded("counts-true", "the counts are true instead of numbers", _counted(lambda count: True)),
    reworded("counts-nan", "the counts are NaN", _counted(lambda count: float("nan"))),
    reworded("counts-missing", "the answer has no counts", _saying(message=SUCCESS)),
    reworded("success-invalid", "the answer also names an invalid number", _naming(SUCCESS)),
    reworded("invalid-foreign", "the answer names a number nobody posted", _naming(INVALID)),
    reworded(
        "unknown-words", "the answer has words that nobody knows", _saying(message="It is queued")
    ),
    fixed(
        "queued-422", "accepts the message and says so in other words (422)", _QUEUED, bills=True
    ),
    reworded(
        "sent-balance",
        "the answer says so in other words, with the balance",
        _saying(message="SMS queued. Remaining balance: Rs 12.40"),
    ),
    reworded("no-words", "the answer has no message", _saying(status="ok")),
    reworded("sorry-counted", "the answer says sorry, but counts numbers", _sorry),
)
