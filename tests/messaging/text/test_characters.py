"""The script coach: what makes a text dear, and what could stand in its place."""

import unicodedata
import uuid
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import Campaign, Gateway
from messaging.services.audience.choice import Audience
from messaging.services.campaigns.estimate import estimate
from messaging.text.characters import TWINS, advise, name_of, on_the_phone
from messaging.text.length import is_plain, measure
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.pages import words
from tests.sending import reading

LONG = "School is closed tomorrow, and the day after, because of the rain. Stay at home please. "


def test_dear_characters_are_found_with_plain_ones_for_them() -> None:
    advice = advise(f"{LONG}“Be safe” – the school…")
    assert advice is not None
    assert advice.plain == f'{LONG}"Be safe" - the school...'
    assert (advice.replaceable, advice.others) == (["“", "”", "–", "…"], [])
    assert (advice.now.parts, advice.then.parts) == (2, 1)
    parts = on_the_phone(f"{LONG}“Be safe” – the school…")
    assert len(parts) == 2
    shown = [piece for part in parts for piece in part]
    assert [piece.text for piece in shown if piece.is_dear] == ["“", "”", "–", "…"]
    assert "".join(piece.text for piece in shown) == f"{LONG}“Be safe” – the school…"


@pytest.mark.parametrize(
    "text",
    [
        "School is closed.",
        "नमस्ते “सीता”",
        "Dear सीता, the school’s closed",
        "Здравствуйте…",
        "…" * 70,
        "",
    ],
)
def test_a_plain_text_and_another_script_are_never_corrected(text: str) -> None:
    assert advise(text) is None
    assert not any(piece.is_dear for part in on_the_phone(text) for piece in part)


def test_what_has_no_twin_can_only_be_left_out() -> None:
    advice = advise(f"{LONG}😀 Č")
    assert advice is not None
    assert (advice.replaceable, advice.others) == ([], ["😀", "Č"])
    assert (advice.now.parts, advice.then.parts, advice.without.parts) == (2, 2, 1)


@pytest.mark.parametrize(
    ("character", "name"),
    [("“", "“"), ("\u00a0", "no-break space"), ("\u200b", "zero width space"), ("😀", "😀")],
)
def test_invisible_characters_are_called_by_name(character: str, name: str) -> None:
    assert name_of(character) == name


def test_every_twin_is_plain() -> None:
    assert all(is_plain(twin) and not is_plain(dear) for dear, twin in TWINS.items())


@given(st.text(st.sampled_from([*TWINS, *"aé€😀नČ \n"])))
def test_taking_advice_on_characters_never_costs_more(text: str) -> None:
    advice = advise(text)
    if advice is None:
        return
    assert not set(advice.plain.replace("😀\u200d", "😀")) & TWINS.keys()
    assert measure(advice.plain).parts <= measure(text).parts or measure(text).parts == 0
    again = advise(advice.plain)
    assert again is None or again.replaceable == []


@pytest.fixture
def typed(db: None) -> dict[str, Any]:
    people = [ContactFactory.create() for _ in range(10)]
    return {
        "form_uuid": str(uuid.uuid4()),
        "groups": [GroupFactory.create(members=people).pk],
        "text": f"{LONG}“Be safe”",
    }


def test_the_cost_of_a_quote_is_said(
    sender: Browser, gateway: Gateway, typed: dict[str, Any]
) -> None:
    reading(gateway)
    page = sender.post(reverse("messaging:measure"), typed)
    said = words(page).replace("\u00a0", " ")
    assert "“ ” With these characters, the message has 2 parts instead of 1." in said
    assert "It costs Rs 16.00 instead of Rs 8.00 for 10 people." in said
    assert "<mark>“</mark>Be safe<mark>”</mark>" in page.text


def test_one_click_takes_the_advice_and_loses_nothing(
    sender: Browser, gateway: Gateway, typed: dict[str, Any]
) -> None:
    page = sender.post(reverse("messaging:plain"), {**typed, "numbers": "98"})
    assert page.context["form"]["text"].value() == f'{LONG}"Be safe"'
    assert page.context["form"]["numbers"].value() == "98"
    assert page.context["form"]["form_uuid"].value() == typed["form_uuid"]
    assert f'value="{typed["groups"][0]}" checked' in page.text
    assert "Use plain characters instead" not in page.text
    assert not Campaign.objects.exists()


def test_markup_in_a_text_stays_a_text(
    sender: Browser, gateway: Gateway, typed: dict[str, Any]
) -> None:
    typed["text"] = "<b>“x”</b>"
    page = sender.post(reverse("messaging:measure"), typed).text
    assert "&lt;b&gt;<mark>“</mark>x<mark>”</mark>&lt;/b&gt;" in page


FAMILY = "👨\u200d👩\u200d👧"


def test_an_emoji_of_several_signs_stays_one() -> None:
    text = f"Family {FAMILY} day ❤\ufe0f\u200d🔥"
    advice = advise(text)
    assert advice is not None
    assert (advice.replaceable, advice.plain) == ([], text)
    assert "\u200d" not in advice.others


def test_nothing_is_offered_that_saves_nothing() -> None:
    advice = advise("“Hurray” 😀")
    assert advice is not None
    assert (advice.replaceable, advice.others) == ([], ["😀"])
    advice = advise("“Hurray” " + "…" * 60 + "😀")
    assert advice is None or not advice.replaceable


def test_of_a_personal_text_the_letter_counts(gateway: Gateway) -> None:
    """The words alone would fit into one part, whatever signs they have."""
    reading(gateway)
    contact = ContactFactory.create(name="N" * 100)
    found = estimate("“{name}”", Audience(contacts=(contact.pk,)), gateway)
    assert found.advice is not None
    assert (found.advice.now.parts, found.advice.then.parts) == (2, 1)
    assert found.plain_cost is None


def test_no_syllable_is_torn_where_a_part_ends() -> None:
    text = "नेपालका अभिभावकहरूलाई विद्यालय " * 12
    parts = ["".join(piece.text for piece in part) for part in on_the_phone(text)]
    assert "".join(parts) == text
    assert len(parts) > 3
    for part in parts[1:]:
        assert unicodedata.category(part[0]) not in ("Mn", "Mc"), part
    assert not any(part.endswith("\u094d") for part in parts[:-1])
