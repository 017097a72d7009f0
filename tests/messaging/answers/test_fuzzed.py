"""Whatever comes back, the verdict errs on the safe side: fuzzed bytes and near-misses of JSON."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from contacts.phone import Operator
from messaging.answers.classification import MOST_BYTES, classify
from messaging.answers.outcomes import Answer, Outcome

# How fast a busy machine draws examples says nothing about answers.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = ("9841234567", "9801234567", "9611234567", "9721234567")
QUEUED_AGAIN = {
    Outcome.THROTTLED,
    Outcome.TOKEN_REFUSED,
    Outcome.TOO_LARGE,
    Outcome.MISCONFIGURED,
}
WITHOUT_ANSWER = {
    Outcome.UNREACHABLE,
    Outcome.CERTIFICATE,
    Outcome.NO_ANSWER,
    Outcome.WORKER_LOST,
}

statuses = st.sampled_from(
    [200, 200, 201, 204, 302, 307, 400, 401, 402, 403, 404, 405, 408, 413, 419, 422, 429, 500, 503]
) | st.integers(100, 599)
dates = st.builds(
    "{}, {} {} {} {}:{} {}".format,
    st.sampled_from(["Sun", "Monday", ""]),
    st.integers(-1, 10**12),
    st.sampled_from(["Nov", "November", "11", ""]),
    st.integers(-1, 10**22),
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(["GMT", "-0000", "+2359", "-9999", "+" + "9" * 30, ""]),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": st.text() | dates | st.integers().map(str),
        "Location": st.text() | st.sampled_from(["/login", "https://sms.sociair.com/LOGIN?x", "/"]),
        "Content-Type": st.text(),
    },
)
posted = st.lists(st.sampled_from(NUMBERS), unique=True, min_size=1)

messages = st.sampled_from(
    [
        "Success! SMS has been sent",
        "Success! SMS has been sent",
        "success",
        " ✓ SUCCESSFUL",
        "Unsuccessful",
        "Unauthenticated.",
        "Sorry! Invalid token",
        "Sorry! SMS could not be sent. Invalid mobile number",
        "Sorry! Insufficient balance",
        "Too Many Attempts.",
        "",
        "\x00\ud800",
    ]
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | messages,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
counts = (
    st.integers(-1, 5)
    | st.integers(0, 4).map(str)
    | st.sampled_from([True, False, None, 1.0, 0.5, "", "many", "२", " 1", "1e0", 10**9, [1]])
    | anything
)
invalid_numbers = (
    st.lists(st.sampled_from([*NUMBERS, *map(int, NUMBERS), "9800000999", "", None]), max_size=5)
    | st.sampled_from(["", NUMBERS[0], ",".join(NUMBERS), {"0": NUMBERS[0]}, {}, True, False, 0])
    | anything
)
contents = st.fixed_dictionaries(
    {},
    optional={
        "message": messages | anything,
        "error": messages | anything,
        "invalid_number": invalid_numbers,
        **{operator.value: counts for operator in Operator},
        "balance": anything,
    },
)


@st.composite
def wholes(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """The good answer, and the numbers it is for; it leaves `other` out."""
    numbers = draw(posted)
    counted = Counter(draw(st.sampled_from(["ntc", "ncell", "smartcell"])) for _number in numbers)
    content: dict[str, Any] = {
        "message": draw(st.sampled_from(["Success! SMS", "SUCCESS", "success"]))
    }
    for operator, number in counted.items():
        content[operator] = draw(st.sampled_from([number, str(number)]))
    return content, numbers


Spoiling = Literal["", "comma", "bom", "utf-16", "utf-32", "twice", "cut", "longer", "nan", "list"]


@dataclass(frozen=True)
class Sending:
    """A body, and what someone who wrote it knows about it."""

    content: Mapping[str, Any]
    spoilt: Spoiling
    body: bytes

    @property
    def readable(self) -> bool:
        return self.spoilt in ("", "comma", "bom")


spoilings: st.SearchStrategy[Spoiling] = st.sampled_from(
    ["", "", "", "comma", "bom", "utf-16", "utf-32", "twice", "cut", "longer", "nan", "list"]
)


@st.composite
def sendings(draw: st.DrawFn) -> Sending:
    content = draw(contents | wholes().map(itemgetter(0)))
    spoilt = draw(spoilings)
    text = json.dumps(content)
    if spoilt == "comma":
        text = text[:-1] + (", }" if content else "}")
    elif spoilt == "twice":
        text = text[:-1] + (', "again": 1, "again": 1}' if content else '"again": 1, "again": 1}')
    elif spoilt == "nan":
        text = text[:-1] + (', "nan": NaN}' if content else '"nan": NaN}')
    elif spoilt == "list":
        text = f"[{text}]"
    elif spoilt == "cut":
        text = text[: draw(st.integers(0, len(text) - 1))]
    elif spoilt == "longer":
        text = text.ljust(MOST_BYTES + 1)
    encoding = {"bom": "utf-8-sig", "utf-16": "utf-16", "utf-32": "utf-32"}.get(spoilt, "utf-8")
    return Sending(content, spoilt, text.encode(encoding))


def _begins_with_success(content: Mapping[str, Any]) -> bool:
    message = content.get("message")
    return isinstance(message, str) and bool(re.match("[^a-z]*success", message.casefold()))


def _count(value: Any) -> float:
    """What a count may mean at its worst; NaN and words count nothing."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _may_have_gone_out(content: Mapping[str, Any]) -> bool:
    return (
        _begins_with_success(content)
        or bool(content.get("invalid_number"))
        or any(_count(content.get(operator.value)) > 0 for operator in Operator)
    )


