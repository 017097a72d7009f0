"""Someone whose number was changed: what was sent to her before is found and goes with her, and
whoever has her former number now keeps it.
"""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, ForgottenNumber, OptOut
from contacts.services import forgotten
from messaging.models import (
    Batch,
    Campaign,
    Erasure,
    Event,
    EventKind,
    Gateway,
    LeftOut,
    LeftOutReason,
    Recipient,
    RecipientState,
    SentMessage,
)
from messaging.services.audience.choice import Audience
from messaging.services.privacy import dossier, erasing, recipients, remembered
from messaging.services.privacy.erasing import NotNow, begin, begin_again, go_on_with
from messaging.services.privacy.traces import traces_of
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from tests.factories import ContactFactory
from tests.messaging.privacy.people import NAME, OTHER, SITA, written_down
from tests.sending import claim_batch, hand_over, send_all, states

pytestmark = pytest.mark.django_db

NEW = "9861000001"  # Sita's number now; SITA is the one that she had


def moved(*texts: str, gateway: Gateway) -> Contact:
    """Sita, who was sent letters at a number that she has no more."""
    sita = ContactFactory.create(name=NAME, mobile=SITA)
    for text in texts or ("Dear {name}, come at 7.",):
        hand_over(gateway, Audience(contacts=(sita.pk,)), text=text)
    send_all(gateway)
    sita.mobile = NEW
    sita.save()
    return sita


def forget(*formers: str, mobile: str = NEW, people: list[int] | None = None) -> Erasure:
    erasure = begin(mobile, people=people, formers=formers, by=None, reason="asked")
    assert go_on_with(erasure)
    erasure.refresh_from_db()
    return erasure


def said_of(mobile: str, *formers: str) -> str:
    return str(dossier.to_json(dossier.whole(traces_of(mobile, formers=formers))))


def texts() -> set[str]:
    return set(Batch.objects.values_list("text", flat=True))


def test_what_was_sent_to_her_former_number_is_shown_and_goes(gateway: Gateway) -> None:
    moved(gateway=gateway)

    assert f"Dear {NAME}, come at 7." in said_of(NEW)
    assert "984-1234567" in said_of(NEW)
    forget()

    assert written_down() == {}
    assert texts() == {""}
    assert Recipient.objects.get().mobile.startswith("#")
    assert SentMessage.objects.get().numbers == ["#"]


class TestBrother:
    """Ram, who has Sita's former number now."""

    @pytest.fixture
    def ram(self, gateway: Gateway) -> Contact:
        moved(gateway=gateway)
        ram = ContactFactory.create(name="Ram Unlike", mobile=SITA)
        hand_over(gateway, Audience(contacts=(ram.pk,)), text="Dear {name}, bring books.")
        send_all(gateway)
        return ram

    @pytest.mark.parametrize("formers", [(), (SITA,)])
    def test_he_keeps_his_number_and_his_messages(
        self, gateway: Gateway, ram: Contact, formers: tuple[str, ...]
    ) -> None:
        forget(*formers)

        assert list(Contact.objects.all()) == [ram]
        assert texts() == {"", "Dear Ram Unlike, bring books."}
        assert forgotten.among([SITA, NEW]) == {NEW}
        assert Recipient.objects.get(mobile=SITA).contact == ram
        assert remembered.again() == 0
        assert states(hand_over(gateway, [SITA, NEW])) == {SITA: "queued"}

    def test_hers_are_not_shown_as_his(self, ram: Contact) -> None:
        assert "come at 7" not in said_of(SITA)
        assert "bring books" in said_of(SITA)
        assert "bring books" not in said_of(NEW, SITA)

    def test_when_he_is_forgotten_hers_stay_without_his_number(self, ram: Contact) -> None:
        forget(mobile=SITA)

        assert NAME in str(list(Recipient.objects.values_list("name", flat=True)))
        assert texts() == {f"Dear {NAME}, come at 7.", ""}
        assert not Recipient.objects.filter(mobile=SITA).exists()
        assert "come at 7" in said_of(NEW)
        assert Contact.objects.get().name == NAME

    def test_numbers_that_someone_typed_are_hers_only_if_someone_says_so(
        self, gateway: Gateway, ram: Contact
    ) -> None:
        typed = hand_over(gateway, [SITA], text="Which of them?")
        Recipient.objects.filter(campaign=typed).update(contact=None, name="")
        send_all(gateway)

        assert "Which of them?" not in said_of(NEW)
        assert "Which of them?" in said_of(NEW, SITA)
        forget()
        assert "Which of them?" in texts()

    def test_and_then_they_go_and_his_stay(self, gateway: Gateway, ram: Contact) -> None:
        typed = hand_over(gateway, [SITA], text="Which of them?")
        Recipient.objects.filter(campaign=typed).update(contact=None, name="")
        send_all(gateway)

        forget(SITA)

        assert texts() == {"", "Dear Ram Unlike, bring books."}
        assert Campaign.objects.get(pk=typed.pk).text == ""
        assert list(Contact.objects.all()) == [ram]

    def test_a_sentence_about_his_number_stays_and_one_with_her_name_goes(
        self, gateway: Gateway, ram: Contact
    ) -> None:
        campaign = Campaign.objects.earliest("id")
        for entry in (f"{NAME} {SITA}", f"Ram Unlike {SITA}"):
            LeftOut.objects.create(
                campaign=campaign, entry=entry, reason=LeftOutReason.DUPLICATE, words="twice"
            )
        Event.objects.create(campaign=campaign, kind=EventKind.PAUSED, words=f"Ask {SITA}")
        OptOut.objects.create(mobile=SITA, reason="wants none")

        forget(SITA)

        assert set(LeftOut.objects.values_list("entry", flat=True)) == {"", f"Ram Unlike {SITA}"}
        assert Event.objects.filter(words=f"Ask {SITA}").exists()
        assert OptOut.objects.filter(mobile=SITA).exists()

    def test_what_waits_for_a_number_that_he_has_too_must_end_first(
        self, gateway: Gateway, ram: Contact
    ) -> None:
        campaign = hand_over(gateway, Audience(contacts=(ram.pk,)))
        sita = Contact.objects.get(mobile=NEW)
        Recipient.objects.filter(campaign=campaign).update(contact=sita)

        with pytest.raises(NotNow, match="a number that others share"):
            begin(NEW, by=None, reason="")


