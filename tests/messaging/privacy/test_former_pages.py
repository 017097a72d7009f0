"""Former numbers on the privacy pages: named, asked about, and never in an address."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from contacts.models import Contact
from contacts.services import forgotten
from messaging.models import Gateway, Recipient
from messaging.services.audience.choice import Audience
from tests.conftest import Browser
from tests.factories import ContactFactory
from tests.messaging.privacy.people import NAME, OTHER, SITA, written_down
from tests.pages import words
from tests.sending import hand_over, send_all

pytestmark = pytest.mark.django_db

NEW = "9861000001"
PERSON, FORGET = reverse("messaging:person"), reverse("messaging:forget")
SIGNED = {"mobile": NEW, "again": NEW, "reason": "Asked", "is_sure": "on"}


@pytest.fixture
def sita(gateway: Gateway) -> Contact:
    """She was sent one message by her contact, and one by her number alone."""
    sita = ContactFactory.create(name=NAME, mobile=SITA)
    hand_over(gateway, Audience(contacts=(sita.pk,)), text="Dear {name}, come at 7.")
    typed = hand_over(gateway, [SITA], text="Typed by hand.")
    Recipient.objects.filter(campaign=typed).update(contact=None, name="")
    send_all(gateway)
    sita.mobile = NEW
    sita.save()
    return sita


def test_the_page_names_them_and_asks(manager: Browser, sita: Contact) -> None:
    ContactFactory.create(name="Ram Unlike", mobile=SITA)

    said = words(manager.post(PERSON, {"mobile": NEW}))

    assert "984-1234567 1 message to this contact. 1 message without a contact." in said
    assert "Ram Unlike has this number now and keeps it" in said
    assert f"Dear {NAME}, come at 7." in said
    assert "Typed by hand." not in said
    assert "Former number 984-1234567: only messages to this contact are removed." in said


def test_what_is_ticked_is_shown_downloaded_and_anonymised(manager: Browser, sita: Contact) -> None:
    page = manager.post(PERSON, {"mobile": NEW, "former": [SITA]})
    file = manager.post(
        reverse("messaging:person_file", args=["json"]), {"mobile": NEW, "former": [SITA]}
    )

    assert "Typed by hand." in words(page)
    assert "Former number 984-1234567: removed everywhere, and never sent" in words(page)
    assert page.content.decode().count(f'name="former" value="{SITA}"') == 3
    assert "Typed by hand." in file.content.decode()
    by_title = {section["what"]: section for section in json.loads(file.content)}
    assert by_title["Former numbers"]["entries"] == [{"Mobile number": "984-1234567"}]

    manager.post(FORGET, SIGNED | {"former": [SITA]})

    assert written_down("sessions.Session") == {}
    assert forgotten.among([SITA, NEW]) == {SITA, NEW}


def test_a_mistake_in_the_signature_loses_no_tick(manager: Browser, sita: Contact) -> None:
    page = manager.post(FORGET, SIGNED | {"former": [SITA], "again": OTHER})

    assert "This is a different number." in words(page)
    assert "Former number 984-1234567: removed everywhere" in words(page)
    assert page.content.decode().count(f'name="former" value="{SITA}"') == 3


def test_without_a_tick_what_was_typed_stays(manager: Browser, sita: Contact) -> None:
    manager.post(FORGET, SIGNED)

    assert list(Recipient.objects.exclude(mobile__startswith="#").values_list("mobile")) == [
        (SITA,)
    ]
    assert not Contact.objects.exists()


def test_a_number_that_only_the_record_has_is_asked_for(manager: Browser) -> None:
    """The record keeps seven of its digits."""
    sita = ContactFactory.create(name=NAME, mobile=SITA)
    sita.mobile = NEW
    sita.save()

    said = words(manager.post(PERSON, {"mobile": NEW}))
    assert "The record also has 984•••4567 for this person" in said
    assert "984-1234567" not in said

    said = words(manager.post(PERSON, {"mobile": NEW, "other": "९८४-१२३४५६७"}))
    assert "The record also has" not in said
    assert "Former number 984-1234567: removed everywhere" in said


def test_a_wrong_number_is_explained(manager: Browser, sita: Contact) -> None:
    said = words(manager.post(PERSON, {"mobile": NEW, "former": [SITA], "other": "98412"}))

    assert "This number is too short" in said
    assert "Typed by hand." in said


def test_whoever_looks_for_a_former_number_is_led_to_the_contact(
    manager: Browser, sita: Contact
) -> None:
    said = words(manager.post(PERSON, {"mobile": SITA}))

    assert f"Show what is kept about {NAME}" in said
    assert "come at 7" not in said
    assert "Typed by hand." in said


def test_nobody_who_sees_masked_numbers_comes_in(sender: Browser, sita: Contact) -> None:
    sender.user.user_permissions.add(Permission.objects.get(codename="forget_person"))
    for role in sender.user.groups.all():
        role.permissions.remove(Permission.objects.get(codename="view_number"))

    for address in (PERSON, FORGET):
        answer = sender.post(address, SIGNED | {"former": [SITA]})
        assert answer.status_code == 403
        assert "984-1234567" not in words(answer)
    assert Contact.objects.exists()


class TestCommand:
    def run(self, *args: str) -> str:
        out = StringIO()
        call_command("forget", *args, stdout=out)
        return out.getvalue()

    def test_names_them(self, sita: Contact) -> None:
        said = self.run(NEW, "--show")
        assert "984-1234567 is a former number. Messages to it without a contact: 1." in said
        assert "add --former 984-1234567" in said
        assert "is a former number" not in self.run(NEW, "--show", "--former", "984-1234567")

    def test_forgets_them_too(self, sita: Contact, tmp_path: Path) -> None:
        file = tmp_path / "her.json"
        self.run(NEW, "--former", SITA, "--file", str(file))
        assert "Typed by hand." in file.read_text()

        self.run(NEW, "--former", SITA, "--yes", "--reason", "asked")

        assert written_down() == {}
