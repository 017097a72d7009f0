"""What a text costs, held against the tables of 3GPP TS 23.038 and TS 23.040."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.text.length import measure, split_parts
from messaging.text.validity import MOST_PARTS, InvalidText, check_text, tidy

GSM, UCS = "GSM-7", "UCS-2"

# TS 23.038, 6.2.1: the GSM 7 bit default alphabet, by code, without 0x1B (escape).
DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
# TS 23.038, 6.2.1.1: the extension table; each is an escape and a second septet.
EXTENSION_TABLE = "^{}\\[~]|€"


def test_a_plain_text_is_measured_in_septets() -> None:
    measured = measure("School is closed tomorrow.")
    assert (measured.encoding, measured.units, measured.parts, measured.left) == (GSM, 26, 1, 134)


# TS 23.038, 4: 160 septets or 70 UCS-2 units in one message of 140 octets.
# TS 23.040, 9.2.3.24.1: joined, a header of 6 octets leaves 153 septets or 67 units in each.
LIMITS = [
    ("", GSM, 0, 0),
    ("a", GSM, 1, 1),
    ("a" * 160, GSM, 160, 1),
    ("a" * 161, GSM, 161, 2),
    ("a" * 306, GSM, 306, 2),
    ("a" * 307, GSM, 307, 3),
    ("a" * 459, GSM, 459, 3),
    ("a" * 460, GSM, 460, 4),
    ("a" * 153 * MOST_PARTS, GSM, 1530, 10),
    ("a" * (153 * MOST_PARTS + 1), GSM, 1531, 11),
    ("न", UCS, 1, 1),
    ("न" * 70, UCS, 70, 1),
    ("न" * 71, UCS, 71, 2),
    ("न" * 134, UCS, 134, 2),
    ("न" * 135, UCS, 135, 3),
    ("न" * 670, UCS, 670, 10),
    ("न" * 671, UCS, 671, 11),
    ("नमस्ते", UCS, 6, 1),  # vowel signs and the virama are units of their own
    ("a" * 69 + "न", UCS, 70, 1),  # one letter outside the alphabet makes all of it UCS-2
    ("a" * 70 + "न", UCS, 71, 2),
]

# TS 23.040, 9.2.3.24.1: a pair of septets (or of code units) is never split between two parts.
SEAMS = [
    ("€" * 80, GSM, 160, 1),
    ("€" * 80 + "a", GSM, 161, 2),
    ("a" * 158 + "€", GSM, 160, 1),
    ("a" * 159 + "€", GSM, 161, 2),
    ("a" * 151 + "€" + "a" * 153, GSM, 306, 2),  # ends at the seam
    ("a" * 152 + "€" + "a" * 151, GSM, 305, 2),  # moves behind it: 152 + 153 are full
    ("a" * 152 + "€" + "a" * 152, GSM, 306, 3),  # as many units as fit, and one place is lost
    ("a" * 153 + "€" + "a" * 151, GSM, 306, 2),  # begins at the seam
    ("a" + "€" * 152, GSM, 305, 2),  # 1 + 76 pairs, 76 pairs
    ("a" + "€" * 152 + "a", GSM, 306, 2),
    ("€" * 152, GSM, 304, 2),  # 76 pairs in each, two places lost
    ("€" * 153, GSM, 306, 3),
    ("€" * 229, GSM, 458, 4),
    ("😀", UCS, 2, 1),
    ("😀" * 35, UCS, 70, 1),
    ("😀" * 35 + "a", UCS, 71, 2),
    ("a" * 68 + "😀", UCS, 70, 1),
    ("a" * 69 + "😀", UCS, 71, 2),
    ("a" * 65 + "😀" + "a" * 67, UCS, 134, 2),
    ("a" * 66 + "😀" + "a" * 65, UCS, 133, 2),
    ("a" * 66 + "😀" + "a" * 66, UCS, 134, 3),
    ("a" * 67 + "😀" + "a" * 65, UCS, 134, 2),
    ("😀" * 66, UCS, 132, 2),
    ("😀" * 67, UCS, 134, 3),
    ("😀" * 99, UCS, 198, 3),
    ("😀" * 100, UCS, 200, 4),
]

MIXED = [
    ("Dear parents,\nschool is closed.", GSM, 31, 1),
    ("\n" * 160, GSM, 160, 1),
    ('It\'s "fine"', GSM, 11, 1),
    ("It’s “fine”", UCS, 11, 1),  # what a word processor makes of it
    ("5 – 6", UCS, 5, 1),
    ("Rs 100…", UCS, 7, 1),
    ("Ç", GSM, 1, 1),
    ("ç", UCS, 1, 1),  # only the capital is in the alphabet
    ("à la carte", GSM, 10, 1),
    ("a\u0300", UCS, 2, 1),  # the same letter in two characters
    ("`", UCS, 1, 1),
    ("a\tb", UCS, 3, 1),
    ("a\u00a0b", UCS, 3, 1),
    ("₹ 100", UCS, 5, 1),
    ("€ 100", GSM, 6, 1),
    ("नमस्ते 🙏", UCS, 9, 1),
    ("👨‍👩‍👧", UCS, 8, 1),  # three emoji and two joiners
    ("🇳🇵", UCS, 4, 1),
    ("{}[]", GSM, 8, 1),
]


def _brief(value: object) -> str:
    """A name for a case that fits on a line."""
    return ascii(value)[:24]


@pytest.mark.parametrize(("text", "encoding", "units", "parts"), LIMITS + SEAMS + MIXED, ids=_brief)
def test_texts_have_their_units_and_parts(text: str, encoding: str, units: int, parts: int) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.units, measured.parts) == (encoding, units, parts)


def test_every_character_has_its_septets() -> None:
    everything = [*map(chr, range(0xD800)), *map(chr, range(0xE000, 0x10000)), "😀"]
    septets = {
        character: measured.units
        for character in everything
        if (measured := measure(character)).encoding == GSM
    }
    assert septets == dict.fromkeys(DEFAULT_ALPHABET, 1) | dict.fromkeys(EXTENSION_TABLE, 2)
    assert len(septets) == 127 + 9


@pytest.mark.parametrize("character", EXTENSION_TABLE)
def test_each_character_of_the_extension_table_stays_whole_at_a_seam(character: str) -> None:
    assert measure("a" * 152 + character + "a" * 151).parts == 2
    assert measure("a" * 152 + character + "a" * 152).parts == 3


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", 160),
        ("a" * 159, 1),
        ("a" * 160, 0),
        ("a" * 161, 145),
        ("a" * 306, 0),
        ("a" * 307, 152),
        ("न", 69),
        ("न" * 70, 0),
        ("न" * 71, 63),
        ("a" * 152 + "€" + "a" * 150, 1),  # 304 units, and a place lost at the seam
        ("a" * 152 + "€" + "a" * 151, 0),
        ("a" * 66 + "😀" + "a" * 65, 0),
    ],
    ids=_brief,
)
def test_the_room_left_in_the_last_part_is_told(text: str, left: int) -> None:
    assert measure(text).left == left


def _packed(text: str) -> tuple[str, int, int, int]:
    """Encoding, units, parts and room, by putting one character after another into parts."""
    gsm = all(character in DEFAULT_ALPHABET + EXTENSION_TABLE for character in text)
    single, joined = (160, 153) if gsm else (70, 67)
    sizes = [
        len(character.encode("utf-16-be", "surrogatepass")) // 2
        if not gsm
        else 1 + (character in EXTENSION_TABLE)
        for character in text
    ]
    encoding = GSM if gsm else UCS
    if sum(sizes) <= single:
        return encoding, sum(sizes), 1 if text else 0, single - sum(sizes)
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return encoding, sum(sizes), parts, room


runs = st.builds(
    "".join,
    st.lists(
        st.builds(
            lambda character, times: character * times,
            st.sampled_from(["a", "€", "|", "\n", "न", "😀", "’", "ते", "b", "{"]),
            st.integers(1, 170),
        ),
        max_size=8,
    ),
)
gsm_runs = st.builds(
    "".join,
    st.lists(
        st.builds(
            lambda character, times: character * times,
            st.sampled_from(["a", "€", "~"]),
            st.sampled_from([1, 2, 3, 75, 76, 77, 150, 151, 152, 153, 154]),
        ),
        max_size=10,
    ),
)
ucs_runs = st.builds(
    "न{}".format,
    st.builds(
        "".join,
        st.lists(
            st.builds(
                lambda character, times: character * times,
                st.sampled_from(["a", "😀"]),
                st.sampled_from([1, 2, 3, 32, 33, 34, 64, 65, 66, 67, 68]),
            ),
            max_size=10,
        ),
    ),
)


@given(runs | gsm_runs | ucs_runs | st.text())
@settings(max_examples=400, deadline=None)
@example("a" * 151 + "€€" + "a" * 151 + "€€" + "a" * 151)
@example("\ud800")
def test_measuring_agrees_with_packing_by_hand(text: str) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.units, measured.parts, measured.left) == _packed(text)


@given(gsm_runs | ucs_runs)
@settings(max_examples=200, deadline=None)
def test_the_room_left_fits_exactly(text: str) -> None:
    measured = measure(text)
    full = measure(text + "a" * measured.left)
    assert full.parts == max(measured.parts, 1)
    assert full.left == 0
    assert measure(text + "a" * (measured.left + 1)).parts == full.parts + 1


def read_text(raw: str) -> str:
    """As what someone typed goes out, if it has no placeholders."""
    text = tidy(raw)
    check_text(text)
    return text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("School is closed.", "School is closed."),
        ("  School is closed. \r\n", "School is closed."),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("one\r\n\r\ntwo", "one\n\ntwo"),
        ("a\tb", "a\tb"),
        ("नमस्ते\u200dक\u200c", "नमस्ते\u200dक\u200c"),  # joiners shape the letters
        ("👨‍👩‍👧 🇳🇵", "👨‍👩‍👧 🇳🇵"),
        ("\U0001fa77", "\U0001fa77"),  # Unicode 15: younger than some of Python's tables
        ("a" * 153 * 10, "a" * 153 * 10),
        ("न" * 67 * 10, "न" * 67 * 10),
    ],
    ids=_brief,
)
def test_a_typed_message_is_tidied(raw: str, text: str) -> None:
    assert read_text(raw) == text


def test_line_ends_of_browsers_cost_one_septet() -> None:
    assert measure(read_text("a" * 79 + "\r\n" + "a" * 80)).parts == 1


@pytest.mark.parametrize(
    "raw", ["", " ", "\n", "\r\n \t\r\n", "\u00a0\u2003\u3000", "\u200b \u202e"]
)
def test_an_empty_message_is_refused(raw: str) -> None:
    with pytest.raises(InvalidText) as refused:
        read_text(raw)
    assert refused.value.reason == "Write a message."


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("a\x00b", "Character 2 cannot be sent (U+0000). Remove it."),
        ("ab\x07c", "Character 3 cannot be sent (U+0007). Remove it."),
        ("one\r\ntwo\x1b!", "Character 8 cannot be sent (U+001B). Remove it."),
        ("a\x0cb", "Character 2 cannot be sent (U+000C). Remove it."),
        ("a\x7fb", "Character 2 cannot be sent (U+007F). Remove it."),
        ("a\x85b", "Character 2 cannot be sent (U+0085). Remove it."),
        ("a\ud83d", "Character 2 cannot be sent (U+D83D). Remove it."),
        ("\ude00a", "Character 1 cannot be sent (U+DE00). Remove it."),
        ("\ude00\ud83d", "Character 1 cannot be sent (U+DE00). Remove it."),
        ("a\uffff", "Character 2 cannot be sent (U+FFFF). Remove it."),
        ("a\ufdd0", "Character 2 cannot be sent (U+FDD0). Remove it."),
        ("a\U0010ffff", "Character 2 cannot be sent (U+10FFFF). Remove it."),
    ],
)
def test_what_no_phone_shows_is_refused_by_its_place(raw: str, reason: str) -> None:
    with pytest.raises(InvalidText) as refused:
        read_text(raw)
    assert refused.value.reason == reason
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("raw", "parts"),
    [("a" * 1531, 11), ("न" * 671, 11), ("a" * 152 + "€" + "a" * 1376, 11), ("न" * 6700, 100)],
    ids=_brief,
)
def test_more_than_ten_parts_are_refused(raw: str, parts: int) -> None:
    with pytest.raises(InvalidText) as refused:
        read_text(raw)
    assert refused.value.reason == (
        f"This message has {parts} parts. The most that can be sent is 10. Make it shorter."
    )


def _read(raw: str) -> tuple[str | None, str]:
    """The message, or None and why not."""
    try:
        return read_text(raw), ""
    except InvalidText as refused:
        return None, refused.reason


@given(st.text() | runs)
@settings(max_examples=200, deadline=None)
def test_a_message_that_is_read_can_be_sent(raw: str) -> None:
    text, reason = _read(raw)
    if text is None:
        assert reason[0].isupper()
        assert reason.endswith(".")
        return
    assert text == text.strip()
    assert "\r" not in text
    assert 1 <= measure(text).parts <= MOST_PARTS
    assert text.encode("utf-16-be").decode("utf-16-be") == text
    assert read_text(text) == text


@pytest.mark.parametrize(("text", "encoding", "units", "parts"), LIMITS + SEAMS + MIXED, ids=_brief)
def test_a_text_is_cut_into_the_parts_billed(
    text: str, encoding: str, units: int, parts: int
) -> None:
    cut = split_parts(text)
    assert "".join(cut) == text
    assert len(cut) == max(parts, 1)
    room = 153 if encoding == "GSM-7" else 67
    if parts > 1:
        for part in cut:
            doubled = sum(sign in EXTENSION_TABLE for sign in part)
            wide = sum(ord(sign) > 0xFFFF for sign in part)
            assert len(part) + (doubled if encoding == "GSM-7" else wide) <= room


@given(st.text(st.sampled_from("a€^न😀 \n"), max_size=700))
def test_any_text_is_cut_as_it_is_measured(text: str) -> None:
    cut = split_parts(text)
    assert "".join(cut) == text
    assert len(cut) == max(measure(text).parts, 1)