def test_a_former_number_that_was_hers_alone_is_forgotten_with_her(gateway: Gateway) -> None:
    moved(gateway=gateway)
    typed = hand_over(gateway, [SITA], text="Only you.")
    send_all(gateway)
    Event.objects.create(campaign=typed, kind=EventKind.PAUSED, words=f"Ask {SITA}")
    OptOut.objects.create(mobile=SITA)

    erasure = forget(SITA)

    assert written_down() == {}
    assert forgotten.among([SITA, NEW]) == {SITA, NEW}
    assert (erasure.counts["messages"], erasure.counts["own_opt_out"]) == (2, 1)
    assert Entry.objects.get(deed=Deed.FORGOTTEN).additional_data["former_numbers"] == 1


def test_a_number_that_only_she_remembers_can_be_named(gateway: Gateway) -> None:
    ContactFactory.create(name=NAME, mobile=NEW)
    hand_over(gateway, [SITA], text="Only you.")
    send_all(gateway)

    assert "Only you." in said_of(NEW, SITA)
    forget(SITA)

    assert written_down() == {}


def test_one_of_a_family_goes_with_her_former_number(gateway: Gateway) -> None:
    sita = moved(gateway=gateway)
    hari = ContactFactory.create(name="Hari", mobile=NEW)

    forget(SITA, people=[sita.pk])

    assert written_down() == {}
    assert list(Contact.objects.all()) == [hari]
    assert forgotten.among([SITA, NEW]) == {SITA}


class TestUnderWay:
    def test_a_message_to_a_former_number_must_end_first(self, gateway: Gateway) -> None:
        sita = ContactFactory.create(name=NAME, mobile=SITA)
        campaign = hand_over(gateway, Audience(contacts=(sita.pk,)))
        Contact.objects.filter(pk=sita.pk).update(mobile=NEW)
        assert claim_batch(campaign.pk)

        with pytest.raises(NotNow, match="being sent now"):
            begin(NEW, by=None, reason="")

    def test_one_that_waits_is_taken_out(self, gateway: Gateway) -> None:
        sita = ContactFactory.create(name=NAME, mobile=SITA)
        campaign = hand_over(gateway, Audience(contacts=(sita.pk,), numbers=OTHER))
        Contact.objects.filter(pk=sita.pk).update(mobile=NEW)

        forget()
        send_all(gateway)

        campaign.refresh_from_db()
        assert (campaign.accepted, campaign.opted_out, campaign.pending) == (1, 1, 0)
        assert written_down() == {}

    def test_her_contact_stays_until_its_last_message_can_be_found_without_it(
        self, gateway: Gateway
    ) -> None:
        moved(gateway=gateway)
        Recipient.objects.update(state=RecipientState.UNCONFIRMED)
        erasure = begin_again(NEW)

        assert not go_on_with(erasure)
        assert Contact.objects.exists()

        Recipient.objects.update(state=RecipientState.ACCEPTED)
        [erasure] = erasing.waiting()
        assert go_on_with(erasure)
        assert written_down() == {}
        assert not Contact.objects.exists()

    def test_whoever_says_something_else_of_a_former_number_waits(self, gateway: Gateway) -> None:
        moved(gateway=gateway)
        begin(NEW, by=None, reason="")

        with pytest.raises(NotNow, match="Try again when that is finished"):
            begin(NEW, formers=[SITA], by=None, reason="")


