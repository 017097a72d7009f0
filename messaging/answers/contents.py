"""The fields of an answer: what they say of success and refusal, at any depth.

Pure: the JSON object of an answer in, values out.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contacts.phone import Operator
from messaging.answers.words import meaning, tells_of_a_message
from messaging.text.validity import keepable

# Fields in which a server says why.
_REASONS: Final = frozenset({"message", "error", "errors", "status", "detail", "details"})
# An answer with these shows a record, whose `message` may be our own text and not a reason.
_RECORD: Final = frozenset(
    {
        *(
            "id",
            "message_id",
            "messageid",
            "msg_id",
            "sms_id",
            "smsid",
            "batch_id",
            "count",
            "text",
        ),
        *("mobile", "mobiles", "number", "numbers", "recipient", "recipients", "to"),
    }
)
_OPERATORS: Final = frozenset(operator.value for operator in Operator)
_NOTHING: Final = frozenset({"", "0", "0.0", "false", "no", "none", "null"})
_SOME: Final = re.compile("(?:in)?valid|fail|reject")


@dataclass(frozen=True, slots=True)
class Speech:
    """What the fields of an answer say together.

    `success`: some field speaks of it, undenied. `refusal`: the words that refuse, if any do.
    `others`: what failed is counted among several numbers.
    """

    success: bool
    others: bool
    refusal: str


@dataclass(frozen=True, slots=True)
class _Field:
    """One field. `why`: it says why; `row`: it is one entry of a list."""

    key: str
    value: Any
    why: bool
    row: bool
    depth: int


def speech(found: Mapping[str, Any], *, single: bool) -> Speech:
    """What all fields say together. `single`: one number was posted, so no part can be refused."""
    fields = list(_fields(found))
    words = [word for field in fields for word in _spoken(field)]
    said = meaning("\n".join(words))
    success = any(map(_counts_something, fields)) or said.sent
    others = said.others and not single
    reasons = [it.value for it in fields if it.why and isinstance(it.value, str)]
    whole = meaning("\n".join(reasons))
    if success or not whole.refused or any(map(_is_doubtful, fields)):
        return Speech(success, others, "")
    if whole.in_part and not single:
        return Speech(success, others, "")
    return Speech(success, others, next((it for it in reasons if meaning(it).refused), reasons[0]))


def _fields(found: Mapping[str, Any]) -> Iterator[_Field]:
    """Every field at any depth, the outer ones first; never by recursion, which has an end."""
    waiting = deque([_Field("", found, why=False, row=False, depth=0)])
    while waiting:
        field = waiting.popleft()
        if field.depth:
            yield field
        waiting.extend(_inner(field))


def _inner(field: _Field) -> Iterator[_Field]:
    depth = field.depth + 1
    if isinstance(field.value, Mapping):
        for key, value in field.value.items():
            why = field.why or (not field.row and key.casefold() in _REASONS)
            yield _Field(key, value, why, field.row, depth)
    elif isinstance(field.value, list):
        for value in field.value:
            yield _Field("", value, field.why, not field.why, depth)


def _spoken(field: _Field) -> Iterator[str]:
    """A field's words and its name: `"sent": 1` speaks of success, `"success": false` does not."""
    if not _is_nothing(field.value):
        yield field.key
        if isinstance(field.value, str):
            yield field.value


def _is_nothing(value: Any) -> bool:
    return not value or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def _counts_something(field: _Field) -> bool:
    """A count in another place than the documented one, which `counts` reads."""
    return field.depth > 1 and field.key in _OPERATORS and not _is_nothing(field.value)


def _is_doubtful(field: _Field) -> bool:
    """Whether a field beside a refusal lets one doubt it."""
    key, value = field.key.casefold(), field.value
    if key in ("error", "errors") and (value is False or value == 0):
        return True
    said = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if key in ("status", "ok", "result") and said in ("1", "true", "ok"):
        return True
    if field.why or _is_nothing(value):
        return False
    counted = isinstance(value, int | float | list | dict) and value is not True
    return key in _RECORD or (counted and bool(_SOME.search(key)))


def unreadable_speaks_of_sending(body: bytes) -> bool:
    """Whether a body that is no JSON object may still report a sending."""
    plain = body.replace(b"\x00", b"")  # UTF-16 shows its letters this way
    lower = plain.lower()
    if b"success" in lower or b"invalid_number" in lower or _COUNT.search(lower):
        return True
    text = plain.decode("utf-8", "replace")
    if "<" in text:
        return tells_of_a_message(text)
    said = meaning(text)
    return said.sent or said.others


# A count that is anything but a plain zero may be one above it.
_COUNT: Final = re.compile(rb'"(?:ntc|ncell|smartcell|other)"\s*:(?!\s*(?:0|"0"|null)\s*[,}\]])')


def text_of(found: Mapping[str, Any], key: str) -> str:
    """The text in a field, as it can be kept; empty if it is no text."""
    value = found.get(key)
    return keepable(value.strip()) if isinstance(value, str) else ""
