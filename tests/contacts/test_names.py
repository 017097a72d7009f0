"""Names are kept as one reads them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.names import clean_name, clean_names, name_key, name_keys


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


# Letters that meet at the ends of two names, spaces, dashes, joiners, and what nobody sees.
_PARTS = st.one_of(
    st.sampled_from(
        [*"Aß İ#'-–－Ａ\n\t", "  ", "Sita ", "सी", "ता", "\u093e", "\u0301", "क\u094d"]
    ),
    st.sampled_from(["\u200d", "\u200b", "\u2000", "\u1100", "\u1161", "\ud83d", "\u00a0"]),
    st.text(max_size=2),
)
_NAMES = st.lists(st.lists(_PARTS, max_size=5).map("".join), max_size=5)


@given(_NAMES)
def test_many_names_are_cleaned_and_compared_as_each_one(raw: list[str]) -> None:
    names = clean_names(raw)
    assert names == [clean_name(name) for name in raw]
    assert name_keys(names) == [name_key(name) for name in names]


def test_every_dash_is_a_hyphen() -> None:
    dashes = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) == "Pd"]
    assert {clean_name(f"a{dash}b") for dash in dashes} == {"a-b"}
