"""The privacy pages: for managers alone, and no number ever stands in an address."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django import Settings

from contacts.models import Contact, ForgottenNumber
from messaging.models import Erasure, Gateway
from messaging.services.privacy import erasing
from sociair_portal import checks
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from tests.conftest import Browser
from tests.factories import ContactFactory, OptOutFactory
from tests.messaging.privacy.people import NAME, OTHER, SITA, plant, written_down
from tests.pages import words
from tests.sending import claim_batch, hand_over, send_all

pytestmark = pytest.mark.django_db

PERSON, FORGET = reverse("messaging:person"), reverse("messaging:forget")
SIGNED = {"mobile": SITA, "again": "+977 984-1234567", "reason": "Asked", "is_sure": "on"}


def test_a_manager_sees_everything_in_whatever_spelling(manager: Browser, gateway: Gateway) -> None:
    plant(gateway, manager.user)

    said = words(manager.post(PERSON, {"mobile": "९८४-१२३४५६७"}))

    assert "What is kept about 984-1234567" in said
    assert NAME in said
    assert f"Dear {NAME}, come at 7." in said
    for title in ("Messages 3", "Rows left out of imports 5", "Opt-out (wants no messages)"):
        assert title in said
    assert Entry.objects.filter(deed=Deed.LOOKED_AT, object_repr="").exists()


def test_a_contacts_page_leads_there_without_the_number_in_an_address(manager: Browser) -> None:
    contact = ContactFactory.create(mobile=SITA)
    page = manager.get(contact.get_absolute_url()).content.decode()

    assert f'action="{PERSON}"' in page
    assert "What is kept about this person" in page


def test_a_person_is_anonymised_after_asking_twice(manager: Browser, gateway: Gateway) -> None:
    plant(gateway, manager.user)

    response = manager.post(FORGET, SIGNED, follow=True)

    assert response.redirect_chain == [(reverse("messaging:privacy"), 302)]
    said = words(response)
    assert "The person has been anonymised." in said
    assert ForgottenNumber.objects.get().fingerprint[:8] in said
    assert written_down("sessions.Session") == {}
    assert Entry.objects.get(deed=Deed.FORGOTTEN).actor == manager.user


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"again": OTHER}, "This is a different number."),
        ({"again": ""}, "Type the number again."),
        ({"reason": ""}, "Write the reason."),
        ({"is_sure": ""}, "Tick the box if you are sure."),
    ],
)
def test_nothing_happens_without_a_whole_signature(
    manager: Browser, change: dict[str, str], why: str
) -> None:
    contact = ContactFactory.create(mobile=SITA)

    said = words(manager.post(FORGET, SIGNED | change))

    assert why in said
    assert said.count("There is a problem") == 1
    assert list(Contact.objects.all()) == [contact]
    assert not Erasure.objects.exists()


def test_one_of_a_family_must_be_chosen(manager: Browser, gateway: Gateway) -> None:
    sita, ram = (ContactFactory.create(name=name, mobile=SITA) for name in (NAME, "Ram Unlike"))

    assert "Choose at least one person." in words(manager.post(FORGET, SIGNED))
    manager.post(FORGET, SIGNED | {"people": [str(sita.pk)]})

    assert list(Contact.objects.all()) == [ram]
    assert not ForgottenNumber.objects.exists()


def test_a_message_that_is_being_sent_is_named(manager: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, [SITA])
    claim_batch(campaign.pk)

    said = words(manager.post(FORGET, SIGNED))

    assert "A message to this number is being sent now." in said
    assert not ForgottenNumber.objects.exists()


def test_what_takes_long_is_left_to_the_worker(
    manager: Browser, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "go_on_with", lambda *_args, **_more: False)

    said = words(manager.post(FORGET, SIGNED, follow=True))

    assert "The person is being anonymised." in said
    assert "Under way" in said


def test_the_file_has_the_texts_and_no_other_people(manager: Browser, gateway: Gateway) -> None:
    plant(gateway, manager.user)

    page = manager.post(reverse("messaging:person_file", args=["html"]), {"mobile": SITA})
    raw = manager.post(reverse("messaging:person_file", args=["json"]), {"mobile": SITA})

    content = page.content.decode()
    assert f"Dear {NAME}, come at 7." in content
    assert "attachment" in page["Content-Disposition"]
    assert SITA not in page["Content-Disposition"]
    for hidden in (OTHER, "985-1111111", manager.user.username):
        assert hidden not in content
        assert hidden not in raw.content.decode()
    by_title = {section["what"]: section for section in json.loads(raw.content)}
    assert by_title["Contacts"]["entries"][0]["Name"] == NAME
    assert len(by_title["Messages"]["entries"]) == 3
    assert Entry.objects.filter(deed=Deed.HANDED_OUT).count() == 2


def test_a_number_can_be_sent_messages_again_if_its_owner_asks(manager: Browser) -> None:
    manager.post(FORGET, SIGNED)
    assert "This number is never sent messages." in words(manager.post(PERSON, {"mobile": SITA}))

    response = manager.post(reverse("messaging:let_back"), {"mobile": SITA}, follow=True)

    assert "984•••4567 can be sent messages again." in words(response)
    assert Entry.objects.filter(deed=Deed.LET_BACK).exists()
    assert "This number is never sent messages." not in words(
        manager.post(PERSON, {"mobile": SITA})
    )


def test_a_wrong_number_is_explained_beside_the_field(manager: Browser) -> None:
    assert "This number is too short" in words(manager.post(PERSON, {"mobile": "98412"}))
    assert manager.post(FORGET, {"mobile": "98412"}).status_code == 302


@pytest.mark.parametrize("name", ["privacy", "kept"])
def test_a_sender_sees_none_of_it(sender: Browser, name: str) -> None:
    assert sender.get(reverse(f"messaging:{name}")).status_code == 403
    assert "Privacy" not in words(sender.get(reverse("messaging:dashboard")))


@pytest.mark.parametrize("name", ["person", "forget", "let_back"])
def test_a_sender_does_none_of_it(sender: Browser, name: str) -> None:
    ContactFactory.create(mobile=SITA)
    assert sender.post(reverse(f"messaging:{name}"), SIGNED).status_code == 403
    assert Contact.objects.exists()
    assert not ForgottenNumber.objects.exists()


def test_the_page_of_retention_says_each_rule_in_words(
    manager: Browser, settings: Settings
) -> None:
    settings.KEEP_TEXTS_MONTHS = 24

    said = words(manager.get(reverse("messaging:kept")))

    assert "24 months 0" in said
    assert "For ever Nothing" in said
    assert "Files that were never imported 1 day" in said


class TestCommand:
    def run(self, *args: str) -> str:
        out = StringIO()
        call_command("forget", *args, stdout=out)
        return out.getvalue()

    def test_shows_and_changes_nothing(self, gateway: Gateway) -> None:
        ContactFactory.create(name=NAME, mobile=SITA)
        OptOutFactory.create(mobile=SITA)

        said = self.run("९८४१२३४५६७", "--show")

        assert NAME in said
        assert "Opt-out (wants no messages): 1" in said
        assert Contact.objects.exists()

    def test_forgets(self, gateway: Gateway) -> None:
        ContactFactory.create(name=NAME, mobile=SITA)
        assert "was anonymised" in self.run(SITA, "--yes", "--reason", "asked")
        assert written_down() == {}

    def test_asks_for_the_number_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("builtins.input", lambda _said: OTHER)
        with pytest.raises(CommandError, match="a different number"):
            self.run(SITA)
        assert not ForgottenNumber.objects.exists()

    def test_writes_the_file_for_the_person(self, gateway: Gateway, tmp_path: Path) -> None:
        hand_over(gateway, [SITA])
        send_all(gateway)

        self.run(SITA, "--file", str(tmp_path / "her.html"))

        assert "School is closed tomorrow." in (tmp_path / "her.html").read_text()
        assert (tmp_path / "her.html").stat().st_mode & 0o777 == 0o600

    def test_forgets_again_who_came_back(self, gateway: Gateway) -> None:
        self.run(SITA, "--yes", "--reason", "asked")
        ContactFactory.create(name=NAME, mobile=SITA)

        assert "Anonymised again: 1" in self.run("--again")

        assert written_down() == {}

    def test_a_worker_with_another_key_does_not_start(
        self, gateway: Gateway, settings: Settings
    ) -> None:
        self.run(SITA, "--yes", "--reason", "asked")
        settings.FINGERPRINT_KEY = "another"
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("worker", stderr=said)
        assert "FINGERPRINT_KEY is not the key that" in said.getvalue()

    def test_goes_on_when_the_key_is_lost_for_good(
        self, gateway: Gateway, settings: Settings
    ) -> None:
        self.run(SITA, "--yes", "--reason", "asked")
        settings.FINGERPRINT_KEY = "another"
        assert checks.check_fingerprints(databases=["default"])

        assert "could be sent messages again: 1" in self.run("--lost-key", "--yes")

        assert not checks.check_fingerprints(databases=["default"])
        assert Entry.objects.get(deed=Deed.LET_BACK).additional_data == {"lost_with_the_key": 1}
