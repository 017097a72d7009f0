"""The verdict on every answer: the lines of docs/failures.md, in their order."""

import json

import pytest

from contacts.phone import Operator
from messaging.answers.classification import MOST_BYTES
from messaging.answers.outcomes import Answer, Outcome
from tests.messaging.answers.answers_support import (
    NO_COUNTS,
    SORRY,
    SUCCESS,
    UNAUTHENTICATED,
    A,
    B,
    C,
    named,
    verdict,
)


def test_a_counted_success_is_accepted() -> None:
    answer = verdict(SUCCESS)
    assert answer == Answer(
        outcome=Outcome.ACCEPTED,
        status=200,
        words="Success! SMS has been sent",
        raw=json.dumps(SUCCESS),
        counts={Operator.NTC: 1, Operator.NCELL: 1, Operator.SMARTCELL: 1},
    )


Plain = list[tuple[str, object, int]]  # name, body or content (or invalid numbers), status
Headed = list[tuple[str, object, int, dict[str, str]]]  # and headers
LINE_6: Plain = [
    ("empty", b"", 200),
    ("blank", b" \r\n", 200),
    ("more than 64 KiB", json.dumps(SUCCESS).encode().ljust(MOST_BYTES + 1), 200),
    ("more than 64 KiB of a refusal", json.dumps(UNAUTHENTICATED).encode() + b" " * 65536, 200),
    ("not UTF-8", b'{"message": "Success\xff", "ntc": 3}', 200),
    ("UTF-16", json.dumps(SUCCESS).encode("utf-16"), 200),
    ("UTF-32", json.dumps(SUCCESS).encode("utf-32"), 200),
    ("HTML", b"<html><title>Sign in</title></html>", 200),
    ("HTML, 400", b"<html><title>Bad Request</title></html>", 400),
    ("HTML, 422", b"<html></html>", 422),
    ("a string", b'"Success! SMS has been sent"', 200),
    ("a list", b'[{"message": "Success", "ntc": 3}]', 200),
    ("a number", b"3", 200),
    ("null", b"null", 200),
    ("cut", b'{"message": "Success! SMS has been sent", "ntc": 3', 200),
    ("cut within the words", b'{"message": "Succ', 200),
    ("two objects", b'{"message": "Success", "ntc": 3}{}', 200),
    ("words behind it", b'{"message": "Success", "ntc": 3} PHP Notice', 200),
    ("a key twice", b'{"message": "Success", "ntc": 1, "ntc": 3}', 200),
    ("a key twice, below", b'{"message": "Success", "ntc": 3, "a": {"b": 1, "b": 1}}', 200),
    ("NaN", b'{"message": "Success", "ntc": NaN}', 200),
    ("Infinity", b'{"message": "Success", "ntc": 3, "cost": Infinity}', 200),
    ("-Infinity", b'{"message": "Success", "ntc": 3, "cost": -Infinity}', 200),
    ("5,000 digits", b'{"message": "Success", "ntc": %b}' % (b"1" * 5000), 200),
    ("deep lists", b'{"message": "Success", "ntc": 3, "a": %b}' % (b"[" * 9999 + b"]" * 9999), 200),
    ("deep objects", b'{"a":' * 9999 + b"1" + b"}" * 9999, 200),
    ("single quotes", b"{'message': 'Success', 'ntc': 3}", 200),
    ("an open string of quotes", b'"' + b'\\"' * 32000, 200),
    ("success, but unreadable, 401", b'{"message": "Success", "ntc": 3', 401),
    ("success, but unreadable, 429", b"<p>Success! SMS has been sent</p>", 429),
    ("a count, but unreadable, 413", b'{"message": "?", "ntc": 2, ', 413),
    ("a count as a string, but unreadable, 404", b'{"ncell": "2"', 404),
    ("a count cut off, 429", b'{"message": "Wait", "ntc":', 429),
    ("invalid numbers, but unreadable, 403", b'{"invalid_number": ["98', 403),
    ("success in UTF-16, 429", json.dumps(SUCCESS).encode("utf-16-le"), 429),
]
LINE_7: Headed = [
    ("401", {"message": "No."}, 401, {}),
    ("401, empty", b"", 401, {}),
    ("401, HTML", b"<html>Unauthorized</html>", 401, {}),
    ("Unauthenticated", UNAUTHENTICATED, 200, {}),
    ("with a full stop", {"message": "Unauthenticated."}, 401, {}),
    ("in capitals", {"message": "UNAUTHENTICATED!"}, 403, {}),
    ("as an error", {"error": "Unauthenticated."}, 400, {}),
    ("with an empty list", UNAUTHENTICATED | {"invalid_number": []}, 200, {}),
    ("with counts of 0", UNAUTHENTICATED | NO_COUNTS, 200, {}),
    ("an invalid token", {"error": "Sorry, Invalid token provided!"}, 200, {}),
    ("an invalid token, 429", {"message": "Invalid   TOKEN."}, 429, {}),
    ("to a login page", b"", 302, {"Location": "https://sms.sociair.com/login"}),
    ("to a login page, 307", b"<a>login</a>", 307, {"location": "/Login?next=/api/sms"}),
]
LINE_8: Headed = [
    ("429", {"message": "Too Many Attempts."}, 429, {}),
    ("429, empty", b"", 429, {}),
    ("429, HTML", b"<html>slow down</html>", 429, {}),
    ("429, over 64 KiB", b" " * 65537, 429, {}),
    ("429, counts of 0", NO_COUNTS, 429, {}),
    ("429, counts of 0, cut", b'{"ntc": 0, "ncell": "0", ', 429, {}),
    ("429, counts of null", {"ntc": None}, 429, {}),
]
LINE_9: Headed = [
    ("413", {"message": "Payload too large"}, 413, {}),
    ("413, HTML of a proxy", b"<html>413 Request Entity Too Large</html>", 413, {}),
]
LINE_10: Headed = [
    ("403", {"message": "This action is unauthorized."}, 403, {}),
    ("404", b"<html>Not Found</html>", 404, {}),
    ("405", {"message": "The POST method is not supported"}, 405, {}),
    ("419", {"message": "CSRF token mismatch."}, 419, {}),
    ("403, Sorry", {"message": "Sorry!"}, 403, {}),
]
LINE_11: Headed = [
    ("500", {"message": "Server Error"}, 500, {}),
    ("502, HTML", b"<html>Bad Gateway</html>", 502, {}),
    ("503, empty", b"", 503, {}),
    ("504", {"message": "Gateway Time-out"}, 504, {}),
    ("599", {}, 599, {}),
    ("500, success", SUCCESS, 500, {}),
    ("500, invalid numbers", {"message": SORRY, "invalid_number": [A]}, 500, {}),
    ("408", {"message": "Request Timeout"}, 408, {}),
    ("408, success", SUCCESS, 408, {}),
    ("another redirect", b"", 302, {"Location": "https://sms.sociair.com/"}),
    ("a redirect to itself", SUCCESS, 307, {"Location": "/api/sms"}),
    ("a redirect without a place", b"", 301, {}),
    ("to a login page, but success", SUCCESS, 302, {"Location": "/login"}),
    ("not modified", b"", 304, {}),
]
LINE_12: Headed = [
    ("all counted", SUCCESS, 200, {}),
    ("201", SUCCESS, 201, {}),
    ("400", SUCCESS, 400, {}),
    ("401", SUCCESS, 401, {}),
    ("403", SUCCESS, 403, {}),
    ("413", SUCCESS, 413, {}),
    ("422", SUCCESS, 422, {}),
    ("429", SUCCESS, 429, {}),
    ("one operator", {"message": "Success", "ntc": 3}, 200, {}),
    ("other operators", {"message": "Success", "ntc": 1, "other": 2}, 200, {}),
    ("counts as strings", {"message": "Success", "ntc": "1", "ncell": "2"}, 200, {}),
    ("no null counts", {"message": "Success", "ntc": 3, "ncell": None}, 200, {}),
    ("no invalid numbers", SUCCESS | {"invalid_number": []}, 200, {}),
    ("null invalid numbers", SUCCESS | {"invalid_number": None}, 200, {}),
    ("other words", {"message": "  SUCCESSFULLY queued", "ntc": 3}, 200, {}),
    ("unknown fields", SUCCESS | {"id": "x", "balance": "3.20"}, 200, {}),
    ("a byte order mark", b"\xef\xbb\xbf" + json.dumps(SUCCESS).encode(), 200, {}),
    ("a trailing comma", b'{"message": "Success", "ntc": 3, }', 200, {}),
    ("commas in the words", b'{"message": "Success,}", "ntc": 3,}', 200, {}),
    ("exactly 64 KiB", json.dumps(SUCCESS).encode().ljust(MOST_BYTES), 200, {}),
]
LINE_13: Headed = [
    ("one too few", SUCCESS | {"ntc": 0}, 200, {}),
    ("one too many", SUCCESS | {"ntc": 2}, 200, {}),
    ("none", SUCCESS | NO_COUNTS, 200, {}),
    ("no counts", {"message": "Success! SMS has been sent"}, 200, {}),
    ("no counts, 429", {"message": "Success! SMS has been sent"}, 429, {}),
    ("no counts, 401", {"message": "Success! SMS has been sent"}, 401, {}),
    ("true", {"message": "Success", "ntc": True, "ncell": 1, "smartcell": 1}, 200, {}),
    ("a float", {"message": "Success", "ntc": 3.0}, 200, {}),
    ("a float that adds up", {"message": "Success", "ntc": 1.5, "ncell": 1.5}, 200, {}),
    ("beyond all numbers", b'{"message": "Success", "ntc": 1e999}', 200, {}),
    ("negative", {"message": "Success", "ntc": -1, "ncell": 4}, 200, {}),
    ("a list", {"message": "Success", "ntc": [3]}, 200, {}),
    ("an object", {"message": "Success", "ntc": {"sent": 3}}, 200, {}),
    ("words", {"message": "Success", "ntc": "three"}, 200, {}),
    ("other digits", {"message": "Success", "ntc": "३"}, 200, {}),
    ("a signed string", {"message": "Success", "ntc": "+3"}, 200, {}),
    ("1,000 digits", b'{"message": "Success", "ntc": %b}' % (b"3" * 1000), 200, {}),
    ("in the wrong place", {"message": "Success", "data": {"ntc": 3}}, 200, {}),
    ("with an invalid number", SUCCESS | {"invalid_number": [A]}, 200, {}),
    ("with a foreign number", SUCCESS | {"invalid_number": ["12"]}, 400, {}),
    ("with something invalid", SUCCESS | {"invalid_number": True}, 200, {}),
]
LINE_14: Plain = [
    ("a foreign number", ["9800000999"], 200),
    ("a foreign number among ours", [A, "9800000999"], 200),
    ("all of ours and a foreign number", [A, B, C, "9800000999"], 422),
    ("a piece of a number", [A[:9]], 400),
    ("true", [True], 200),
    ("null", [None], 200),
    ("an empty string", [""], 200),
    ("a float", [float(A)], 200),
    ("a list in a list", [[A]], 200),
    ("an object in a list", [{"mobile": A}], 200),
    ("only true", True, 200),
    ("only words", "some", 200),
    ("at 401", ["9800000999"], 401),
    ("at 429", ["9800000999"], 429),
]
LINE_15: Plain = [
    ("a list", [A, B, C], 200),
    ("in another order", [C, A, B], 400),
    ("twice", [A, B, C, C], 200),
    ("as integers", [int(A), int(B), int(C)], 200),
    ("as one string", f"{A},{B}, {C}", 200),
    ("with blanks", [f" {A}", f"{B} ", C], 422),
    ("at 401", [A, B, C], 401),
    ("at 429", [A, B, C], 429),
]
LINE_16: Plain = [
    ("one", [A], 200),
    ("two", [A, B], 400),
    ("as integers", [int(A)], 200),
    ("as a string", A, 200),
    ("spelt differently", ["+9779841234567"], 200),
    ("as one string", f"{A},{B}", 200),
    ("at 413", [A], 413),
    ("at 419", [A], 419),
]
LINE_17: Plain = [
    ("400", {"message": "It matches a known scam pattern."}, 400),
    ("402", {"message": "Payment required."}, 402),
    ("402, empty", b"", 402),
    ("422", {"message": "The message field is required."}, 422),
    ("422, in Nepali", {"message": "माफ गर्नुहोस्, सन्देश पठाउन सकिएन।"}, 422),
    ("422, a field beside it", {"message": "The given data was invalid.", "errors": {}}, 422),
    ("200, Sorry", {"message": "Sorry! SMS could not be sent"}, 200),
    ("201, Sorry", {"message": "Sorry! SMS could not be sent"}, 201),
    ("200, an error", {"error": "Insufficient Balance"}, 200),
    ("422, errors by field", {"errors": {"mobile": ["The mobile field is required."]}}, 422),
    ("200, balance", {"message": "Insufficient Balance"}, 200),
    ("counts of 0", {"message": SORRY} | NO_COUNTS, 200),
    ("counts of 0 as strings", {"message": SORRY, "ntc": "0"}, 200),
    ("no invalid numbers", {"message": SORRY, "invalid_number": []}, 400),
]
LINE_18: Plain = [
    ("nothing", {}, 200),
    ("other words", {"message": "It is queued"}, 200),
    ("other words, 201", {"message": "Sorry!"}, 201),
    ("other words, 409", {"message": "Conflict"}, 409),
    ("no words, 400", {"error": "Bad"}, 400),
    ("no words, 422", {"message": " "}, 422),
    ("words that are none", {"message": ["Sorry!"]}, 200),
    ("a number for words", {"message": 7}, 400),
    ("words that refuse nothing, 402", {"message": "Please recharge."}, 402),
    ("words that refuse nothing, 200", {"message": " «sorry, no»"}, 200),
    ("sorry for nothing, counts of 0", {"message": "Sorry!"} | NO_COUNTS, 200),
    ("sorry for nothing, counts of 0 as strings", {"message": "Sorry!", "ntc": "0"}, 200),
    ("sorry for nothing, 400", {"message": "Sorry!", "invalid_number": []}, 400),
    ("success in other words, 422", {"message": "Message queued for delivery"}, 422),
    ("success beside a balance", {"message": "SMS queued. Remaining balance: Rs 12.40"}, 200),
    ("success, token", {"message": "Unauthenticated.", "status": "queued"}, 401),
    ("success, throttled", {"message": "SMS sent"}, 429),
    ("success, all invalid", {"message": "SMS sent", "invalid_number": [A, B, C]}, 200),
    ("sorry in the middle", {"message": "We are sorry"}, 200),
    ("sorry, yet counted", {"message": "Sorry! SMS could not be sent", "ntc": 1}, 200),
    ("sorry, yet counted, 400", {"message": "Sorry!", "other": "2"}, 400),
    ("sorry, with true for a count", {"message": "Sorry!", "ntc": True}, 200),
    ("a balance, yet counted", {"message": "Low balance", "ntc": 3}, 402),
    ("unauthenticated, yet counted", UNAUTHENTICATED | {"ntc": 1}, 401),
    ("throttled, yet counted", {"message": "Too Many Attempts.", "ncell": 3}, 429),
    ("throttled, with true for a count", {"message": "Too Many Attempts.", "ncell": True}, 429),
    ("too large, yet counted", {"message": "Too large", "smartcell": "1"}, 413),
    ("not found, yet counted", {"other": 1}, 404),
    ("a teapot", {"message": "teapot"}, 418),
    ("HTTP 100", {}, 100),
]
Case = tuple[str, object, int, dict[str, str], Outcome]
LINES: dict[int, list[Case]] = {
    6: [(name, body, status, {}, Outcome.UNREADABLE) for name, body, status in LINE_6],
    7: [(*case, Outcome.TOKEN_REFUSED) for case in LINE_7],
    8: [(*case, Outcome.THROTTLED) for case in LINE_8],
    9: [(*case, Outcome.TOO_LARGE) for case in LINE_9],
    10: [(*case, Outcome.MISCONFIGURED) for case in LINE_10],
    11: [(*case, Outcome.SERVER_ERROR) for case in LINE_11],
    12: [(*case, Outcome.ACCEPTED) for case in LINE_12],
    13: [(*case, Outcome.MISCOUNTED) for case in LINE_13],
    14: [(name, named(it), status, {}, Outcome.CONTRACT_CHANGED) for name, it, status in LINE_14],
    15: [(name, named(it), status, {}, Outcome.ALL_INVALID) for name, it, status in LINE_15],
    16: [(name, named(it), status, {}, Outcome.SOME_INVALID) for name, it, status in LINE_16],
    17: [(name, content, status, {}, Outcome.REFUSED) for name, content, status in LINE_17],
    18: [(name, content, status, {}, Outcome.UNKNOWN) for name, content, status in LINE_18],
}


