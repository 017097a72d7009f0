"""Faults that refuse: nothing is sent or billed, unless it says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from sandbox.answers import TO_LOGIN, TOO_LARGE, UNAUTHENTICATED
from sandbox.faults.base import Fault, Received, answering, fixed
from sandbox.wire import Reply, html_answer, json_answer


def _said(status: int, message: str) -> Reply:
    return json_answer(status, {"message": message})


def _throttled(name: str, says: str, wait: Callable[[Received], Mapping[str, str]]) -> Fault:
    def make(call: Received) -> Reply:
        limits = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "0"}
        return json_answer(429, {"message": "Too Many Attempts."}, {**limits, **wait(call)})

    return Fault(name, f"is asked too often (429), {says}", False, answering(make))


def _in_seconds(call: Received) -> dict[str, str]:
    return {"Retry-After": str(call.settings.retry_after)}


def _as_a_date(call: Received) -> dict[str, str]:
    until = datetime.now(UTC) + timedelta(seconds=call.settings.retry_after)
    return {"Retry-After": format_datetime(until, usegmt=True)}


def _no_word(call: Received) -> dict[str, str]:
    return {}


def _everybody(mobiles: Sequence[str]) -> frozenset[str]:
    return frozenset(mobiles)


def _every_tenth(mobiles: Sequence[str]) -> frozenset[str]:
    return frozenset(mobiles[::10])


def _naming_invalid(
    name: str, says: str, invalid: Callable[[Sequence[str]], frozenset[str]], status: int = 200
) -> Fault:
    """The regular answer to invalid numbers; valid ones beside them are treated as set."""
    perform = answering(lambda call: replace(call.regular, status=status))
    return Fault(name, says, True, perform, invalid=invalid)


_SCAM = "Sorry! SMS could not be sent. The message matches a known scam pattern"
_NO_MONEY = "Sorry! SMS could not be sent. Insufficient balance"

REFUSALS = (
    fixed("401", "refuses the token (401)", UNAUTHENTICATED),
    fixed(
        "invalid-token",
        "refuses the token in other words, as an error (200)",
        json_answer(200, {"error": "Unauthorized: Invalid token given"}),
    ),
    fixed(
        "unauthenticated-200",
        "refuses the token in the documentation's words (200)",
        _said(200, "Unauthenticated"),
    ),
    fixed("login", "sends the caller to its login page (302)", TO_LOGIN),
    _throttled("429", "and says in how many seconds to come back", _in_seconds),
    _throttled("429-date", "and says at what time to come back", _as_a_date),
    _throttled("429-bare", "and does not say when to come back", _no_word),
    fixed("413", "says that the request is too large (413)", TOO_LARGE),
    fixed("403", "forbids the request (403)", _said(403, "This action is unauthorized.")),
    fixed("404", "does not know the address (404)", _said(404, "Not Found")),
    fixed("405", "does not allow the method (405)", _said(405, "Method Not Allowed")),
    fixed("419", "says that the page has expired (419)", _said(419, "CSRF token mismatch.")),
    fixed("400", "refuses in words (400)", _said(400, "The message could not be processed.")),
    fixed("402", "says that the balance is too small (402)", _said(402, _NO_MONEY)),
    fixed("402-empty", "says only that it wants money (402)", html_answer(402, "")),
    fixed("sorry-201", "refuses in words (201)", _said(201, "Sorry! SMS could not be sent")),
    fixed(
        "error-balance",
        "says that the balance is too small, as an error (200)",
        json_answer(200, {"error": "Insufficient balance"}),
    ),
    fixed("422", "calls the text a scam (422)", _said(422, _SCAM)),
    fixed("scam", "calls the text a scam (200)", _said(200, _SCAM)),
    _naming_invalid("invalid-all", "calls every number invalid (200)", _everybody),
    _naming_invalid("invalid-some", "calls every tenth number invalid (200)", _every_tenth),
    _naming_invalid("invalid-422", "calls every number invalid (422)", _everybody, 422),
)
