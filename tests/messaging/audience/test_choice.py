"""Whom a message is for: groups combined, shared telephones, and nobody who opted out."""

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from pytest_django import Settings

from contacts.importing import jobs
from contacts.importing.options import Options
from contacts.models import Contact, Group, OptOut
from messaging.models import Campaign, CampaignState, Gateway, LeftOut, LeftOutReason, Recipient
from messaging.services.audience.choice import Audience, describe
from messaging.services.audience.counts import count_people
from messaging.services.audience.letters import writer_for
from messaging.services.audience.recipients import Reader
from messaging.services.campaigns import drafts, handover, preparation
from messaging.services.campaigns.review import review_of
from sandbox.server import Sandbox
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.pages import words
from tests.sending import hand_over, reading, send_all, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def groups() -> dict[str, Group]:
    """Asha is in A, Gita in B, Hari in both, Maya in both and in C."""
    asha, gita, hari, maya = (
        ContactFactory.create(name=name, mobile=f"98410000{place:02d}")
        for place, name in enumerate(("Asha", "Gita", "Hari", "Maya"))
    )
    return {
        "A": GroupFactory.create(name="A", members=[asha, hari, maya]),
        "B": GroupFactory.create(name="B", members=[gita, hari, maya]),
        "C": GroupFactory.create(name="C", members=[maya]),
    }


def audience(groups: dict[str, Group], named: str, without: str = "", **more: Any) -> Audience:
    return Audience(
        groups=tuple(groups[name].pk for name in named),
        without=tuple(groups[name].pk for name in without),
        **more,
    )


COMBINATIONS = [
    ("AB", "", False, ["Asha", "Gita", "Hari", "Maya"], "in A or B"),
    ("AB", "", True, ["Hari", "Maya"], "in A and B"),
    ("A", "B", False, ["Asha"], "in A, but not in B"),
    ("AB", "C", False, ["Asha", "Gita", "Hari"], "in A or B, but not in C"),
    ("AB", "C", True, ["Hari"], "in A and B, but not in C"),
    ("A", "BC", False, ["Asha"], "in A, but not in B or C"),
    ("A", "", True, ["Asha", "Hari", "Maya"], "in A"),
    ("A", "A", False, [], "in A, but not in A"),
]


@pytest.mark.parametrize(("named", "without", "of_all", "names", "said"), COMBINATIONS)
@pytest.mark.parametrize("size", [1, 5000])
def test_groups_are_combined_into_an_audience(
    groups: dict[str, Group],
    gateway: Gateway,
    named: str,
    without: str,
    of_all: bool,
    names: list[str],
    said: str,
    size: int,
) -> None:
    chosen = audience(groups, named, without, of_all=of_all)
    pieces = Reader(chosen, reading(gateway).rates, writer_for("Hello", None)).pieces(size=size)
    assert [person.name for piece in pieces for person in piece.people] == names
    assert count_people(chosen, []).total() == len(names)
    assert describe(chosen) == said
    assert Audience.from_json(chosen.to_json()) == chosen


def test_chosen_contacts_and_numbers_get_it_whatever_group_they_are_in(
    groups: dict[str, Group], gateway: Gateway
) -> None:
    maya = Contact.objects.get(name="Maya")
    chosen = audience(groups, "A", "C", contacts=(maya.pk,), numbers="9841000001")
    campaign = hand_over(gateway, chosen)
    got = Recipient.objects.filter(campaign=campaign).order_by("mobile")
    assert [recipient.name for recipient in got] == ["Asha", "", "Hari", "Maya"]
    assert campaign.chosen == "in A, but not in C · 1 chosen contact · 1 entered number"


