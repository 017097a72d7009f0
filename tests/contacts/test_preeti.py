"""Names that were typed for Preeti and its relatives: 206 of them, written for this test."""

import re
from itertools import product
from pathlib import Path

import pytest

from contacts.preeti import (
    Font,
    Reading,
    count_typed,
    heading_in_unicode,
    looks_typed,
    reading_of,
    to_unicode,
)

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


# In small letters, and with an f: as they are typed where nobody holds Shift.
SMALL = """sita gita ram hari krishna gopal bal deepak kedar rajan sarita sunita binod nabin prakash
suresh kamal rawal paudel poudel dahal kumar kumari bahadur prasad thapa rai magar gurung tamang
lama sherpa limbu shrestha maharjan adhikari acharya sharma karki basnet khadka bhandari bista
bhattarai joshi pandey yadav mishra chaudhary tharu rana oli ghimire khanal koirala kunwar malla
shah Arif Asif sharif fatima rafiq Rafiq farid fulmaya falgun nursery ward teacher nurse half"""
# Words that are typed by the same keys as Nepali syllables.
EITHER = "kafle yusuf dev jha sah das sen pun ale raj puja hem prem kalpana class paid"


def test_latin_names_in_small_letters_stay() -> None:
    changed = {name: shown for name in SMALL.split() if (shown := _shown(name)) != name}
    assert changed == {}


def _shown(text: str) -> str:
    return to_unicode(text, Font.PREETI)


def test_what_could_be_a_latin_name_as_well_is_left_to_someone_who_knows() -> None:
    assert {word for word in EITHER.split() if reading_of(word) is not Reading.EITHER} == set()
    assert _shown("raj") == "चबव"
    assert to_unicode("raj", Font.PREETI, either=False) == "raj"


def test_nothing_of_two_hundred_names_could_be_latin_as_well() -> None:
    assert [typed for typed in NAMES if reading_of(typed) is not Reading.TYPED] == []


def test_the_words_beside_it_tell_what_a_word_is() -> None:
    assert _shown("sdn axfb'/") == "कमल बहादुर"
    assert _shown("bz/y s'df/") == "दशरथ कुमार"
    assert _shown("raj thapa") == "raj thapa"
    assert _shown("Dr. /fd") == "Dr. राम"


def test_nothing_of_an_address_changes() -> None:
    for text in ("hari@school.edu.np", "www.ddf.np", "http://ddf.np", "axf@df.np"):
        assert _shown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("Parents; Hostel", "Donor;VIP", "parents;hostel", "a;b", "house/", "staff/", "/year"),
        *("km/h", "Paid|Unpaid", "yes|no", "[VIP]", "Nursery [A]", "{name}", "#VALUE!", "don't;"),
    ],
)
def test_what_divides_latin_words_proves_no_font(text: str) -> None:
    assert not looks_typed(text)


def test_no_two_words_with_a_sign_between_them_prove_a_font() -> None:
    words = ["Paid", "Hostel", "Day", "VIP", "Donor", "Parents", "class", "half", "year", "month"]
    assert [
        text
        for one, sign, other in product(words, ";/|", words)
        if looks_typed(text := f"{one}{sign}{other}")
    ] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("@)*@÷)!÷!%", "२०८२/०१/१५"),
        ("!@", "१२"),
        ("sIff %", "कक्षा ५"),
        ("/fdæ;Ltf", "राम“सीता"),
        (">Ldfg\\", "श्रीमान्"),  # a stroke that is typed, not half a letter
    ],
)
def test_digits_and_signs_become_what_the_font_shows(typed: str, shown: str) -> None:
    assert _shown(typed) == shown


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
