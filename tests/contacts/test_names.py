"""Names are kept as one reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.names import clean_name


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert clean_name("Sita Rai") == "Sita Rai"
    assert clean_name("सीता राई") == "सीता राई"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  Sita \t Rai\n", "Sita Rai"),
        ("Sita\r\nRai", "Sita Rai"),
        ("Si\u0007ta\x1b Rai", "Sita Rai"),
        ("\u202eiaR atiS\u202c", "iaR atiS"),
        ("\u200fSita\u200e \u2066Rai\u2069", "Sita Rai"),
        ("\ufeffSita\u00ad Rai", "Sita Rai"),
        ("Sita\u00a0\u2003Rai", "Sita Rai"),
        ("Sita\u2028Rai", "Sita Rai"),
        ("Cafe\u0301", "Café"),
        ("half \ud83d of an emoji", "half of an emoji"),
    ],
)
def test_hidden_characters_are_cleaned_out_of_names(raw: str, kept: str) -> None:
    assert clean_name(raw) == kept


@pytest.mark.parametrize("name", ["श्री\u200dकृष्ण", "क्\u200cष", "👩\u200d🏫"])
def test_joiners_stay_because_they_shape_letters(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("raw", ["", "   ", "\u200b\u202e", "\u200d\u200c", " \u200d "])
def test_a_name_that_shows_nothing_is_none(raw: str) -> None:
    assert clean_name(raw) == ""


@given(st.text())
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    once = clean_name(raw)
    assert clean_name(once) == once
    once.encode()
