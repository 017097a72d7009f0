"""Making a person anonymised: nothing of her is left, every sum stays, and she is never texted."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from contacts.models import Contact, ForgottenNumber, OptOut
from contacts.services import forgotten
from messaging.models import (
    Batch,
    Campaign,
    CampaignState,
    Erasure,
    Event,
    EventKind,
    Gateway,
    MessageTemplate,
    Profile,
    Recipient,
    RecipientState,
    RecipientTable,
    SentMessage,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.campaigns.follow_ups import not_reached
from messaging.services.privacy import erasing, recipients
from messaging.services.privacy.columns import COLUMNS
from messaging.services.privacy.erasing import NotNow, begin, begin_again, go_on_with
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from sociair_portal.audit.words import details
from tests.factories import ContactFactory, UserFactory
from tests.messaging.privacy.people import NAME, OTHER, SITA, plant, written_down
from tests.sending import claim_batch, hand_over, send_all, states

pytestmark = pytest.mark.django_db


def forget(mobile: str = SITA) -> Erasure:
    erasure = begin(mobile, by=None, reason="She asked in writing.")
    assert go_on_with(erasure)
    erasure.refresh_from_db()
    return erasure


def test_nothing_of_her_is_left_anywhere(gateway: Gateway) -> None:
    user = UserFactory.create()
    plant(gateway, user)
    assert len(written_down()) > 15

    erasure = forget()

    assert written_down() == {}
    assert erasure.finished_at
    assert erasure.counts["messages"] == 3


def test_money_counters_and_other_people_stay_as_they_were(gateway: Gateway) -> None:
    letter = plant(gateway, UserFactory.create())
    columns = ("total", "accepted", "opted_out", "cost", "state")
    before = list(Campaign.objects.order_by("id").values(*columns))
    batches = list(Batch.objects.order_by("id").values("size", "cost", "parts", "state"))
    calls = list(SentMessage.objects.order_by("id").values("cost", "ntc", "ncell", "status"))

    forget()

    assert list(Campaign.objects.order_by("id").values(*columns)) == before
    assert list(Batch.objects.order_by("id").values("size", "cost", "parts", "state")) == batches
    assert (
        list(SentMessage.objects.order_by("id").values("cost", "ntc", "ncell", "status")) == calls
    )
    of_other = Recipient.objects.get(campaign=letter, mobile=OTHER)
    assert (of_other.name, of_other.batch.text) == ("Hari", "Dear Hari, come at 7.")
    hari = Contact.objects.get(mobile=OTHER)
    assert hari.fields == {"count": 3}
    assert RecipientTable.objects.get().rows.get(mobile=OTHER).name == "Hari"
    assert Campaign.objects.get(state=CampaignState.DRAFT).audience["contacts"] == [hari.pk]


def test_every_column_that_can_hold_a_text_has_a_decision() -> None:
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, (*kinds, models.GenericIPAddressField)) and not field.choices
    }

    undecided, gone = found - COLUMNS.keys(), COLUMNS.keys() - found
    assert not undecided, f"say in privacy/columns.py what these are: {sorted(undecided)}"
    assert not gone, f"privacy/columns.py names what is not there: {sorted(gone)}"


def test_the_record_says_who_did_it_and_how_much_and_nothing_of_her(gateway: Gateway) -> None:
    user = UserFactory.create()
    hand_over(gateway, [SITA])
    send_all(gateway)

    ContactFactory.create(name=NAME, mobile=SITA)
    erasure = begin(SITA, by=user, reason=f"{NAME} called from {SITA}")
    go_on_with(erasure)

    entry = Entry.objects.get(deed=Deed.FORGOTTEN)
    fingerprint = ForgottenNumber.objects.get().fingerprint
    assert entry.actor == user
    assert entry.changes_text == "(name removed) called from (number removed)"
    assert entry.additional_data == {
        "mark": fingerprint[:8],
        "number_too": True,
        "messages": 1,
        "letters": 1,
        "texts": 1,
        "texts_of": [f"#{Campaign.objects.get().pk}"],
        "contacts": 1,
        "record": 1,
        "choices": 1,
        "calls": 1,
    }


def test_the_record_says_whose_texts_went(gateway: Gateway) -> None:
    """Who texts one person and then forgets her removes the text: an auditor sees that."""
    eraser, colleague = UserFactory.create(), UserFactory.create()
    own = [hand_over(gateway, [SITA], text=f"Alone {place}.", by=eraser) for place in range(2)]
    others = hand_over(gateway, [SITA], text="From a colleague.", by=colleague)
    hand_over(gateway, [SITA, OTHER], text="School is closed.", by=eraser)
    send_all(gateway)

    go_on_with(begin(SITA, by=eraser, reason="She asked."))

    facts = Entry.objects.get(deed=Deed.FORGOTTEN).additional_data
    assert facts["texts_of"] == [f"#{one.pk}" for one in (*own, others)]
    assert (facts["texts"], facts["own_texts"]) == (3, 2)
    said = details(Entry.objects.get(deed=Deed.FORGOTTEN))
    assert "Messages whose text was removed: 3" in said
    assert "Of these, sent by the person who did this: 2" in said
    assert f"Campaign numbers (at most 100): #{own[0].pk}, #{own[1].pk}, #{others.pk}" in said


def test_the_record_names_no_more_messages_than_someone_reads(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_MOST_NAMED", 2)
    monkeypatch.setattr(recipients, "AT_ONCE", 1)
    for place in range(3):
        hand_over(gateway, [SITA], text=f"Alone {place}.")
    send_all(gateway)
    forget()
    facts = Entry.objects.get(deed=Deed.FORGOTTEN).additional_data
    assert (facts["texts"], len(facts["texts_of"])) == (3, 2)


def test_a_second_run_changes_nothing_and_an_unowned_number_gets_no_messages(
    gateway: Gateway,
) -> None:
    forget()
    erasure = forget()

    assert ForgottenNumber.objects.count() == 1
    assert erasure.counts == {}
    campaign = hand_over(gateway, [SITA, OTHER])
    send_all(gateway)
    assert states(campaign) == {OTHER: "accepted"}
    left_out = campaign.left_out.get()
    assert left_out.entry == "984•••4567"


def test_two_at_once_are_one(gateway: Gateway) -> None:
    first = begin(SITA, by=None, reason="")
    second = begin(SITA, by=None, reason="")

    assert first == second
    assert go_on_with(first)
    assert go_on_with(second)
    assert Entry.objects.filter(deed=Deed.FORGOTTEN).count() == 1


@pytest.mark.parametrize("step", ["recipients", "places", "contacts", "finish"])
def test_whoever_is_killed_in_the_middle_goes_on_where_it_stopped(
    gateway: Gateway, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(gateway, UserFactory.create())
    erasure = begin(SITA, by=None, reason="")

    class Killed(BaseException): ...

    def killed(*_args: object) -> None:
        raise Killed

    names = {
        "recipients": "_some_recipients",
        "places": "_empty_some",
        "contacts": "_remove_contacts",
        "finish": "_finish",
    }
    with monkeypatch.context() as patch:
        patch.setattr(erasing, names[step], killed)
        with pytest.raises(Killed):
            go_on_with(erasure)
    [waiting] = erasing.waiting()
    assert go_on_with(waiting)

    assert written_down() == {}
    waiting.refresh_from_db()
    assert waiting.counts["messages"] == 3


class TestUnderWay:
    def test_what_is_queued_is_taken_out(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [SITA, OTHER])
        forget()
        send_all(gateway)

        campaign.refresh_from_db()
        assert (campaign.accepted, campaign.opted_out, campaign.pending) == (1, 1, 0)
        assert written_down() == {}

    def test_one_that_is_being_sent_must_end_first(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [SITA])
        assert claim_batch(campaign.pk)

        with pytest.raises(NotNow, match="being sent now"):
            begin(SITA, by=None, reason="")

        assert not ForgottenNumber.objects.exists()

    def test_one_that_is_claimed_in_the_same_moment_is_waited_for(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [SITA])
        erasure = begin(SITA, by=None, reason="")
        # The claim has looked for opt-outs before the fingerprint was there.
        Batch.objects.filter(campaign=campaign).update(state="sending")
        Recipient.objects.filter(campaign=campaign).update(state="sending")

        assert not go_on_with(erasure)
        assert Recipient.objects.get().mobile == SITA

        Batch.objects.filter(campaign=campaign).update(state="accepted")
        Recipient.objects.filter(campaign=campaign).update(state="accepted")
        assert go_on_with(erasure)
        assert written_down() == {}

    def test_while_it_waits_the_tables_are_looked_through_once(
        self, gateway: Gateway, django_assert_max_num_queries: Any
    ) -> None:
        """And again when the waiting is over: what came meanwhile goes as well."""
        campaign = hand_over(gateway, [SITA])
        Event.objects.create(campaign=campaign, kind=EventKind.PAUSED, words=f"Ask {SITA}")
        Batch.objects.update(state="unconfirmed")
        Recipient.objects.update(state=RecipientState.UNCONFIRMED)
        begin_again(SITA)
        [erasure] = erasing.waiting()
        assert not go_on_with(erasure)
        assert set(written_down("messaging.Erasure")) == {"messaging.Recipient"}

        [erasure] = erasing.waiting()
        with django_assert_max_num_queries(8):
            assert not go_on_with(erasure)

        Event.objects.create(campaign=campaign, kind=EventKind.PAUSED, words=f"Ask {SITA}")
        Recipient.objects.update(state=RecipientState.ACCEPTED)
        [erasure] = erasing.waiting()
        assert go_on_with(erasure)
        assert written_down() == {}

    def test_one_that_is_unconfirmed_must_be_decided_first(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [SITA])
        Batch.objects.filter(campaign=campaign).update(state="unconfirmed")
        Recipient.objects.filter(campaign=campaign).update(state="unconfirmed")

        with pytest.raises(NotNow, match="Needs a decision"):
            begin(SITA, by=None, reason="")

    def test_a_campaign_that_was_being_prepared_is_waited_for(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [OTHER])
        Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.PREPARING)
        erasure = begin(SITA, by=None, reason="")

        assert not go_on_with(erasure)
        Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.DONE)
        assert go_on_with(erasure)

    def test_a_worker_leaves_out_who_is_forgotten_before_the_call(self, gateway: Gateway) -> None:
        campaign = hand_over(gateway, [SITA, OTHER])
        begin(SITA, by=None, reason="")

        send_all(gateway)

        assert states(campaign) == {SITA: "opted_out", OTHER: "accepted"}


class TestFamily:
    def test_one_of_several_goes_and_the_number_stays_the_others(self, gateway: Gateway) -> None:
        sita = ContactFactory.create(name=NAME, mobile=SITA)
        ram = ContactFactory.create(name="Ram", mobile=SITA)
        letter = hand_over(gateway, Audience(contacts=(sita.pk,)), text="Dear {name}, come at 7.")
        send_all(gateway)

        erasure = begin(SITA, people=[sita.pk], by=None, reason="")
        assert go_on_with(erasure)

        assert Contact.objects.get() == ram
        assert not ForgottenNumber.objects.exists()
        of_her = Recipient.objects.get(campaign=letter)
        assert (of_her.mobile, of_her.name, of_her.batch.text) == (SITA, "", "")
        again = hand_over(gateway, [SITA], text="Another")
        send_all(gateway)
        assert states(again) == {SITA: "accepted"}

    def test_the_number_goes_with_the_last_of_them(self, gateway: Gateway) -> None:
        people = ContactFactory.create_batch(2, mobile=SITA)

        erasure = begin(SITA, people=[one.pk for one in people], by=None, reason="")
        assert go_on_with(erasure)

        assert ForgottenNumber.objects.exists()
        assert not Contact.objects.exists()


def test_an_opt_out_stays_as_a_fingerprint_alone(gateway: Gateway) -> None:
    OptOut.objects.create(mobile=SITA)
    forget()

    assert not OptOut.objects.exists()
    campaign = hand_over(gateway, [SITA, OTHER])
    assert [one.mobile for one in campaign.recipients.all()] == [OTHER]


def test_nobody_follows_up_on_a_number_that_was_removed(gateway: Gateway) -> None:
    campaign = hand_over(gateway, [SITA, OTHER])
    Recipient.objects.filter(campaign=campaign).update(state="refused")
    Batch.objects.update(state="refused")
    Campaign.objects.update(state=CampaignState.DONE, pending=0, refused=2)
    forget()

    assert [one.mobile for one in not_reached(campaign)] == [OTHER]


def test_what_is_the_offices_or_a_colleagues_own_stays(gateway: Gateway) -> None:
    user = UserFactory.create()
    Profile.objects.create(user=user, mobile=SITA)
    MessageTemplate.objects.create(name="Call", text=f"Call {SITA}")

    forget()

    assert set(written_down()) == {"messaging.Profile", "messaging.MessageTemplate"}


def test_a_column_that_is_full_takes_the_longer_words(gateway: Gateway) -> None:
    full = OptOut.objects.create(mobile=OTHER, reason=f"{SITA}{' and so on' * 19}")
    assert len(full.reason) == 200

    forget()

    full.refresh_from_db()
    assert len(full.reason) == 200
    assert full.reason.startswith("(number removed) and so on")


def test_the_rows_of_a_table_that_were_chosen_are_no_contacts(gateway: Gateway) -> None:
    sita = ContactFactory.create(name=NAME, mobile=SITA)
    table = RecipientTable.objects.create(file_name="a.csv", number_key="number")
    of_rows = Audience(table=str(table.pk), preferred=(sita.pk,))
    draft = drafts.begin("Hello", of_rows, by=None, gateway=gateway)

    forget()

    draft.refresh_from_db()
    assert draft.audience["preferred"] == [sita.pk]


@pytest.mark.parametrize("name", [": [", '", "', "her phone", "Meera Thapa"])
def test_nobody_empties_the_record_by_what_a_contact_is_called(name: str, roles: None) -> None:
    boss = UserFactory.create(username="boss", first_name="Meera Thapa")
    record(Deed.SECOND_STEP_RESET, by=boss, about=boss, words="lost her phone")
    before = list(Entry.objects.filter(content_type__model="user").order_by("pk").values())
    ContactFactory.create(name=name, mobile="9841234567")
    forget("9841234567")
    after = list(Entry.objects.filter(content_type__model="user").order_by("pk").values())
    assert after == before


def test_neither_name_nor_number_is_written_down_whatever_is_said_of_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That someone is anonymised is no sentence, which has other words in another language."""
    forget()
    sentences = iter(f"Nameless, {place}." for place in range(100))
    monkeypatch.setattr(forgotten, "sentence", lambda: next(sentences))
    sita = ContactFactory.create(name=NAME, mobile=SITA)
    campaign = hand_over(gateway, Audience(contacts=(sita.pk,), numbers=f"{SITA}\n{OTHER}"))
    left_out = campaign.left_out.get()
    assert left_out.entry == "984•••4567"
    assert left_out.words.startswith("Nameless, ")