def test_combined_groups_are_chosen_reviewed_and_kept(
    sender: Browser, gateway: Gateway, groups: dict[str, Group]
) -> None:
    reading(gateway)
    data = {
        "form_uuid": str(uuid.uuid4()),
        "groups": [groups["A"].pk, groups["B"].pk],
        "of_all": "all",
        "without": [groups["C"].pk],
        "text": "School is closed.",
    }
    shown = sender.post(reverse("messaging:compose"), data, follow=True)
    assert "Recipients: in A and B, but not in C" in words(shown)
    assert "1 person gets it" in words(shown)
    draft = Campaign.objects.get()
    form = sender.get(f"{reverse('messaging:compose')}?draft={draft.pk}")
    assert f'id="without-{groups["C"].pk}" value="{groups["C"].pk}" checked' in form.text
    assert 'value="all" checked' in form.text
    signed = {"signed": shown.context["signed"]}
    sender.post(reverse("messaging:review", args=[draft.pk]), signed)
    # What was chosen is told as the groups were called then.
    Group.objects.filter(name="A").update(name="Renamed")
    groups["C"].delete()
    page = words(sender.get(reverse("messaging:campaign", args=[draft.pk])))
    assert "in A and B, but not in C" in page


def test_the_live_estimate_counts_combined_groups(
    sender: Browser, gateway: Gateway, groups: dict[str, Group]
) -> None:
    data = {"groups": [groups["A"].pk], "without": [groups["B"].pk], "text": "x"}
    assert "1 person" in words(sender.post(reverse("messaging:measure"), data))


def test_leaving_out_groups_needs_groups_to_take_from(
    sender: Browser, groups: dict[str, Group]
) -> None:
    data = {
        "form_uuid": str(uuid.uuid4()),
        "without": [groups["C"].pk],
        "numbers": "9841234567",
        "text": "x",
    }
    shown = sender.post(reverse("messaging:compose"), data)
    assert "First choose the groups to leave these out of." in words(shown)
    assert not Campaign.objects.exists()


def test_more_than_twenty_groups_in_common_are_refused(sender: Browser) -> None:
    data = {
        "form_uuid": str(uuid.uuid4()),
        "groups": [GroupFactory.create().pk for _ in range(21)],
        "of_all": "all",
        "text": "x",
    }
    shown = sender.post(reverse("messaging:compose"), data)
    assert "Tick 20 groups or fewer to send only to people in every one." in words(shown)


def test_a_draft_whose_left_out_group_is_gone_is_refused(
    gateway: Gateway, groups: dict[str, Group]
) -> None:
    """Its members would suddenly get the message: that is for a person to decide."""
    draft = _draft(gateway, audience(groups, "A", "C"))
    seen = review_of(draft, reading(gateway))
    groups["C"].delete()
    with pytest.raises(Exception, match="was deleted"):
        handover.hand_over(draft, reviewed=handover.Reviewed.of(draft, seen), by=None)
    assert not Recipient.objects.exists()


@pytest.mark.parametrize("name", ["groups", "contacts"])
def test_an_address_chooses_whom_a_message_is_for(
    sender: Browser, gateway: Gateway, groups: dict[str, Group], name: str
) -> None:
    pk = groups["A"].pk if name == "groups" else Contact.objects.get(name="Asha").pk
    page = sender.get(f"{reverse('messaging:compose')}?{name}={pk}")
    assert f'value="{pk}" checked' in page.text
    assert sender.get(f"{reverse('messaging:compose')}?{name}=x&{name}=99999").status_code == 200


def _draft(gateway: Gateway, chosen: Audience) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(), text="School is closed.", audience=chosen, gateway=gateway, by=None
    )


def test_the_review_names_others_with_the_same_number(
    sender: Browser, gateway: Gateway, groups: dict[str, Group]
) -> None:
    sister = ContactFactory.create(name="Asha's sister", mobile="9841000000")
    groups["A"].members.add(sister)
    reading(gateway)
    data = {"form_uuid": str(uuid.uuid4()), "groups": [groups["A"].pk], "text": "x"}
    said = words(sender.post(reverse("messaging:compose"), data, follow=True))
    assert "Asha also for Asha's sister 984-1000000" in said
    assert "Asha's sister 984-1000000 Shares a number with Asha. Each number" in said
    assert "3 people get it" in said