def _counted_exactly(content: Mapping[str, Any], posted: list[str]) -> bool:
    told = [content.get(operator.value) for operator in Operator]
    whole = [
        int(value) for value in told if type(value) is int or (isinstance(value, str) and value)
    ]
    return len(whole) == sum(value is not None for value in told) and sum(whole) == len(posted)


def _is_sound(answer: Answer, status: int, posted: list[str]) -> bool:
    """What holds for every answer, and so that any database can keep it."""
    kept = answer.words + answer.raw
    return (
        answer.status == status
        and answer.outcome not in WITHOUT_ANSWER
        and answer.invalid <= set(posted)
        and all(type(count) is int and 0 <= count < 2**31 for count in answer.counts.values())
        and "\x00" not in kept
        and kept.encode().decode() == kept
        and (answer.retry_after is None or answer.retry_after >= 0)
        and (answer.retry_after is None or answer.outcome is Outcome.THROTTLED)
    )


@given(status=statuses, headers=headers, body=st.binary(), posted=posted)
@settings(PATIENT, max_examples=200)
@example(status=429, headers={"Retry-After": ", 1 Nov 1" + "0" * 20}, body=b"", posted=["1"])
@example(status=200, headers={}, body=b'"' + b'\\"' * 32000, posted=["1"])
@example(status=200, headers={}, body=b"[" * 65536, posted=["1"])
@example(status=200, headers={}, body=b'{"a":' * 13000, posted=["1"])
@example(status=200, headers={}, body=b'{"ntc":' + b"9" * 5000 + b"}", posted=["1"])
@example(status=200, headers={}, body=b"{" + b" " * 65000 + b"}", posted=["1"])
@example(status=200, headers={}, body=b"," * 65536, posted=["1"])
def test_any_bytes_get_a_verdict(
    status: int, headers: dict[str, str], body: bytes, posted: list[str]
) -> None:
    answer = classify(status=status, headers=headers, body=body, posted=posted)
    assert _is_sound(answer, status, posted)
    assert answer.outcome is not Outcome.ACCEPTED


@given(status=statuses, headers=headers, sending=sendings(), posted=posted)
@settings(PATIENT, max_examples=600)
def test_near_misses_get_a_verdict(
    status: int, headers: dict[str, str], sending: Sending, posted: list[str]
) -> None:
    answer = classify(status=status, headers=headers, body=sending.body, posted=posted)
    event(answer.outcome)
    assert _is_sound(answer, status, posted)
    if answer.outcome is Outcome.ACCEPTED:
        assert sending.readable
        assert status < 500
        assert status != 408
        assert not 300 <= status < 400
        assert _begins_with_success(sending.content)
        assert not sending.content.get("invalid_number")
        assert _counted_exactly(sending.content, posted)
    if sending.spoilt != "cut" and _may_have_gone_out(sending.content):
        assert answer.outcome not in QUEUED_AGAIN


@given(whole=wholes(), status=st.sampled_from([200, 201, 400, 401, 413, 422, 429]))
@settings(PATIENT, max_examples=200)
def test_a_whole_answer_of_success_is_accepted(
    whole: tuple[dict[str, Any], list[str]], status: int
) -> None:
    content, posted = whole
    body = json.dumps(content).encode()
    assert classify(status=status, headers={}, body=body, posted=posted).outcome is Outcome.ACCEPTED


NO_ZEROS: list[Any] = [1, -1, "1", 0.0, True, False, "", "none", [], {}]


@given(
    whole=wholes(),
    change=st.sampled_from(
        [
            {"message": "Not a success"},
            {"message": "Sorry! SMS could not be sent"},
            {"message": ["Success"]},
            {"message": None},
            {"invalid_number": ["9841234567"]},
            {"invalid_number": ["12"]},
            {"invalid_number": {"0": "12"}},
            {"invalid_number": True},
            *({"other": count} for count in NO_ZEROS),
        ]
    ),
    status=st.sampled_from([200, 201, 400, 401, 422, 429]),
)
@settings(PATIENT, max_examples=200)
def test_an_answer_wrong_in_one_thing_is_not_accepted(
    whole: tuple[dict[str, Any], list[str]], change: dict[str, Any], status: int
) -> None:
    content, posted = whole
    body = json.dumps(content | change).encode()
    answer = classify(status=status, headers={}, body=body, posted=posted)
    assert answer.outcome is not Outcome.ACCEPTED
    assert answer.outcome not in QUEUED_AGAIN


@given(whole=wholes(), status=st.sampled_from([300, 302, 307, 308, 408, 500, 502, 503, 599]))
@settings(PATIENT, max_examples=100)
def test_a_success_under_a_doubtful_status_is_not_accepted(
    whole: tuple[dict[str, Any], list[str]], status: int
) -> None:
    content, posted = whole
    body = json.dumps(content).encode()
    answer = classify(status=status, headers={"Location": "/login"}, body=body, posted=posted)
    assert answer.outcome is Outcome.SERVER_ERROR


@given(
    st.binary(),
    st.sampled_from([b"success", b"SUCCESS!", b'"invalid_number"', b'"ntc": 1', b'"other":"2"']),
    st.binary(),
    st.sampled_from([302, 401, 403, 404, 405, 413, 419, 429]),
)
@settings(PATIENT, max_examples=200)
def test_unreadable_words_of_sending_are_never_queued_again(
    before: bytes, word: bytes, after: bytes, status: int
) -> None:
    answer = classify(
        status=status, headers={"Location": "/login"}, body=before + word + after, posted=["1"]
    )
    assert answer.outcome not in QUEUED_AGAIN
