"""The verdict on an answer of Sociair: may the messages have gone out, and what follows.

Pure: bytes in, a verdict out. The outcomes are the lines of docs/failures.md, in their order; the
first that fits wins. The rule behind them: only what certainly did not go out may be sent again.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from messaging.answers.contents import speech, text_of, unreadable_speaks_of_sending
from messaging.answers.counts import counts, invalid_numbers
from messaging.answers.outcomes import Answer, Outcome
from messaging.answers.words import meaning
from messaging.text.validity import keepable

# An answer is a short JSON object; more than this is not Sociair's.
MOST_BYTES: Final = 64 * 1024


def read_json(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None if it is not exactly one.

    Trailing commas are read, because the documentation prints them. Duplicate keys, NaN and
    numbers or nesting beyond reason are not: such an answer proves nothing.
    """
    try:
        text = body.decode("utf-8-sig")
        found = _loads(text)
        if found is None:
            found = _loads(_TRAILING_COMMA.sub(r"\1", text))
    except (UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# Strings are matched first, so that a comma inside a string is never touched; one that never ends
# is matched too, or each quote in it would be tried again to the end.
_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]|\\.)*"?)|,(?=\s*[}\]])', re.ASCII)


def _loads(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constants)
    except ValueError:
        return None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate keys")
    return found


def _no_constants(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def classify(
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    posted: Collection[str],
    now: datetime | None = None,
) -> Answer:
    """The verdict on a complete answer to `POST /sms`. `posted` are the numbers as they were sent.

    `body` longer than MOST_BYTES means that there was more than anyone read. Never raises.
    """
    too_long = len(body) > MOST_BYTES
    found = None if too_long else read_json(body)
    reading = _Reading(status, headers, body, found, frozenset(posted))
    outcome = _outcome(reading)
    refusal = keepable(reading.speech.refusal.strip()) if outcome is Outcome.REFUSED else ""
    return Answer(
        outcome=outcome,
        status=status,
        words=reading.words or refusal,
        raw=keepable(body[:MOST_BYTES].decode("utf-8", "replace")),
        counts=reading.counts or {},
        invalid=reading.invalid & reading.posted,
        retry_after=_retry_after(headers.get("Retry-After"), now or datetime.now(UTC))
        if outcome is Outcome.THROTTLED
        else None,
    )


class _Reading:
    """An answer, taken apart once."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        found: dict[str, Any] | None,
        posted: frozenset[str],
    ) -> None:
        self.status = status
        self.location = headers.get("Location", "")
        self.found = found
        self.posted = posted
        self.no_body = not body.strip()
        content = found or {}
        self.message = text_of(content, "message")
        self.words = self.message or text_of(content, "error")
        self.success = _plain(self.message).startswith("success")
        self.counts = counts(content)
        self.counted = sum(self.counts.values()) if self.counts is not None else 0
        self.names_numbers = bool(content.get("invalid_number"))
        self.invalid = invalid_numbers(content.get("invalid_number"), posted)
        self.speech = speech(content, single=len(posted) == 1)
        # A status may only prove that nothing went out where no word stands against it.
        self.speaks_of_sending = (
            unreadable_speaks_of_sending(body)
            if found is None
            # Counts that cannot be read may hide one above 0.
            else self.success
            or self.speech.success
            or self.speech.others
            or self.names_numbers
            or self.counts is None
            or self.counted > 0
        )


def _outcome(it: _Reading) -> Outcome:
    """The first line that fits wins, in the order of docs/failures.md."""
    if not it.speaks_of_sending and (certain := _certainly_not_sent(it)):
        return certain
    if it.status >= 500 or it.status == 408 or 300 <= it.status < 400:
        return Outcome.SERVER_ERROR
    if it.status == 402 and it.no_body:
        return Outcome.REFUSED
    if it.found is None:
        return Outcome.UNREADABLE
    if it.success:
        whole = not it.names_numbers and it.counts is not None and it.counted == len(it.posted)
        return Outcome.ACCEPTED if whole else Outcome.MISCOUNTED
    if it.names_numbers:
        return _named(it)
    if it.status in _REFUSING and it.speech.refusal and not it.speaks_of_sending:
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def _certainly_not_sent(it: _Reading) -> Outcome | None:
    """Lines 7 to 10 of the table, for a body without a word of sending."""
    to_login = 300 <= it.status < 400 and "login" in it.location.casefold()
    if it.status == 401 or to_login or (it.status < 500 and _names_the_token(it.found or {})):
        return Outcome.TOKEN_REFUSED
    if it.status == 429:
        return Outcome.THROTTLED
    if it.status == 413:
        return Outcome.TOO_LARGE
    if it.status in (403, 404, 405, 419):
        return Outcome.MISCONFIGURED
    return None


def _named(it: _Reading) -> Outcome:
    if not it.invalid or not it.invalid <= it.posted:
        return Outcome.CONTRACT_CHANGED
    if it.speech.success:  # what is said to be sent is neither refused nor sent again
        return Outcome.UNKNOWN
    return Outcome.ALL_INVALID if it.invalid == it.posted else Outcome.SOME_INVALID


# Statuses under which words may refuse; the others have lines of their own, or prove nothing.
_REFUSING: Final = frozenset({200, 201, 400, 402, 422})


def _plain(words: str) -> str:
    """Letters only, in lower case: `Unauthenticated.` is `unauthenticated`."""
    return re.sub(r"[^a-z]+", " ", words.casefold()).strip()


def _names_the_token(found: Mapping[str, Any]) -> bool:
    """Whether words refuse the token, and not that of a callback or a report."""
    return any(
        ("unauthenticated" in plain or "invalid token" in plain) and meaning(words).refused
        for words in (text_of(found, "message"), text_of(found, "error"))
        if (plain := _plain(words))
    )


def _retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait: the header has seconds or a date; None if it says nothing sensible."""
    if not value:
        return None
    if re.fullmatch(r"\s*[0-9]{1,6}\s*", value, re.ASCII):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp(), 0.0)
