"""Numbers as people write them, held against libphonenumber's own reading of Nepal."""

import re

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType, carrier

from contacts.phone import (
    InvalidMobile,
    Operator,
    format_mobile,
    operator_of,
    parse_mobile,
    split_numbers,
)

DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")

# One number of each range in use, and whose it is (sociair-api.md, "Operators").
RANGES = {
    Operator.NTC: ("974", "975", "976", "984", "985", "986"),
    Operator.NCELL: ("900", "970", "971", "980", "981", "982"),
    Operator.SMARTCELL: ("961", "962", "988"),
    Operator.OTHER: ("960", "963", "972"),
}

ranges = st.sampled_from([prefix for prefixes in RANGES.values() for prefix in prefixes])
seven_digits = st.text("0123456789", min_size=7, max_size=7)
mobiles = st.builds("{}{}".format, ranges, seven_digits)


@pytest.mark.parametrize(
    "raw",
    [
        "9841234567",
        "+9779841234567",
        "009779841234567",
        "9779841234567",
        "09841234567",
        "+977 09841234567",
        "97709841234567",
        "+977 984-1234567",
        "+977 984 123 4567",
        "(+977) 984 1234567",
        "984-123-4567",
        "984.123.4567",
        "984 123\u00a04567",
        "  9841234567\r\n",
        "९८४१२३४५६७",
        "+९७७ ९८४-१२३४५६७",
        "०९८४१२३४५६७",
        "98४१२३4567",
        "'9841234567",  # how a spreadsheet marks a text
        "\u202a+9779841234567\u202c",  # how a phone's address book copies it
        "\ufeff9841234567",
        "9841234567.0",  # how a spreadsheet or a data frame reads it
        "9841234567.00",
        "+9779841234567.0",
        "९८४१२३४५६७.०",
        "９８４１２３４５６７",  # full width
        "（+９７７）９８４−１２３４５６７",
        "𝟗𝟖𝟒𝟏𝟐𝟑𝟒𝟓𝟔𝟕",
        "984\u2010123\u20114567",
        "984\u00ad123\u20054567",
        "\u2066984\u20691234567",
        "984_123_4567",
        9841234567,
        9841234567.0,
    ],
)
def test_a_mobile_number_is_read_in_every_spelling(raw: object) -> None:
    assert parse_mobile(raw) == "9841234567"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "There is no number here."),
        (" \t\r\n", "There is no number here."),
        ("\u200b", "There is no number here."),
        ("984123456", "too short. A mobile number has 10 digits, and this has 9."),
        ("98412345678", "too long. A mobile number has 10 digits, and this has 11."),
        ("9841234567/9801234567", "too long. A mobile number has 10 digits, and this has 20."),
        ("01-4412345", "landline"),
        ("+977 1 4412345", "landline"),
        ("०१-४४१२३४५", "landline"),
        ("021-523456", "landline"),
        ("+1 202 555 0100", "foreign"),
        ("0091 98765 43210", "foreign"),
        ("+9841234567", "foreign"),
        ("9.841E+09", "Excel shortened this number to 9.841E+09"),
        ("9,84E+09", "Excel shortened this number to 9,84E+09"),
        ("9.841234567e9", "Excel shortened this number"),
        ("984123456O", "not a number"),
        ("98412345l7", "not a number"),
        ("٩٨٤١٢٣٤٥٦٧", "not a number"),  # Arabic-Indic
        ("۹۸۴۱۲۳۴۵۶۷", "not a number"),  # Persian
        ("९८४१२३৪৫৬৭", "not a number"),  # Devanagari and Bengali
        ("9841234567,9801234567", "not a number"),
        ("++9779841234567", "not a number"),
        ("984+1234567", "not a number"),
        ("+977", "not a number"),
        ("9841234567 Sita", "not a number"),
        ("Sita", "not a number"),
        ("9771234567", "No operator in Nepal has mobile numbers that begin with 977."),
        ("9991234567", "begin with 999."),
        (None, "not a number"),
        (True, "not a number"),
    ],
)
def test_what_is_no_mobile_number_is_refused_with_its_reason(raw: object, reason: str) -> None:
    with pytest.raises(InvalidMobile) as refused:
        parse_mobile(raw)
    assert reason in refused.value.reason


@pytest.mark.parametrize("nine", ["984123456", "984-123456", "९८४१२३४५६", "+977984123456"])
@pytest.mark.parametrize("fraction", [".0", ".00", ".०"])
@pytest.mark.parametrize("around", ["{}", " {} ", "\u200b{}", "'{}"])
def test_the_fraction_of_a_float_is_no_digit(nine: str, fraction: str, around: str) -> None:
    with pytest.raises(InvalidMobile) as refused:
        parse_mobile(around.format(nine + fraction))
    assert "and this has 9." in refused.value.reason


def _read(raw: str) -> tuple[str | None, str]:
    """The number, or None and why not."""
    try:
        return parse_mobile(raw), ""
    except InvalidMobile as refused:
        return None, refused.reason


@given(st.text() | st.text("0123456789०१२३४५६७८९+-. ()\u200b\u00a0E"))
@settings(max_examples=500, deadline=None)
@example("00977")
@example("0")
@example("-")
def test_any_text_is_ten_digits_or_a_sentence(raw: str) -> None:
    mobile, reason = _read(raw)
    if mobile is None:
        assert reason[0].isupper()
        assert reason.endswith(".")
    else:
        assert re.fullmatch("[0-9]{10}", mobile)


