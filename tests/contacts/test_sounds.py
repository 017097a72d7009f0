"""Names are found in whichever script they were written."""

import csv
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Contact
from contacts.names import clean_name
from contacts.services.search import find_contacts
from contacts.sounds import sound, sounds
from tests.factories import ContactFactory

NAMES: Final = [
    tuple(row)
    for row in csv.reader(Path(__file__).with_name("names.csv").read_text("utf-8").splitlines())
]
# Written with a letter more in one script than in the other.
_APART: Final = {"Luitel", "Ayer"}


def test_a_name_sounds_alike_in_both_scripts() -> None:
    assert len(NAMES) > 500
    assert {latin for latin, nepali in NAMES if sound(latin) != sound(nepali)} == _APART


def test_few_names_sound_like_another() -> None:
    """A search that finds half of the school finds nobody."""
    nepali = {nepali for _latin, nepali in NAMES}
    heard = {sound(name) for name in nepali}
    assert len(heard) / len(nepali) > 0.93


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("Sita", " sit "),
        ("सीता", " sit "),
        ("Ram Bahadur K.C.", " rm bhdur kesi "),
        ("राम बहादुर के.सी.", " rm bhdur kesi "),
        ("Maya", " mi "),
        ("Aa", ""),
        ("...", ""),
        ("Class 9", " kls 9 "),
        ("कक्षा ९", " ks 9 "),
        ("Zoë", " joë "),
    ],
)
def test_what_is_heard(name: str, heard: str) -> None:
    assert sound(name) == heard


@given(st.lists(st.text(max_size=40).map(clean_name)))
def test_many_names_sound_as_each_does(names: list[str]) -> None:
    assert sounds(names) == [sound(name) for name in names]


def found(text: str) -> set[str]:
    return set(find_contacts(Contact.objects.all(), text).values_list("name", flat=True))


@pytest.fixture
def people(db: None) -> None:
    for name in (
        "Sita Rai",
        "सीता राई",
        "Hari Thapa",
        "हरि थापा",
        "Maya Lama",
        "Mina Rai",
        "Seeta KC",
    ):
        ContactFactory.create(name=name)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Sita", {"Sita Rai", "सीता राई", "Seeta KC"}),
        ("सीता", {"Sita Rai", "सीता राई", "Seeta KC"}),
        ("sit", {"Sita Rai", "सीता राई", "Seeta KC"}),
        ("hari thapa", {"Hari Thapa", "हरि थापा"}),
        ("हरि थापा", {"Hari Thapa", "हरि थापा"}),
        ("Thapa Hari", {"Hari Thapa", "हरि थापा"}),
        ("Maya", {"Maya Lama"}),
        ("aya", {"Maya Lama"}),
        ("के.सी.", {"Seeta KC"}),
        ("zzzz", set()),
    ],
)
def test_a_search_finds_both_scripts(typed: str, names: set[str]) -> None:
    assert found(typed) == names
