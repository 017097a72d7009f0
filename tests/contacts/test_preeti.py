"""Names that were typed for Preeti and its relatives: 206 of them, written for this test."""

import re
from pathlib import Path

import pytest

from contacts.preeti import Font, count_typed, heading_in_unicode, looks_typed, to_unicode

_LINES = (Path(__file__).parent / "preeti_names.txt").read_text(encoding="utf-8").splitlines()
NAMES = dict(line.rpartition("|")[::2] for line in _LINES)

ROMAN = """Ram Bahadur Thapa, Sita Rai, Gita Kumari K.C., Bishnu Adhikari, Krishna Gurung
Laxmi Devi, Ganga, Asha, Puja, Kul Bahadur, s/o Hari Ga, c/o Sita, h/o Ram
and/or, K/G, O'Brien, A-1, 9A
B.Ed., 5 kg, 10:30 AM, Rs. 500/-, Ward 5/Kathmandu, ram@example.com, 12/05/2082, 01-4412345/6"""


def test_two_hundred_names_become_what_the_font_shows() -> None:
    assert len(NAMES) >= 200
    wrong = {
        typed: shown
        for typed, meant in NAMES.items()
        if (shown := to_unicode(typed, Font.PREETI)) != meant
    }
    assert wrong == {}


def test_most_of_these_names_are_known_by_their_letters_and_no_roman_one_is() -> None:
    assert count_typed(list(NAMES)) > 0.7 * len(NAMES)
    assert [text for text in re.split(", |\n", ROMAN) if looks_typed(text)] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("&fs'/", "ठाकुर"),  # the digits' row with Shift, where Preeti has digits
        ("*Dd/", "डम्मर"),
        ("/fd", "राम"),
        ("!@", "!@"),  # no letters
    ],
)
def test_himali_has_its_digits_on_the_other_keys(typed: str, shown: str) -> None:
    assert to_unicode(typed, Font.HIMALI) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "राम",
        "Ram Thapa",
        "sldmf",
        "Müller",
        "f]",
        "Sita Thapa",
        "Kiran KC",
        "Class 5",
        "B.Sc.",
    ],
)
def test_what_makes_no_nepali_words_stays(text: str) -> None:
    assert to_unicode(text, Font.PREETI) == text


def test_a_short_i_belongs_to_the_letter_before_if_the_next_one_has_a_vowel() -> None:
    assert to_unicode("ul/L", Font.PREETI) == to_unicode("lu/L", Font.PREETI) == "गिरी"


@pytest.mark.parametrize(
    ("heading", "shown"),
    [("gfd", "नाम"), ("sIff", "कक्षा"), ("j8f", "वडा"), ("kmf]g g+=", "फोन नं.")]
    + [(heading, heading) for heading in ("Name", "Class", "Fee due", "Amount", "Village")],
)
def test_only_a_heading_that_is_no_english_word_is_converted(heading: str, shown: str) -> None:
    assert heading_in_unicode(heading, Font.PREETI) == shown


@pytest.mark.parametrize("text", ["S" * 100_000 + "f", "0" * 100_000 + ";a", "f]" * 50_000 + "{"])
def test_a_cell_of_letters_without_end_stays_and_is_read_at_once(text: str) -> None:
    assert to_unicode(text, Font.PREETI) == text