@given(
    mobile=mobiles,
    front=st.sampled_from(["", "0", "+977", "00977", "977", "+9770", "009770", "9770"]),
    between=st.lists(st.sampled_from(["", "", " ", "-", "\u00a0"]), min_size=9, max_size=9),
    devanagari=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_spelling_of_a_number_is_the_same_number(
    mobile: str, front: str, between: list[str], devanagari: bool
) -> None:
    spelt = front + "".join(map("{}{}".format, mobile, [*between, ""]))
    assert parse_mobile(spelt.translate(DEVANAGARI) if devanagari else spelt) == mobile


def _by_libphonenumber(digits: str) -> str | None:
    """The national number if libphonenumber calls it a Nepali mobile number."""
    try:
        parsed = phonenumbers.parse(digits, "NP")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.region_code_for_number(parsed) != "NP":
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    if phonenumbers.number_type(parsed) != PhoneNumberType.MOBILE:
        return None
    return str(parsed.national_number)


@given(st.lists(st.integers(0, 10**10 - 1).map("{:010d}".format) | mobiles, max_size=10))
@settings(max_examples=300, deadline=None)
@example([f"{prefix:03d}{tail}" for prefix in range(1000) for tail in ("0000000", "9999999")])
def test_validity_agrees_with_libphonenumber(numbers: list[str]) -> None:
    for number in numbers:
        assert _read(number)[0] == _by_libphonenumber(number), number
        assert _read(f"+977{number}")[0] == _by_libphonenumber(f"+977{number}"), number


CARRIERS = {
    "Nepal Telecom": Operator.NTC,
    "NDCL": Operator.NTC,
    "NCell": Operator.NCELL,
    "Smart Telecom": Operator.SMARTCELL,
}


@given(st.lists(mobiles, min_size=1, max_size=10))
@settings(max_examples=300, deadline=None)
@example([f"{prefix}0000000" for prefixes in RANGES.values() for prefix in prefixes])
def test_operators_agree_with_libphonenumber(numbers: list[str]) -> None:
    for number in numbers:
        name = carrier.name_for_number(phonenumbers.parse(number, "NP"), "en")
        assert operator_of(number) is CARRIERS.get(name, Operator.OTHER), (number, name)


@pytest.mark.parametrize(
    ("prefix", "operator"),
    [(prefix, operator) for operator, prefixes in RANGES.items() for prefix in prefixes],
)
def test_operators_are_those_of_the_documentation(prefix: str, operator: Operator) -> None:
    assert operator_of(f"{prefix}1234567") is operator


def test_an_unknown_range_is_another_operators() -> None:
    assert operator_of("9991234567") is Operator.OTHER


def test_operators_are_called_as_people_call_them() -> None:
    assert [str(operator.label) for operator in Operator] == ["NTC", "Ncell", "Smart Cell", "Other"]


def test_a_number_is_shown_as_it_is_read_aloud() -> None:
    assert format_mobile("9841234567") == "984-1234567"
    assert format_mobile("12345") == "12345"


@given(mobiles)
@settings(deadline=None)
def test_what_is_shown_can_be_typed_again(mobile: str) -> None:
    assert parse_mobile(format_mobile(mobile)) == mobile


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", []),
        (" ,\n;\t, ", []),
        ("9841234567", ["9841234567"]),
        ("9841234567,9801234567", ["9841234567", "9801234567"]),
        ("9841234567, 9801234567; 9611234567", ["9841234567", "9801234567", "9611234567"]),
        ("9841234567 9801234567", ["9841234567", "9801234567"]),
        ("9841234567\r\n9801234567\r\n", ["9841234567", "9801234567"]),
        ("9841234567\t9801234567|9611234567", ["9841234567", "9801234567", "9611234567"]),
        ("९८४१२३४५६७।९८०१२३४५६७", ["९८४१२३४५६७", "९८०१२३४५६७"]),
        ("+977 984 123 4567 9801234567", ["+977 984 123 4567", "9801234567"]),
        ("+977 984 12 34 567\n00977 980 1234567", ["+977 984 12 34 567", "00977 980 1234567"]),
        ("984 1234567 980 1234567", ["984 1234567", "980 1234567"]),
        ("Sita 9841234567 12", ["Sita", "9841234567", "12"]),
        ("984123456 9801234567", ["984123456", "9801234567"]),
    ],
)
def test_a_pasted_list_is_split_into_its_entries(text: str, entries: list[str]) -> None:
    assert split_numbers(text) == entries


spellings = st.sampled_from(
    ["{}", "0{}", "+977{}", "00977{}", "977{}", "+977 {}", "+977-{}", "+977 0{}"]
)
separators = st.text(", ;|\t\r\n।", min_size=1, max_size=3)


@given(
    st.lists(st.tuples(mobiles, spellings, separators, st.booleans()), max_size=20),
    separators,
)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_between_numbers_all_are_found(
    written: list[tuple[str, str, str, bool]], ahead: str
) -> None:
    pasted = ahead
    for mobile, spelling, separator, devanagari in written:
        spelt = spelling.format(mobile)
        pasted += (spelt.translate(DEVANAGARI) if devanagari else spelt) + separator
    assert [parse_mobile(entry) for entry in split_numbers(pasted)] == [
        mobile for mobile, *_rest in written
    ]


@pytest.mark.parametrize("separator", ["\n", " ", ", "])
def test_ten_thousand_entries_are_read(separator: str) -> None:
    numbers = [f"98{number:08d}" for number in range(40_000_000, 40_010_000)]
    entries = split_numbers(separator.join(numbers))
    assert entries == numbers
    assert [parse_mobile(entry) for entry in entries] == numbers


def test_entries_that_are_no_numbers_come_back_as_they_were_typed() -> None:
    assert split_numbers("12 abc\nनमस्ते") == ["12", "abc", "नमस्ते"]
