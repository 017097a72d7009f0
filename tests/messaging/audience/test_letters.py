"""Messages in which everyone gets their own values: counted, asked about, sent once a number."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, ContactField, Group
from messaging.models import Batch, Campaign, Gateway, LeftOut, LeftOutReason
from messaging.services.audience.choice import Audience
from messaging.services.audience.letters import show_day, writer_for
from messaging.services.campaigns import drafts
from messaging.services.campaigns.estimate import estimate
from messaging.services.campaigns.review import review_of
from messaging.text.validity import InvalidText
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory
from tests.pages import words
from tests.sending import hand_over, reading, send_all

pytestmark = pytest.mark.django_db
TEXT = "Dear {name}, Rs {fee_due} is due."


@pytest.fixture
def parents(db: None) -> Group:
    """Asha and Hari owe something; Gita's fee is not known."""
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number")
    ContactField.objects.create(name="Class", key="class")
    people = [
        ContactFactory.create(name="Asha", mobile="9841000001", fields={"fee_due": 1250}),
        ContactFactory.create(
            name="Hari", mobile="9801000002", fields={"fee_due": [99.5, "99.50"]}
        ),
        ContactFactory.create(name="Gita", mobile="9841000003", fields={"class": "9"}),
    ]
    return GroupFactory.create(name="Parents", members=people)


def draft_of(gateway: Gateway, audience: Audience, text: str = TEXT, by: Any = None) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(), text=text, audience=audience, gateway=gateway, by=by
    )


def left_out(campaign: Campaign) -> dict[str, str]:
    return dict(LeftOut.objects.filter(campaign=campaign).values_list("entry", "words"))


def test_everyone_gets_their_own_values(gateway: Gateway, sandbox: Sandbox, parents: Group) -> None:
    campaign = hand_over(gateway, Audience(groups=(parents.pk,)), text=TEXT)
    send_all(gateway)
    assert dict(Batch.objects.values_list("recipients__mobile", "text")) == {
        "9841000001": "Dear Asha, Rs 1250 is due.",
        "9801000002": "Dear Hari, Rs 99.50 is due.",
    }
    assert left_out(campaign) == {"Gita 984-1000003": "There is no value for {fee_due}."}
    campaign.refresh_from_db()
    assert (campaign.state, campaign.accepted) == ("done", 2)


def test_numbers_stand_in_messages_as_their_field_is_shown(
    gateway: Gateway, sandbox: Sandbox, parents: Group
) -> None:
    ContactField.objects.filter(key="fee_due").update(shown_as="decimals")
    campaign = hand_over(gateway, Audience(groups=(parents.pk,)), text=TEXT)
    texts = {
        "9841000001": "Dear Asha, Rs 1,250.00 is due.",
        "9801000002": "Dear Hari, Rs 99.50 is due.",
    }
    ContactField.objects.update(shown_as="")
    send_all(gateway)
    assert dict(Batch.objects.values_list("recipients__mobile", "text")) == texts
    campaign.refresh_from_db()
    assert campaign.accepted == 2


def test_those_who_get_the_same_text_share_a_request(gateway: Gateway, db: None) -> None:
    ContactField.objects.create(name="Class", key="class")
    people = [
        ContactFactory.create(mobile=f"98410001{n:02d}", fields={"class": str(n % 3)})
        for n in range(30)
    ]
    group = GroupFactory.create(members=people)
    hand_over(gateway, Audience(groups=(group.pk,)), text="Class {class} has no school.")
    assert sorted(Batch.objects.values_list("text", "size")) == [
        (f"Class {n} has no school.", 10) for n in range(3)
    ]


def test_the_review_counts_parts_and_names_the_longest(gateway: Gateway, parents: Group) -> None:
    ContactFactory.create(name="न" * 60, mobile="9841000009", fields={"fee_due": 5}).groups.add(
        parents
    )
    seen = review_of(draft_of(gateway, Audience(groups=(parents.pk,))), reading(gateway))
    assert [(parts, people) for parts, people, _cost in seen.shares] == [(1, 2), (2, 1)]
    assert seen.longest is not None
    assert seen.longest.mobile == "9841000009"
    assert (seen.missing, seen.people) == ({"fee_due": 1}, 3)
    assert seen.cost == Decimal("3.20")


