"""What else an answer tells: numbers, counts, words, and how long to wait."""

from typing import Any

import pytest

from contacts.phone import Operator
from messaging.answers.classification import MOST_BYTES, classify, read_json
from messaging.answers.outcomes import Outcome
from tests.messaging.answers.answers_support import (
    POSTED,
    SORRY,
    SUCCESS,
    UNAUTHENTICATED,
    A,
    B,
    named,
    verdict,
)


def test_invalid_numbers_are_only_those_that_were_posted() -> None:
    assert verdict(named([A, "9800000999", int(B)])).invalid == {A, B}


def test_a_number_posted_alone_is_wholly_invalid_or_miscounted() -> None:
    named = {"message": SORRY, "ntc": 0, "other": 1, "invalid_number": [A]}
    assert verdict(named, posted=(A,)).outcome is Outcome.ALL_INVALID
    assert verdict(SUCCESS, posted=(A,)).outcome is Outcome.MISCOUNTED


def test_counts_are_kept_as_they_were_told() -> None:
    answer = verdict({"message": "Success", "ntc": "2", "ncell": 0})
    assert answer.counts == {Operator.NTC: 2, Operator.NCELL: 0}


def test_counts_that_cannot_be_read_are_not_kept() -> None:
    assert verdict({"message": "Success", "ntc": 1, "ncell": "many"}).counts == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"message": " Sorry! No balance. "}, "Sorry! No balance."),
        ({"error": "Invalid token"}, "Invalid token"),
        ({"message": "One", "error": "Two"}, "One"),
        ({"message": "", "error": "Two"}, "Two"),
        ({"message": ["One"]}, ""),
        ({"message": "a\x00b"}, "a\ufffdb"),
        (b'{"message": "a\\ud83d"}', "a\ufffd"),  # half an emoji: no database keeps it
        (b'{"message": "\\ud83d\\ude00"}', "😀"),
        (b"Sorry", ""),
    ],
)
def test_the_words_of_an_answer_are_found(content: object, words: str) -> None:
    assert verdict(content, 400).words == words


def test_the_raw_answer_is_kept_as_text() -> None:
    assert verdict(b"\xff\x00caf\xc3\xa9").raw == "\ufffd\ufffdcafé"


def test_of_a_long_answer_64_kib_are_kept() -> None:
    assert verdict(b"x" * (MOST_BYTES + 1)).raw == "x" * MOST_BYTES


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("60", 60),
        (" 60 ", 60),
        ("Sun, 22 Nov 2026 08:21:00 GMT", 60),
        ("Sun, 22 Nov 2026 14:06:00 +0545", 60),
        ("Sun, 22 Nov 2026 08:21:00 -0000", 60),
        ("Sun, 22 Nov 2026 08:19:00 GMT", 0),
        ("Sunday, 22-Nov-26 08:21:00 GMT", 60),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("६०", None),
        ("1" * 5000, None),
        ("Sun, 32 Nov 2026 08:21:00 GMT", None),
        ("Sun, 22 Nov 99999999999999999999 08:21:00 GMT", None),
        ("Sun, 22 Nov 2026 08:21:00 +99999999999999999999", None),
        ("Sun, 22 Nov 2026 08:21:00 +9999", None),
        (",", None),
    ],
)
def test_the_wait_after_too_many_calls_is_read(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"Retry-After": header}
    answer = verdict({"message": "Too Many Attempts."}, 429, headers)
    assert (answer.outcome, answer.retry_after) == (Outcome.THROTTLED, seconds)


def test_only_a_429_tells_how_long_to_wait() -> None:
    assert verdict({}, 503, {"Retry-After": "60"}).retry_after is None
    assert verdict(UNAUTHENTICATED, 429, {"Retry-After": "60"}).retry_after is None


def test_a_wait_until_a_past_date_is_none() -> None:
    headers = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert classify(status=429, headers=headers, body=b"", posted=POSTED).retry_after == 0


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_sentence_for_the_staff(outcome: Outcome) -> None:
    assert str(outcome.label)[0].isupper()
    assert str(outcome.label).endswith(".")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"{}", {}),
        (b' \r\n{"a": 1}\t', {"a": 1}),
        (b'{"a": [1, 2, ], "b": {"c": 3, }, }', {"a": [1, 2], "b": {"c": 3}}),
        (b'{"a": ",}", "b": ",]", }', {"a": ",}", "b": ",]"}),
        (b'{"a": "\\",}", }', {"a": '",}'}),
        (b'{"a": "\\\\",}', {"a": "\\"}),
        ('{"a": "नमस्ते",}'.encode(), {"a": "नमस्ते"}),
        (b'\xef\xbb\xbf{"a": 1,}', {"a": 1}),
        (b'{"a": 1,,}', None),
        (b'{,"a": 1}', None),
        (b'{"a": "\n"}', None),
        (b'{"a": 01}', None),
        (b"[{}]", None),
        (b'{"a": 1, "a": 1,}', None),
    ],
)
def test_one_object_is_read_and_nothing_else(body: bytes, found: dict[str, Any] | None) -> None:
    assert read_json(body) == found
