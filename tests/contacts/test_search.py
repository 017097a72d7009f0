"""A search finds people by any part of a name, and numbers by how they begin."""

import pytest

from contacts.models import Contact, OptOut
from contacts.services.search import find_contacts, find_opt_outs, number_prefix, with_opt_outs
from tests.factories import ContactFactory, OptOutFactory


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("9841234567", "9841234567"),
        ("984", "984"),
        ("984-12", "98412"),
        ("+977 984-1234567", "9841234567"),
        ("00977984", "984"),
        ("977984", "984"),
        ("0984", "984"),
        ("९८४ १२", "98412"),
        ("+977", ""),
        ("9841000", "9841000"),
        ("98410009779", "98410009779"),
        ("\u202a+977-984\u202c", "984"),
        ("Sita", None),
        ("Class 9", None),
        ("984x", None),
        ("", None),
        ("-", None),
        ("+", None),
    ],
)
def test_the_beginning_of_a_number_is_read_in_any_spelling(text: str, prefix: str | None) -> None:
    assert number_prefix(text) == prefix


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["sita", "RAI", "ita r", "9841111111", "984111", "0984-111", "+977 9841111111", "९८४१"]
)
def test_a_person_is_found_by_name_or_number(text: str) -> None:
    sita = ContactFactory.create(name="Sita Rai", mobile="9841111111")
    ContactFactory.create(name="Hari Lama", mobile="9851111111")
    assert list(find_contacts(Contact.objects.all(), text)) == [sita]


@pytest.mark.django_db
def test_a_name_in_nepali_is_found_by_any_part() -> None:
    sita = ContactFactory.create(name="श्रीमती सीता राई")
    ContactFactory.create(name="हरि लामा")
    assert list(find_contacts(Contact.objects.all(), "सीता")) == [sita]


@pytest.mark.django_db
def test_a_short_name_does_not_sound_like_one_letter_many_times() -> None:
    jha = ContactFactory.create(name="Ram Jha")
    assert list(find_contacts(Contact.objects.all(), "झा")) == [jha]
    assert not find_contacts(Contact.objects.all(), "zzzzzz").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["9999", "+91 98", "98411111111", "100%", "_"])
def test_a_search_that_fits_nobody_finds_nobody(text: str) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841111111")
    assert not find_contacts(Contact.objects.all(), text).exists()


@pytest.mark.django_db
def test_an_opt_out_is_found_by_number_and_reason() -> None:
    asked = OptOutFactory.create(mobile="9841111111", reason="Asked by phone")
    OptOutFactory.create(mobile="9851111111", reason="Left school")
    assert list(find_opt_outs(OptOut.objects.all(), "0984")) == [asked]
    assert list(find_opt_outs(OptOut.objects.all(), "phone")) == [asked]


@pytest.mark.django_db
def test_contacts_say_whether_their_number_opted_out() -> None:
    OptOutFactory.create(mobile="9841111111")
    ContactFactory.create(name="A", mobile="9841111111")
    ContactFactory.create(name="B", mobile="9851111111")
    found = with_opt_outs(Contact.objects.order_by("name"))
    assert [contact.opted_out for contact in found] == [True, False]  # type: ignore[attr-defined]