def test_letters_cost_what_the_review_said(
    gateway: Gateway, sandbox: Sandbox, parents: Group
) -> None:
    text = "€" * 75 + " {name} {fee_due|nothing} {date} {number}"
    seen = review_of(draft_of(gateway, Audience(groups=(parents.pk,)), text), reading(gateway))
    before = sandbox.balance
    campaign = hand_over(gateway, Audience(groups=(parents.pk,)), text=text)
    send_all(gateway)
    campaign.refresh_from_db()
    assert campaign.accepted == 3
    assert before - sandbox.balance == campaign.cost == seen.cost


def test_missing_values_can_be_filled_in_at_the_review(
    sender: Browser, gateway: Gateway, parents: Group
) -> None:
    reading(gateway)
    draft = draft_of(gateway, Audience(groups=(parents.pk,)), by=sender.user)
    page = sender.get(draft.get_absolute_url())
    assert "1 person has no value for Fee due and is left out." in words(page)
    address = reverse("messaging:answer", args=[draft.pk])
    for bad in ("", "a}b", " \u200b "):
        typed = {"key": "fee_due", "default": bad, "seen": draft.fingerprint}
        page = sender.post(address, typed, follow=True)
        assert "Type what to use instead" in words(page)
    page = sender.post(address, {**typed, "default": "nothing"}, follow=True)
    assert "has no value" not in words(page)
    assert "Dear Gita, Rs nothing is due." in words(page)
    draft.refresh_from_db()
    assert draft.text == "Dear {name}, Rs {fee_due|nothing} is due."


def test_a_shared_number_asks_whose_message_it_gets(
    sender: Browser, gateway: Gateway, parents: Group
) -> None:
    reading(gateway)
    maya = ContactFactory.create(name="Maya", mobile="9841000001", fields={"fee_due": 7})
    parents.members.add(maya)
    draft = draft_of(gateway, Audience(groups=(parents.pk,)), by=sender.user)
    page = sender.get(draft.get_absolute_url())
    assert "1 number is shared by people whose messages differ." in words(page)
    assert page.context["review"].people == 1
    address = reverse("messaging:answer", args=[draft.pk])
    first = {f"prefer-{maya.pk}": maya.pk, "seen": draft.fingerprint}
    page = sender.post(address, first, follow=True)
    assert "is shared by people" not in words(page)
    assert [one.text for one in page.context["review"].first_people] == [
        "Dear Hari, Rs 99.50 is due.",
        "Dear Maya, Rs 7 is due.",
    ]
    assert "If people share a number, the person you chose gets the message." in words(page)
    # An old window answers what is answered already.
    page = sender.post(address, first, follow=True)
    assert "Check it again" in words(page)
    now = page.context["campaign"].fingerprint
    page = sender.post(address, {"ask": "1", "seen": now}, follow=True)
    assert page.context["review"].questions == 1
    page = sender.post(address, {"first": "yes", "seen": draft.fingerprint}, follow=True)
    assert "Dear Asha, Rs 1250 is due." in words(page)


def test_a_shared_number_without_an_answer_gets_nothing(
    gateway: Gateway, sandbox: Sandbox, parents: Group
) -> None:
    parents.members.add(
        ContactFactory.create(name="Maya", mobile="9841000001", fields={"fee_due": 7})
    )
    campaign = hand_over(gateway, Audience(groups=(parents.pk,)), text=TEXT)
    send_all(gateway)
    assert [entry.mobile for entry in sandbox.ledger()] == ["9801000002"]
    assert LeftOut.objects.get(campaign=campaign, reason=LeftOutReason.SHARED).entry == (
        "Asha, Maya 984-1000001"
    )


def test_who_shares_a_number_and_gets_the_same_is_not_asked_about(
    gateway: Gateway, parents: Group
) -> None:
    parents.members.add(ContactFactory.create(name="Maya", mobile="9841000001"))
    text = "Fees are due on {date}, {class|all classes}."
    seen = review_of(draft_of(gateway, Audience(groups=(parents.pk,)), text), reading(gateway))
    assert (seen.questions, seen.people) == (0, 3)


def test_a_pasted_number_of_someone_known_gets_their_values(
    gateway: Gateway, parents: Group
) -> None:
    audience = Audience(numbers="9841000001 9851234567")
    seen = review_of(draft_of(gateway, audience), reading(gateway))
    assert [one.text for one in seen.first_people] == ["Dear Asha, Rs 1250 is due."]
    assert [out.words for out in seen.first_omissions] == ["There is no value for {name}."]


def test_values_that_make_a_text_too_long_are_listed(gateway: Gateway, parents: Group) -> None:
    Contact.objects.filter(name="Gita").update(fields={"class": "न" * 480, "fee_due": 1})
    text = TEXT + "न" * 200 + "{class|}"
    seen = review_of(draft_of(gateway, Audience(groups=(parents.pk,)), text), reading(gateway))
    assert seen.people == 2
    assert "The most that can be sent is 10" in seen.first_omissions[0].words