class TestBackup:
    """A database as it was before she was forgotten is put back."""

    def put_back(self, sita: Contact, mobile: str) -> None:
        ForgottenNumber.objects.all().delete()
        Erasure.objects.all().delete()
        row = Contact.objects.create(pk=sita.pk, name=NAME, mobile=mobile)
        Contact.objects.filter(pk=row.pk).update(created_at=sita.created_at)

    def look_again(self) -> int:
        people = remembered.compare()
        for erasure in erasing.waiting():
            assert go_on_with(erasure)
        return people

    def test_she_is_forgotten_again_with_what_was_sent_before(self, gateway: Gateway) -> None:
        sita = moved(gateway=gateway)
        forget()
        remembered.compare()
        self.put_back(sita, NEW)
        Recipient.objects.update(contact=sita.pk, mobile=SITA, name=NAME)

        assert self.look_again() == 1

        assert written_down() == {}

    def test_at_a_number_that_is_her_brothers_only_she_is_forgotten(self, gateway: Gateway) -> None:
        """From before her number was changed: neither number says that she was forgotten."""
        sita = moved(gateway=gateway)
        ram = ContactFactory.create(name="Ram", mobile=SITA)
        forget()
        remembered.compare()
        self.put_back(sita, SITA)
        Recipient.objects.update(contact=sita.pk, mobile=SITA, name=NAME)

        assert self.look_again() == 1

        assert list(Contact.objects.all()) == [ram]
        assert NAME not in str(written_down())
        assert forgotten.among([SITA, NEW]) == {NEW}
        assert remembered.again() == 0

    def test_what_someone_said_of_a_shared_number_is_remembered(self, gateway: Gateway) -> None:
        sita = moved(gateway=gateway)
        ram = ContactFactory.create(name="Ram", mobile=SITA)
        forget(SITA)
        remembered.compare()
        self.put_back(sita, NEW)
        Recipient.objects.update(contact=sita.pk, mobile=SITA, name=NAME)
        typed = hand_over(gateway, [SITA], text="Which of them?")
        Recipient.objects.filter(campaign=typed).update(contact=None, name="")
        send_all(gateway)

        assert self.look_again() == 1

        assert texts() == {""}
        assert list(Contact.objects.all()) == [ram]
        assert forgotten.among([SITA, NEW]) == {NEW}

    def test_someone_new_with_her_key_is_somebody_else(self, gateway: Gateway) -> None:
        sita = moved(gateway=gateway)
        forget()
        remembered.compare()
        self.put_back(sita, SITA)
        Contact.objects.update(created_at=sita.updated_at)

        assert self.look_again() == 0
        assert Contact.objects.exists()


def copies_of(row: Any, changes: list[dict[str, Any]]) -> list[Any]:
    model = type(row)
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(row, name) for name in columns}
    return QuerySet(model).bulk_create(model(**same | change) for change in changes)


def test_many_messages_go_in_bounded_pieces(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand at a former number: no step takes more than a hundred, and a page shows five."""
    moved(gateway=gateway)
    campaigns = copies_of(Campaign.objects.get(), [{"form_uuid": uuid4()} for _ in range(9_999)])
    batches = copies_of(Batch.objects.get(), [{"campaign": one} for one in campaigns])
    of_each = [{"campaign": batch.campaign, "batch": batch} for batch in batches]
    copies_of(Recipient.objects.get(), of_each)
    traces = traces_of(NEW)
    with CaptureQueriesContext(connection) as asked:
        [messages] = [one for one in dossier.overview(traces) if one.title == "Messages"]
    assert (messages.count, len(messages.rows)) == (10_000, 5)
    assert len(asked) < 60

    erasure = begin(NEW, by=None, reason="")
    steps: list[int] = []
    remove_some = recipients.remove_some

    def noted(*args: Any) -> recipients.Removed:
        done = remove_some(*args)
        steps.append(done.messages)
        return done

    monkeypatch.setattr(recipients, "remove_some", noted)
    assert not go_on_with(erasure, go_on=lambda: len(steps) < 3)
    assert steps == [100, 100, 100]
    assert Recipient.objects.filter(mobile=SITA).count() == 9_700
