"""What an answer's words mean: a refusal needs words of refusal, and none of success."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.answers.classification import MOST_BYTES, classify
from messaging.answers.outcomes import Answer, Outcome
from tests.spoken_answers import SPOKEN

A, B, C = "9841234567", "9801234567", "9611234567"
QUEUED_AGAIN = {
    Outcome.TOKEN_REFUSED,
    Outcome.THROTTLED,
    Outcome.TOO_LARGE,
    Outcome.MISCONFIGURED,
}
NOT_OUT = QUEUED_AGAIN | {Outcome.REFUSED, Outcome.ALL_INVALID, Outcome.SOME_INVALID}


def read(status: int, content: Any, posted: tuple[str, ...] = (A, B, C)) -> Answer:
    if isinstance(content, str):
        content = {"message": content}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return classify(status=status, headers={"Location": "/login"}, body=body, posted=posted)


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        pytest.param(status, content, outcome, id=f"{status}, {content}"[:60])
        for outcome, spoken in SPOKEN.items()
        for status, content in spoken
    ],
)
def test_an_answer_is_read_as_a_careful_person_reads_it(
    status: int, content: Any, outcome: Outcome
) -> None:
    assert read(status, content).outcome is outcome


@pytest.mark.parametrize(
    "words",
    [
        f"SMS could not be sent to {A}",
        "1 number is invalid",
        "Invalid mobile number",
        "मोबाइल नम्बर अमान्य छ।",
        "Could not send to Ncell",
    ],
)
def test_of_a_single_number_no_part_can_be_refused(words: str) -> None:
    assert read(200, words).outcome is Outcome.UNKNOWN
    assert read(200, words, posted=(A,)).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"errors": {"mobile": ["The mobile field is required."]}},
            "The mobile field is required.",
        ),
        ({"detail": "Sender ID is blocked."}, "Sender ID is blocked."),
        ({"status": "failed", "details": ["?"]}, "failed"),
        ({"status": "failed", "message": "Low balance"}, "Low balance"),
        ({"message": ["Insufficient\x00 balance"]}, "Insufficient\ufffd balance"),
    ],
)
def test_a_refusal_is_told_in_the_words_that_refuse(content: object, words: str) -> None:
    answer = read(422, content)
    assert (answer.outcome, answer.words) == (Outcome.REFUSED, words)


def test_only_a_402_refuses_without_a_word() -> None:
    assert read(402, b"").outcome is Outcome.REFUSED
    assert {read(status, b"").outcome for status in (200, 201, 400, 422)} == {Outcome.UNREADABLE}


@pytest.mark.parametrize("named", [[A], [A, B, C]])
@pytest.mark.parametrize("words", ["SMS sent to the others", "Queued", "सन्देश पठाइयो"])
def test_numbers_named_invalid_are_not_refused_beside_a_word_of_success(
    named: list[str], words: str
) -> None:
    content = {"message": words, "invalid_number": named}
    assert read(200, content).outcome is Outcome.UNKNOWN


def test_a_foreign_number_stays_foreign_beside_a_word_of_success() -> None:
    content = {"message": "SMS sent", "invalid_number": ["9800000999"]}
    assert read(200, content).outcome is Outcome.CONTRACT_CHANGED


@pytest.mark.parametrize(
    "spelling",
    [
        *("+9779841234567", "9779841234567", "977-9841234567", "09841234567", "00977 9841234567"),
        *("984-1234567", "98412 34567", " +977 984 123 4567 ", "(977) 984-1234567", "९८४१२३४५६७"),
        *("+९७७-९८४१२३४५६७", int("9779841234567")),
    ],
)
def test_an_invalid_number_in_another_spelling_is_the_one_that_was_posted(
    spelling: str | int,
) -> None:
    sorry = "Sorry! SMS could not be sent. Invalid mobile number"
    answer = read(200, {"message": sorry, "invalid_number": [spelling]}, posted=(A,))
    assert (answer.outcome, answer.invalid) == (Outcome.ALL_INVALID, frozenset({A}))


@pytest.mark.parametrize(
    "spelling",
    [
        *("984123456", "841234567", "98412345678", f"{A}{B}", f"{A} {B}", f"{A}/{B}", f"{A};{B}"),
        *("+919841234567", "009841234567", "9841234567.0", "9841234567 (Ram)", "No. 9841234567"),
        *(float(A), True, None, "984*234567", "98412345O7", "", "9.841234567E9"),
    ],
)
def test_a_piece_of_a_number_or_two_in_one_are_foreign(spelling: object) -> None:
    sorry = "Sorry! SMS could not be sent. Invalid mobile number"
    answer = read(200, {"message": sorry, "invalid_number": [spelling]}, posted=(A, B))
    assert (answer.outcome, answer.invalid) == (Outcome.CONTRACT_CHANGED, frozenset())


def test_a_number_counts_as_it_was_posted() -> None:
    posted = (f"0{A}", A)
    answer = read(200, {"message": "Sorry!", "invalid_number": [f"0{A}"]}, posted=posted)
    assert (answer.outcome, answer.invalid) == (Outcome.SOME_INVALID, frozenset({f"0{A}"}))


_STYLE = "<style>.px-4{padding:1rem}.submit:focus{color:#fff}.accept{margin:0}</style>" * 400
PAGES = {
    403: "<title>Forbidden</title><h1>403</h1><p>This action is unauthorized.</p>",
    404: "<title>Not Found</title><h1>404</h1><p>The requested URL was not found here.</p>",
    405: "<title>Method Not Allowed</title><h1>405</h1><p>Supported methods: GET, HEAD.</p>",
    413: "<title>413</title><p>Your browser sent a request that is too large.</p><hr>nginx",
    419: "<title>Page Expired</title><h1>419</h1><div>Page Expired</div>",
    429: "<title>Too Many Requests</title><p>You have sent too many requests.</p>",
}


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize("style", ["", _STYLE])
def test_a_page_of_a_server_is_queued_again(status: int, style: str) -> None:
    page = f"<!DOCTYPE html><html><head>{style}</head><body>{PAGES[status]}</body></html>"
    assert read(status, page.encode()).outcome in QUEUED_AGAIN


@pytest.mark.parametrize("status", PAGES)
def test_an_error_page_that_tells_of_a_message_is_unreadable(status: int) -> None:
    page = f"<html>{PAGES[status]}<p>Your <b>SMS</b> has been queued for delivery.</p></html>"
    assert read(status, page.encode()).outcome is Outcome.UNREADABLE


def test_a_trace_of_laravel_speaks_of_nothing() -> None:
    frame = {"file": "/app/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php"}
    trace = [frame | {"line": 180, "function": "Illuminate\\Pipeline\\{closure}", "type": "->"}]
    content = {
        "message": "The POST method is not supported for route api/sms.",
        "exception": "Symfony\\Component\\HttpKernel\\Exception\\MethodNotAllowedHttpException",
        **frame,
        "trace": trace * 40,
    }
    assert read(405, content).outcome is Outcome.MISCONFIGURED


refusals = st.sampled_from(
    [
        *("Sorry! SMS could not be sent", "Insufficient balance", "Invalid sender", "Failed"),
        *("Not accepted", "Account blocked", "The message field is required.", "Unsuccessful"),
        *("सन्देश पठाउन सकिएन", "ब्यालेन्स पुगेन", "असफल", "अमान्य", "Request rejected", "Scam"),
    ]
)
successes: st.SearchStrategy[str] = st.sampled_from(
    [
        *("SMS sent successfully", "Message queued for delivery", "Accepted", "Delivered", "SENT"),
        *("It was submitted", "success", "सन्देश पठाइयो", "सफल", "SMS पठाइयो", "sent"),
    ]
)
SUCCESS_FIELDS: list[dict[str, Any]] = [
    *({"success": True}, {"sent": 1}, {"data": {"status": "queued"}}),
    {"data": [{"state": "sent"}]},
]
success_fields = st.sampled_from(SUCCESS_FIELDS) | st.dictionaries(
    st.sampled_from(["result", "info", "response", "note", "data"]),
    successes | st.lists(successes, min_size=1),
    min_size=1,
    max_size=2,
)
reasons = st.sampled_from(["message", "error", "status", "detail", "details"])
statuses = st.sampled_from([200, 201, 302, 400, 401, 402, 403, 404, 405, 413, 419, 422, 429])
between = st.sampled_from(
    [". ", "; ", ", ", " - ", " but ", " and ", "! ", "\n", " | ", "। ", " तर "]
)


@st.composite
def mixed(draw: st.DrawFn) -> dict[str, Any]:
    """Words of refusal, and one of success beside them or elsewhere."""
    said = draw(st.lists(refusals, min_size=1, max_size=3))
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        said.insert(draw(st.integers(0, len(said))), draw(successes))
    else:
        fields = {**draw(success_fields)}
    joined = draw(between).join(said)
    fields[draw(reasons)] = draw(st.sampled_from([joined, said, {"0": said}]))
    return dict(draw(st.permutations(list(fields.items()))))


@given(content=mixed(), status=statuses)
@settings(deadline=None, max_examples=600)
def test_a_word_of_success_anywhere_is_never_taken_for_nothing(
    content: dict[str, Any], status: int
) -> None:
    assert read(status, content).outcome not in NOT_OUT


@given(
    said=st.lists(refusals, min_size=1, max_size=3),
    field=reasons,
    by=between,
    status=st.sampled_from([200, 201, 400, 402, 422]),
)
@settings(deadline=None, max_examples=300)
def test_words_of_refusal_alone_refuse(said: list[str], field: str, by: str, status: int) -> None:
    for value in (by.join(said), said, {"mobile": said}):
        assert read(status, {field: value}).outcome is Outcome.REFUSED


@given(content=st.text() | st.lists(refusals | successes | st.text(), max_size=6), status=statuses)
@settings(deadline=None, max_examples=200)
def test_any_words_get_a_verdict(content: str | list[str], status: int) -> None:
    assert read(status, {"message": content}).status == status


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "no ",
            "not be ",
            "not sent ",
            "failed to ",
            "0 failed ",
            "if ",
            "सफल ",
            "पठा",
            "sent गर्न ",
        ),
        *("-", " - ", "<", "<a", "n't", "'", "1,", "| ", "aA", "suc", "x", "invalid 1 "),
    ],
)
def test_words_without_end_are_read_to_the_end(piece: str) -> None:
    room = MOST_BYTES - 40
    words = piece * (room // len(piece.encode()))
    plain = json.dumps({"message": words}, ensure_ascii=False).encode()
    for status, body in ((200, plain), (429, words.encode()), (429, f"<{words}".encode())):
        assert read(status, body).status == status