@pytest.mark.parametrize("inline", [1, 5000])
def test_entries_left_out_are_counted_alike_at_any_size(
    gateway: Gateway, groups: dict[str, Group], settings: Any, inline: int
) -> None:
    """By the database for a large audience, one by one for a small one."""
    settings.INLINE_RECIPIENTS = inline
    groups["A"].members.add(ContactFactory.create(name="Sister", mobile="9841000000"))
    groups["A"].members.add(ContactFactory.create(name="Brother", mobile="9841000002"))
    OptOutFactory.create(mobile="9841000002")
    numbers = "9841000000 9841000002 9841000002 12 9801234567"
    seen = review_of(_draft(gateway, audience(groups, "A", numbers=numbers)), reading(gateway))
    assert (seen.people, seen.omitted) == (3, 7)


OUT = "9841000000"  # Asha's


def by_group(gateway: Gateway, groups: dict[str, Group]) -> None:
    hand_over(gateway, audience(groups, "A"))


def by_contact(gateway: Gateway, groups: dict[str, Group]) -> None:
    asha = Contact.objects.get(name="Asha")
    hand_over(gateway, Audience(contacts=(asha.pk,), numbers="9841000002"))


def by_paste(gateway: Gateway, groups: dict[str, Group]) -> None:
    hand_over(gateway, Audience(numbers="+977 984-1000000\n9841000002"))


def by_command(gateway: Gateway, groups: dict[str, Group]) -> None:
    call_command("send_sms", "--message", "x", "--to", "०९८४१००००००,9841000002", "--group", "A")


def by_import(gateway: Gateway, groups: dict[str, Group]) -> None:
    """Imported anew after the contact was deleted, and opted out by nothing but the number."""
    Contact.objects.filter(name="Asha").delete()
    hand_over_after_import(gateway)


ROUTES = [by_group, by_contact, by_paste, by_command, by_import]


@pytest.mark.parametrize("route", ROUTES)
def test_who_opted_out_is_never_sent_messages(
    gateway: Gateway,
    sandbox: Sandbox,
    groups: dict[str, Group],
    route: Callable[[Gateway, dict[str, Group]], None],
) -> None:
    OptOutFactory.create(mobile=OUT)
    route(gateway, groups)
    send_all(gateway)
    texted = {entry.mobile for entry in sandbox.ledger()}
    assert texted
    assert OUT not in texted
    reasons = LeftOut.objects.filter(entry__contains="984-1000000").values_list("reason", flat=True)
    assert LeftOutReason.OPTED_OUT in set(reasons)
    assert OptOut.objects.count() == 1


@pytest.mark.parametrize("route", ROUTES)
def test_who_opts_out_between_the_send_and_the_claim_gets_no_message(
    gateway: Gateway,
    sandbox: Sandbox,
    groups: dict[str, Group],
    route: Callable[[Gateway, dict[str, Group]], None],
) -> None:
    route(gateway, groups)
    OptOutFactory.create(mobile=OUT)
    send_all(gateway)
    texted = {entry.mobile for entry in sandbox.ledger()}
    assert texted
    assert OUT not in texted
    assert Recipient.objects.get(mobile=OUT).state == "opted_out"


def hand_over_after_import(gateway: Gateway) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(f"Name,Mobile\nAsha again,+977-{OUT}\nOther,9841000002\n")
        source = jobs.take_in(path, name="people.csv", by=None)
    jobs.start(source, Options(numbers=(1,), names=(0,), to_groups=("Imported",)))
    jobs.run(go_on=lambda: True)
    hand_over(gateway, Audience(groups=(Group.objects.get(name="Imported").pk,)))


def test_a_left_out_group_deleted_during_preparation_pauses(
    gateway: Gateway, groups: dict[str, Group], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its members are not sent what they were taken out of: the campaign asks."""
    settings.INLINE_RECIPIENTS = 0
    monkeypatch.setattr(preparation, "_PIECE", 1)
    people = ContactFactory.create_batch(4)
    everybody, some = GroupFactory.create(members=people), GroupFactory.create(members=people[2:])
    campaign = hand_over(gateway, Audience(groups=(everybody.pk,), without=(some.pk,)))
    pieces = iter(range(100))

    def go_on() -> bool:
        if next(pieces) == 1:
            some.delete()
        return True

    assert preparation.prepare_or_pause(campaign, go_on=go_on)
    campaign.refresh_from_db()
    assert not {person.mobile for person in people[2:]} & states(campaign).keys()
    assert campaign.state == CampaignState.PAUSED
