"""A token is found in an answer in whatever spelling it is repeated, and nothing else is."""

import base64
import json
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.answers.classification import MOST_BYTES
from messaging.answers.echoes import LEAST_LETTERS, holds_secret
from sandbox.faults.echoes import SPELLINGS
from tests.messaging.answers.spellings import PLAIN, bodies, body_with, escaped, tokens
from tests.spoken_answers import SPOKEN

TOKEN: Final = "12|Zq7XkW93bTnV51LmPd80+aB/cD=eF"


@given(tokens, *bodies)
@example(TOKEN, ["base64", "base64 one on", "hex"], "whole", "utf-8")
@example(TOKEN, ["percent everything", "percent", "json escapes"], "no width", "utf-16")
def test_a_token_is_found_in_any_spelling_of_spellings(
    token: str, steps: list[str], cut: str, coding: str
) -> None:
    assert holds_secret(body_with(token, steps, cut, coding), token)


@given(tokens, st.sampled_from(sorted(SPELLINGS)), st.text(max_size=30), st.text(max_size=30))
def test_a_token_is_found_wherever_it_stands(
    token: str, name: str, before: str, behind: str
) -> None:
    _says, spell = SPELLINGS[name]
    body = f"{before}{spell(f'Bearer {token}')}{behind}"
    assert holds_secret(body.encode("utf-8", "replace"), token)


@given(tokens, st.integers(0, 60))
def test_half_of_a_token_is_found(token: str, start: int) -> None:
    """A text may be cut anywhere before it gets here."""
    letters = "".join(filter(PLAIN.__contains__, token))
    size = (len(letters) + 1) // 2
    piece = letters[min(start, len(letters) - size) :][:size]
    assert holds_secret(f"... {piece} ...".encode(), token)


def test_what_gateways_say_holds_no_token() -> None:
    for _status, said in (spoken for answers in SPOKEN.values() for spoken in answers):
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        assert not holds_secret(body, TOKEN), said


@pytest.mark.parametrize(
    "said",
    [
        *("", "Unauthenticated.", "Invalid token", "A bearer token is required", "Bearer"),
        *("The Authorization header is missing", "Authorization: Bearer <token>"),
        *('WWW-Authenticate: Bearer realm="api", error="invalid_token"',),
        *('{"message":"Missing bearer","ntc":1}', "Zq7XkW is no beginning"),
    ],
)
def test_words_about_tokens_hold_none(said: str) -> None:
    assert not holds_secret(said.encode(), TOKEN)


@pytest.mark.parametrize(
    "said",
    [
        *("Bearer 98|someOtherToken77", '{"Authorization":"Bearer  abcd1234efgh"}'),
        *("authorization=abcd1234efgh", '{\\"authorization\\":\\"99|abcdefgh\\"}'),
        base64.b64encode(b"Authorization: Bearer abcd1234efgh").decode(),
    ],
)
def test_whatever_someone_was_authorised_with_is_found(said: str) -> None:
    """A gateway may write it otherwise than it came, or answer someone else."""
    assert holds_secret(said.encode(), TOKEN)


@pytest.mark.parametrize("token", ["sandbox", "test", "secret-key"])
def test_a_short_token_is_looked_for_as_it_is_written(token: str) -> None:
    assert len(token) < LEAST_LETTERS
    assert holds_secret(f"Bad token {token}".encode(), token)
    assert holds_secret(json.dumps({"debug": escaped(token)}).replace("\\\\", "\\").encode(), token)
    assert not holds_secret(f"Bad token {' '.join(token)}".encode(), token)
    assert not holds_secret(f"Bad token {token.upper()}".encode(), token)


def test_no_token_is_in_no_answer() -> None:
    assert not holds_secret(b"Success! SMS has been sent", "")


# Bodies that grow when they are undone, or are hard to read for a careless pattern.
HARD: Final[dict[str, bytes]] = {
    "backslashes": b"\\" * MOST_BYTES,
    "percents": b"%25" * (MOST_BYTES // 3),
    "tags": b"<" * MOST_BYTES,
    "ampersands": b"&amp;" * (MOST_BYTES // 5),
    "zeros": b"&#" + b"0" * MOST_BYTES,
    "digits": b"&#" + b"9" * MOST_BYTES,
    "base64": b"QUFB" * (MOST_BYTES // 4),
    "hex": b"41" * (MOST_BYTES // 2),
    "bearers": b"bearer  " * (MOST_BYTES // 8),
    "code points": b"\\u{110000}\\ud800%ff&#1114112;",
}


@pytest.mark.parametrize("name", HARD)
def test_an_answer_that_is_hard_to_read_is_read(name: str) -> None:
    assert not holds_secret(HARD[name], TOKEN)
    assert holds_secret(HARD[name] + TOKEN.encode(), TOKEN)


def test_what_is_too_much_to_read_counts_as_holding_it() -> None:
    assert holds_secret(b"all is well " * 2**18, TOKEN)
