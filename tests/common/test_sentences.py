"""What is stored of a sentence, and how each reader reads it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from sociair_portal.common.sentences import (
    Sentence,
    changed,
    noted,
    noted_count,
    noted_list,
    read,
    row_value,
    together,
)
from sociair_portal.common.shown_digits import seen_with

_TOO_SHORT = "This number is too short. A mobile number has 10 digits, and this has %(count)d."
_DEARER = (
    "The recipients changed after the review. The message now costs Rs %(cost)s "
    "instead of Rs %(reviewed)s. Check the new cost, then resume."
)
_SHARES = "Shares a number with %(name)s. Each number gets one message."


def _stored(text: str) -> str:
    assert isinstance(text, Sentence)
    return text.stored


def test_a_count_has_the_digits_of_whoever_reads_it_and_is_stored_without() -> None:
    with translation.override("ne"), seen_with(lambda: True):
        stored = _stored(noted(_TOO_SHORT, count=9))
        assert "मोबाइल नम्बर १० अङ्कको हुन्छ, यो ९ अङ्कको" in read(stored)
        assert not set("०१२३४५६७८९") & set(stored)
    with translation.override("ne"):
        assert "यो 9 अङ्कको" in read(stored)
    assert read(stored).endswith("and this has 9.")


def test_money_and_days_have_the_readers_digits_and_numbers_of_people_have_not() -> None:
    price = noted(_DEARER, cost=Decimal("1234.5"), reviewed=Decimal(2))
    since = noted("Opted out on %(day)s.", day=date(2026, 11, 22))
    same = noted("Same number as %(mobile)s. Each number gets one message.", mobile="984-1234567")
    with translation.override("ne"), seen_with(lambda: True):
        assert "१,२३४.५०" in read(_stored(price))
        assert "२२ नोभेम्बर २०२६" in read(_stored(since))
        assert "984-1234567" in read(_stored(same))


@pytest.mark.parametrize(
    "made",
    [
        lambda: noted("There was a reason that is gone."),
        lambda: noted("There is no number here, %(name)s, any more.", name="Sita"),
        lambda: noted_count("%(n)d gone cause.", "%(n)d gone causes.", 3, n=3),
        lambda: together(noted("There is no number here."), noted("A word that is gone.")),
        lambda: noted("in %(groups)s", groups=noted("all that is gone")),
    ],
)
def test_what_a_newer_portal_says_otherwise_reads_as_it_was_written(
    made: Callable[[], Sentence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was translated when it was written; the catalogue has lost it since."""
    with translation.override("ne"):
        as_stored = _stored(made())
        parts = as_stored.rpartition("\x1e")[2]
        stored = f"\x1eयस्तो लेखिएको थियो।\x1e{parts}"
        assert read(stored) == "यस्तो लेखिएको थियो।"
    assert read(stored) == made()  # its source is English


def test_what_is_known_reads_in_the_language_of_the_reader_whatever_was_written() -> None:
    with translation.override("ne"):
        nepali = noted("There is no number here.")
        assert nepali == "यहाँ नम्बर छैन।"
    assert read(_stored(nepali)) == "There is no number here."
    with translation.override("ne"):
        assert read(row_value(noted("There is no number here."))) == nepali


def test_sentences_stored_by_an_older_portal_are_read() -> None:
    old = (
        "\x1eShares a number with Sita. Each number gets one message.\x1e"
        '[{"en": "Shares a number with %(name)s. Each number gets one message.",'
        ' "with": {"name": "Sita"}}, {"en": "There is no number here.", "with": {}}]'
    )
    with translation.override("ne"):
        found = read(old)
        assert found.startswith("Sita")
        assert found.endswith("यहाँ नम्बर छैन।")
        assert _stored(found) == old


def test_what_stands_in_many_rows_takes_little_more_room_in_english() -> None:
    said = noted("There is no number here.")
    assert len(row_value(said)) <= len(said) + 13
    named = noted(_SHARES, name="Sita Thapa")
    assert len(row_value(named)) <= len(named) + 50
    assert read(row_value(named)) == named


def test_a_text_too_long_for_a_row_is_cut_as_it_is_written() -> None:
    long = noted(_SHARES, name="S" * 400)
    assert row_value(long) == str(long)[:300]
    assert row_value("\x1eTyped", 4) == "Typ"


def test_a_list_of_names_has_the_readers_word_between_them() -> None:
    groups = noted("in %(groups)s", groups=noted_list(" or ", ["Class 9", "Class 10"]))
    assert groups == "in Class 9 or Class 10"
    with translation.override("ne"):
        assert "Class 9 वा Class 10" in read(_stored(groups))


def test_a_change_leaves_a_sentence_in_every_language() -> None:
    said = together(noted(_SHARES, name="984-1234567"), "Or 984-1234567?")
    gone = changed(said, lambda text: text.replace("984-1234567", "Nobody"))
    assert gone == "Shares a number with Nobody. Each number gets one message. Or Nobody?"
    assert "984" not in _stored(gone)
    with translation.override("ne"):
        assert read(_stored(gone)).startswith("Nobody")
    assert changed(said, lambda text: text) is said


def test_a_code_of_a_character_keeps_its_digits() -> None:
    said = "Character %(place)d cannot be sent (U+%(code)04X). Remove it."
    with translation.override("ne"), seen_with(lambda: True):
        read_so = str(noted(said, place=12, code=7))
        assert "१२" in read_so
        assert "U+0007" in read_so


def test_a_text_from_before_there_were_sentences_is_read_without_the_sign() -> None:
    assert read("\x1eRam\x1e Lama") == "Ram Lama"
