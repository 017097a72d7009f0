"""One number is found in a text in every spelling, and no other number is."""

import pytest

from contacts.mentions import endings_of, mentions, without, without_in
from contacts.phone import find_mobile, format_mobile, removed_number

NUMBER = "9841234567"


@pytest.mark.parametrize(
    "text",
    [
        "9841234567",
        "call 984-1234567 now",
        "+977 984 123 4567",
        "00977-9841234567",
        "९८४१२३४५६७",
        "९७७-९८४१२३४५६७",
        "09841234567",
        "(984) 123.4567",
        "98 41 23 45 67",
        "9841234567.0",
        "984\u200b1234567",
        "984–1234567",
        '{"invalid":["9779841234567"]}',
        "Line 5: 9841234567,9851111111",
    ],
)
def test_every_spelling_is_found_and_taken_out(text: str) -> None:
    assert mentions(text, NUMBER)
    assert not mentions(without(text, NUMBER, "(number removed)"), NUMBER)
    assert any(end in text for end in endings_of(NUMBER))


@pytest.mark.parametrize(
    "text", ["98412345678", "19841234567", "9841234566", "984123456", "", "12 9841 of 234567"]
)
def test_no_other_number_is(text: str) -> None:
    assert not mentions(text, NUMBER)
    assert without(text, NUMBER) == text


def test_values_of_json_are_looked_through() -> None:
    value = {"a": ["x", {"b": 9841234567}], "c": 9841234567.0, "d": "Sita ", "e": [3, None]}

    assert mentions(value, NUMBER)
    assert without_in(value, NUMBER, frozenset({"sita"})) == {
        "a": ["x", {"b": ""}],
        "c": "",
        "d": "",
        "e": [3, None],
    }


def test_what_stands_in_its_place_is_unique_short_and_no_number() -> None:
    made = [removed_number(key) for key in (1, 35, 36, 2**40)]

    assert made[:3] == ["#1", "#z", "#10"]
    assert all(len(one) <= 10 and not find_mobile(one) for one in made)
    assert format_mobile("#10") == "Number removed"