@pytest.mark.parametrize(
    ("content", "status", "headers", "outcome"),
    [
        pytest.param(*case, id=f"{line}, {name}")
        for line, cases in LINES.items()
        for name, *case in cases
    ],
)
def test_an_answer_fits_its_line_of_the_table(
    content: object, status: int, headers: dict[str, str], outcome: Outcome
) -> None:
    assert verdict(content, status, headers).outcome is outcome


QUEUED_AGAIN = {
    Outcome.TOKEN_REFUSED,
    Outcome.THROTTLED,
    Outcome.TOO_LARGE,
    Outcome.MISCONFIGURED,
}


@pytest.mark.parametrize("status", [401, 429, 413, 403, 404, 405, 419, 302])
@pytest.mark.parametrize(
    "content",
    [
        SUCCESS,
        {"message": "Success"},
        {"message": "success", "error": "Unauthenticated"},
        UNAUTHENTICATED | {"ntc": 1},
        UNAUTHENTICATED | {"other": "1"},
        UNAUTHENTICATED | {"ncell": 0.5},
        UNAUTHENTICATED | {"invalid_number": [A]},
        UNAUTHENTICATED | {"invalid_number": "?"},
        {"message": "Invalid token", "invalid_number": {"0": A}},
        b'{"message": "Unauthenticated", "ntc": 1, "ntc": 0}',
        b'{"message": "Unauthenticated", "ntc": true, "ntc": true}',
        b'{"message": "Success',
        b'{"message": "Unauthenticated", "invalid_number": [NaN]}',
    ],
)
def test_what_may_have_gone_out_is_never_queued_again(status: int, content: object) -> None:
    answer = verdict(content, status, {"Location": "/login", "Retry-After": "5"})
    assert answer.outcome not in QUEUED_AGAIN
    assert answer.retry_after is None


