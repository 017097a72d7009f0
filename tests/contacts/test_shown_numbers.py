"""Numbers are masked for whoever may not see them whole, in any spelling and anywhere."""

import pytest

from contacts.models import Contact, OptOut
from contacts.shown_numbers import masked_text, seen_by, shown_mobile, shown_text


def test_a_number_is_whole_for_those_who_may_see_it() -> None:
    assert shown_mobile("9841234567") == "984-1234567"
    with seen_by(lambda: True):
        assert shown_mobile("9841234567") == "984-1234567"
        assert shown_text("at 9841234567") == "at 9841234567"


def test_a_number_is_masked_for_the_others() -> None:
    with seen_by(lambda: False):
        assert shown_mobile("9841234567") == "984•••4567"
        assert str(Contact(name="Sita", mobile="9841234567")) == "Sita (984•••4567)"
        assert str(Contact(name="984-1234567", mobile="9841234567")) == "984•••4567 (984•••4567)"
        assert str(OptOut(mobile="9841234567")) == "984•••4567"
    assert str(OptOut(mobile="9841234567")) == "984-1234567"


@pytest.mark.parametrize(
    "spelling",
    [
        *("9841234567", "984-1234567", "984 123 4567", "98412-34567", "984.123.4567"),
        *("+9779841234567", "+977 984-1234567", "00977 9841234567", "977-9841234567"),
        *("09841234567", "९८४१२३४५६७", "+९७७ ९८४-१२३४५६७", "９８４１２３４５６７"),
    ],
)
def test_a_number_is_masked_in_every_spelling(spelling: str) -> None:
    assert masked_text(f"Ask {spelling}, please") == "Ask 984•••4567, please"


def test_a_bracket_stays() -> None:
    assert masked_text("(984) 1234567") == "(984•••4567"
    assert masked_text("(9841234567)") == "(984•••4567)"


def test_several_numbers_are_masked_each() -> None:
    both = "9841234567 9801112222; 9841234567,9801112222"
    assert masked_text(both) == "984•••4567 980•••2222; 984•••4567,980•••2222"
    assert masked_text("['9841234567', '9801112222']") == "['984•••4567', '980•••2222']"


def test_a_mistyped_number_does_not_tell_most_of_it() -> None:
    assert masked_text("98412345678901") == "984•••8901"
    assert masked_text("19841234567") == "198•••4567"
    assert masked_text("984123456") == "984•••"
    assert masked_text("984-12345") == "984•••"


@pytest.mark.parametrize(
    "text",
    ["", "Class 9", "2026-11-28 10:00", "28 Nov 2026, 14:05", "Rs 1,23,456.80", "#9841", "2082"],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert masked_text(text) == text
