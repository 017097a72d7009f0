"""Forgotten numbers come in nowhere: not by a form, not with a file, in no spelling."""

from pathlib import Path

import pytest
from pytest_django import Settings

from contacts.forms.people import ContactForm, OptOutForm
from contacts.importing import jobs
from contacts.importing.chosen import options_of
from contacts.importing.meanings import guess_choice
from contacts.models import Contact, ForgottenNumber, OptOut, RejectedRow
from contacts.services import forgotten
from sociair_portal.common.fingerprints import fingerprint_of, key_mark
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db

SITA, HARI = "9841234567", "9851111111"


@pytest.fixture(autouse=True)
def sita_is_forgotten() -> None:
    forgotten.forget(SITA)


def load(tmp_path: Path, text: str, *, opt_out: bool = False) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text)
    source = jobs.take_in(file, name="people.csv", by=None)
    choice = guess_choice(source)
    choice.opt_out = opt_out
    assert jobs.start(source, options_of(source, choice))
    assert jobs.run(go_on=lambda: True)


def test_a_fingerprint_needs_the_key_and_says_nothing_of_the_number(settings: Settings) -> None:
    kept = ForgottenNumber.objects.get()
    assert kept.fingerprint == fingerprint_of(SITA)
    assert SITA not in kept.fingerprint

    settings.FINGERPRINT_KEY = "another"

    with pytest.raises(forgotten.AnotherKey):
        forgotten.among([SITA])
    assert kept.key_mark != key_mark()


def test_nobody_is_forgotten_without_a_key(settings: Settings) -> None:
    settings.FINGERPRINT_KEY = ""
    with pytest.raises(forgotten.NoKey, match="has no key to recognise them by"):
        forgotten.forget(HARI)


def test_those_among_many_are_found_however_many_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgotten.forget(HARI)
    monkeypatch.setattr(forgotten, "_READ_AT_ONCE", 1)

    assert forgotten.among([HARI, "9800000001"]) == {HARI}


@pytest.mark.parametrize("written", ["9841234567", "+977 984-1234567", "९८४१२३४५६७"])
def test_a_form_takes_no_forgotten_number(written: str) -> None:
    contact = ContactForm({"name": "Sita", "mobile": written})
    assert not contact.is_valid()
    assert "was anonymised" in str(contact.errors["mobile"])

    opt_out = OptOutForm({"mobile": written})
    assert not opt_out.is_valid()
    assert "already sends no messages to this number" in str(opt_out.errors["mobile"])


def test_an_import_leaves_the_person_out_and_keeps_nothing_of_the_row(tmp_path: Path) -> None:
    load(tmp_path, f"Name,Mobile\nSita,+977-{SITA}\nHari,{HARI}\n")

    assert [one.mobile for one in Contact.objects.all()] == [HARI]
    row = RejectedRow.objects.get()
    assert (row.line, row.entry, row.cells) == (2, "984•••4567", ["", ""])
    assert "was anonymised" in row.reason


def test_an_import_of_opt_outs_does_not_write_the_number_down(tmp_path: Path) -> None:
    ContactFactory.create(mobile=HARI)
    load(tmp_path, f"Name,Mobile\nSita,{SITA}\nHari,{HARI}\n", opt_out=True)

    assert [one.mobile for one in OptOut.objects.all()] == [HARI]
    assert not RejectedRow.objects.exists()