@pytest.mark.parametrize("status", [401, 429, 413, 403, 404, 405, 419])
def test_answers_that_counted_nothing_are_queued_again(status: int) -> None:
    assert verdict({"message": "No."} | NO_COUNTS, status).outcome in QUEUED_AGAIN


@pytest.mark.parametrize(
    ("earlier", "later", "content", "status"),
    [
        (7, 8, UNAUTHENTICATED, 429),
        (7, 9, UNAUTHENTICATED, 413),
        (7, 10, UNAUTHENTICATED, 403),
        (7, 17, {"message": "Sorry! Invalid token."}, 422),
        (10, 17, {"message": "Sorry!"}, 404),
        (11, 12, SUCCESS, 503),
        (11, 15, {"invalid_number": [A, B, C]}, 500),
        (13, 14, SUCCESS | {"invalid_number": ["12"]}, 200),
        (13, 15, SUCCESS | {"invalid_number": [A, B, C]}, 200),
        (13, 16, SUCCESS | {"invalid_number": [A]}, 200),
        (14, 15, {"invalid_number": [A, B, C, "12"]}, 200),
        (14, 16, {"invalid_number": [A, "12"]}, 200),
        (15, 17, {"message": "Sorry!", "invalid_number": [A, B, C]}, 400),
        (16, 17, {"message": "Sorry!", "invalid_number": [A]}, 400),
    ],
)
def test_the_first_line_that_fits_wins(
    earlier: int, later: int, content: object, status: int
) -> None:
    outcomes = {line: cases[0][-1] for line, cases in LINES.items()}
    assert verdict(content, status).outcome is outcomes[earlier]
    assert outcomes[earlier] is not outcomes[later]