def test_a_field_that_was_deleted_since_is_named(
    sender: Browser, gateway: Gateway, parents: Group
) -> None:
    reading(gateway)
    draft = draft_of(gateway, Audience(groups=(parents.pk,)), by=sender.user)
    signed = sender.get(draft.get_absolute_url()).context["signed"]
    ContactField.objects.filter(key="fee_due").delete()
    page = sender.post(draft.get_absolute_url(), {"signed": signed}, follow=True)
    assert "There is no field {fee_due}." in words(page)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_date_in_a_letter_is_its_sending_day(gateway: Gateway, parents: Group) -> None:
    later = timezone.now() + timedelta(days=40)
    hand_over(gateway, Audience(groups=(parents.pk,)), text="On {date}", at=later)
    assert Batch.objects.get().text == f"On {show_day(later)}"


def test_the_live_cost_is_of_real_letters(gateway: Gateway, parents: Group) -> None:
    reading(gateway)
    audience = Audience(groups=(parents.pk,))
    found = estimate("{fee_due|0} " + "a" * 156, audience, gateway)
    assert found.shares == [(1, 1, Decimal("0.80")), (2, 2, Decimal("3.20"))]
    assert found.cost == Decimal("4.00")
    assert not found.is_rough
    unfinished = estimate("Dear {nam", audience, gateway)
    assert not unfinished.sample


def test_wrong_placeholders_are_said_beside_the_field(
    sender: Browser, gateway: Gateway, parents: Group
) -> None:
    reading(gateway)
    form = {"form_uuid": str(uuid.uuid4()), "groups": parents.pk, "text": "Dear {nmae}"}
    page = sender.post(reverse("messaging:compose"), form)
    assert "There is no field {nmae}. Did you mean {name}?" in words(page)
    assert "Dear {nmae}" in page.content.decode()
    page = sender.post(reverse("messaging:measure"), {**form, "text": "Dear {name"})
    assert "is never closed" in words(page)


def test_no_text_is_ever_compiled_as_a_template(
    sender: Browser, gateway: Gateway, parents: Group
) -> None:
    reading(gateway)
    Contact.objects.filter(name="Asha").update(name="{% debug %}<b>{{ 7|add:7 }}")
    text = "{{% debug %}} {{{{ 7|add:7 }}}} {name}"
    draft = draft_of(gateway, Audience(groups=(parents.pk,)), text, by=sender.user)
    page = sender.get(draft.get_absolute_url())
    assert "{% debug %} {{ 7|add:7 }} {% debug %}&lt;b&gt;{{ 7|add:7 }}" in page.content.decode()


def test_only_its_author_answers_for_a_draft(
    sender: Browser, manager: Browser, gateway: Gateway, parents: Group
) -> None:
    draft = draft_of(gateway, Audience(groups=(parents.pk,)), by=manager.user)
    answer = sender.post(reverse("messaging:answer", args=[draft.pk]), {"again": "yes"})
    assert answer.status_code == 404


def test_a_text_with_an_unknown_field_is_refused(parents: Group) -> None:
    with pytest.raises(InvalidText):
        writer_for("{nobody}", None)


def test_who_was_chosen_for_a_number_is_not_replaced(gateway: Gateway, parents: Group) -> None:
    """Not even where the message cannot be written: it is nobody else's business."""
    asha = parents.members.get(name="Asha")
    maya = ContactFactory.create(name="Maya", mobile=asha.mobile, fields={"fee_due": 7})
    audience = Audience(contacts=(asha.pk, maya.pk), preferred=(asha.pk,))
    asha.fields = {}
    asha.save()
    seen = review_of(draft_of(gateway, audience), reading(gateway))
    assert (seen.people, seen.questions) == (0, 0)
    assert [out.entry for out in seen.first_omissions] == [
        "Asha 984-1000001",
        "Maya 984-1000001",
    ]


def test_a_number_is_no_name(gateway: Gateway) -> None:
    """Who was imported without a name is called by the number, and not in a message."""
    ContactFactory.create(name="984-1500006", mobile="9841500006")
    audience = Audience(contacts=(ContactFactory.create(name="Asha").pk,), numbers="9841500006")
    seen = review_of(draft_of(gateway, audience, text="Dear {name|friend}"), reading(gateway))
    assert {person.text for person in seen.first_people} == {"Dear Asha", "Dear friend"}
