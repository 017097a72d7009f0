"""Every deed is written by something that people really do, once, and says who did it."""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from contacts import tasks
from contacts.importing import jobs
from contacts.models import Contact, ContactField, ContactImport, OptOut
from messaging.models import Campaign, HoldKind, HoldReason
from messaging.services import templates
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.services.decisions import settlement
from messaging.services.gateway import holds, slot_record
from messaging.services.money import balance
from messaging.services.sending import slots
from sandbox.server import Sandbox
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.words import details
from sociair_portal.common import id_runs
from sociair_portal.roles import MANAGER
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory
from tests.importing import csv_file, imported
from tests.sending import hand_over, numbers, reading, release, send_all

pytestmark = pytest.mark.django_db

# Written where people sign in, where colleagues are let in, and where people are forgotten.
ELSEWHERE: Final = {
    *(Deed.SIGNED_IN, Deed.SIGN_IN_FAILED, Deed.SIGN_IN_SLOWED, Deed.SIGN_IN_LET),
    Deed.SIGNED_OUT,
    *(Deed.IDENTITY_CONFIRMED, Deed.IDENTITY_NOT_CONFIRMED),
    *(Deed.PASSWORD_CHANGED, Deed.PASSWORD_RESET),
    *(Deed.SECOND_STEP_ADDED, Deed.SECOND_STEP_REMOVED, Deed.SECOND_STEP_RESET),
    *(Deed.RECOVERY_CODES_MADE, Deed.SESSIONS_ENDED, Deed.SIGNED_OUT_BY),
    *(Deed.INVITED, Deed.INVITED_BY_SMS),
    *(Deed.INVITATION_USED, Deed.INVITATION_TAKEN_BACK),
    *(Deed.ROLES_CHANGED, Deed.CLOSED, Deed.OPENED),
    *(Deed.FORGOTTEN, Deed.HANDED_OUT, Deed.LET_BACK, Deed.SWEPT, Deed.NUMBER_PROVED),
}
SECRETS: Final = ("Sita", "Rai", "98410", "closed", "tomorrow", "pupils", "Class 9", "because")


@dataclass
class Stage:
    """Where something is done: a manager's browser, a sandbox, a folder for files."""

    browser: Browser
    sandbox: Sandbox
    settings: Settings
    folder: Path

    def post(self, address: str, data: Mapping[str, object] | None = None) -> None:
        """Twice, as someone clicks who has two windows; the second changes nothing."""
        for _click in range(2):
            self.browser.post(address, {**(data or {})})

    def campaign(self, page: str, campaign: Campaign) -> str:
        return reverse(f"messaging:{page}", args=[campaign.pk])

    def waiting(self) -> Campaign:
        return hand_over(holds.current_gateway(), numbers(3), by=self.browser.user)

    def unconfirmed(self) -> Campaign:
        """Two people of whom nobody knows whether they got it."""
        gateway = holds.current_gateway()
        campaign = hand_over(gateway, numbers(2))
        self.sandbox.settings(script=["503"])
        send_all(gateway)
        release(gateway)
        campaign.refresh_from_db()
        assert campaign.unconfirmed == 2
        return campaign


@pytest.fixture
def stage(
    manager: Browser, sandbox: Sandbox, gateway: object, settings: Settings, tmp_path: Path
) -> Stage:
    return Stage(manager, sandbox, settings, tmp_path)


Act = Callable[[Stage], None]


def exports(kind: str) -> Act:
    def act(stage: Stage) -> None:
        ContactFactory.create(name="Sita Rai")
        address = f"/contacts/export.{kind}?q=Sita"
        address = stage.browser.get(address)["Location"]  # with a key for the name
        stage.browser.head(address)
        assert stage.browser.get(address).status_code == 200

    return act


def exports_left_out_rows(stage: Stage) -> None:
    source = imported(csv_file(stage.folder / "pupils.csv", "Name,Mobile\nSita,12\n"))
    stage.browser.get(reverse("contacts:import_left_out", args=[source.pk]))


def exports_the_record(stage: Stage) -> None:
    stage.browser.get(reverse("record:export"))


def imports(stage: Stage) -> None:
    file = SimpleUploadedFile("pupils.csv", b"Name,Mobile\nSita,9841000001\nGita,9841000002\n")
    stage.browser.post(reverse("contacts:upload"), {"file": file})
    source = ContactImport.objects.get()
    chosen = {"kind": "people", "existing": "update", "to_groups": "Class 9", "action": "start"}
    chosen |= {"column_0": "name", "column_1": "number"}
    stage.post(source.get_absolute_url(), chosen)
    for _run in range(2):
        tasks.run_imports.call_local()
    assert Contact.objects.count() == 2


def undoes_an_import(stage: Stage) -> None:
    imports(stage)
    source = ContactImport.objects.get()
    stage.post(reverse("contacts:import_undo", args=[source.pk]), {"opt_outs": "on"})
    for _run in range(2):
        tasks.run_imports.call_local()
    assert not Contact.objects.exists()


def _searched(stage: Stage) -> str:
    """Whom a search for the name finds, by the key that stands for it."""
    return stage.browser.get("/contacts/?q=Sita")["Location"]


def acts_on_many(action: str, **more: object) -> Act:
    def act(stage: Stage) -> None:
        people = [ContactFactory.create(name=f"Sita {n}") for n in range(3)]
        GroupFactory.create(pk=5, name="Class 9", members=people[:1])
        data = {"whom": "found", "action": action, "group": 5, "reason": "because"}
        expected = stage.browser.post(_searched(stage), data).context["to_do"]
        stage.post(_searched(stage), {**data, "expected": expected, **more})

    return act


def deletes_a_field(stage: Stage) -> None:
    field = ContactField.objects.create(name="Class", key="class")
    ContactFactory.create(fields={"class": "8"})
    stage.post(reverse("contacts:field_delete", args=[field.pk]))


def deletes_a_group(stage: Stage) -> None:
    group = GroupFactory.create(name="Class 9", members=[ContactFactory.create()])
    stage.post(reverse("contacts:group_delete", args=[group.pk]))


def ticks_members(stage: Stage) -> None:
    group, person = GroupFactory.create(name="Class 9"), ContactFactory.create(name="Sita")
    stage.post(reverse("contacts:group_add", args=[group.pk]), {"contact": [person.pk]})


def chooses_groups(stage: Stage) -> None:
    group, person = GroupFactory.create(name="Class 9"), ContactFactory.create(name="Sita")
    data = {"name": "Sita", "mobile": person.mobile, "groups": [group.pk]}
    stage.post(person.get_absolute_url(), data)


def moves_to_another_time(stage: Stage) -> None:
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=2)
    gateway = holds.current_gateway()
    campaign = hand_over(gateway, numbers(3), by=stage.browser.user, at=at)
    later = timezone.localtime(at + timedelta(days=1))
    data = {"seen": at.isoformat(), "at": later.strftime("%Y-%m-%dT%H:%M"), "at_night": "on"}
    address = stage.campaign("move", campaign)
    stage.post(address, data)


def titles(stage: Stage) -> None:
    stage.post(stage.campaign("title", stage.waiting()), {"title": "Closed: Sita Rai"})


def opens_again(stage: Stage) -> None:
    at = timezone.now() + timedelta(days=2)
    campaign = hand_over(holds.current_gateway(), numbers(3), by=stage.browser.user, at=at)
    stage.post(stage.campaign("open_again", campaign))


def looks_at_a_person(stage: Stage) -> None:
    stage.settings.RECORD_VIEWS = True
    address = reverse("messaging:contact", args=[ContactFactory.create(name="Sita").pk])
    for _look in range(2):
        stage.browser.get(address)


def sends(stage: Stage) -> None:
    gateway = holds.current_gateway()
    reading(gateway)
    draft = drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="School is closed tomorrow.",
        audience=Audience(numbers="9841000001"),
        gateway=gateway,
        by=stage.browser.user,
    )
    address = reverse("messaging:review", args=[draft.pk])
    stage.post(address, {"signed": stage.browser.get(address).context["signed"]})


def pauses(stage: Stage) -> None:
    stage.post(stage.campaign("pause", stage.waiting()))


def resumes(stage: Stage) -> None:
    campaign = stage.waiting()
    Campaign.objects.filter(pk=campaign.pk).update(state="paused")
    stage.post(stage.campaign("resume", campaign))


def cancels(stage: Stage) -> None:
    stage.post(stage.campaign("cancel", stage.waiting()))


def settles(stage: Stage) -> None:
    campaign = stage.unconfirmed()
    data = {"everything": "on", "verdict": "accepted", "why": "because Sita got it"}
    stage.post(stage.campaign("settle", campaign), data)


def says_what_went_out(stage: Stage) -> None:
    campaign = stage.waiting()
    gateway = holds.current_gateway()
    assert slots.attend(gateway)
    slot_record.raise_to(gateway, 2)
    assert not slots.attend(gateway)
    stage.post(stage.campaign("doubt", campaign), {"people": "3"})


def sends_again(stage: Stage) -> None:
    campaign = stage.unconfirmed()
    batches = list(settlement.undecided(campaign).values_list("pk", flat=True))
    data = {"form_uuid": str(uuid.uuid4()), "why": "because", "people": "2"}
    data["batches"] = id_runs.to_words(batches)
    balance.read_balance(campaign.gateway)
    stage.post(stage.campaign("send_again", campaign), data)


def releases(stage: Stage) -> None:
    holds.hold(holds.current_gateway(), HoldKind.PERSON, HoldReason.UNCONFIRMED)
    stage.post(reverse("messaging:release"))


ACTS: Final[dict[Deed, list[Act]]] = {
    Deed.EXPORTED: [
        exports("csv"),
        exports("xlsx"),
        exports_left_out_rows,
        exports_the_record,
    ],
    Deed.IMPORTED: [imports],
    Deed.IMPORT_UNDONE: [undoes_an_import],
    Deed.CHANGED_MANY: [deletes_a_field],
    Deed.MEMBERS_CHANGED: [
        acts_on_many("add"),
        acts_on_many("remove"),
        deletes_a_group,
        ticks_members,
        chooses_groups,
    ],
    Deed.DELETED_MANY: [acts_on_many("delete")],
    Deed.OPTED_OUT_MANY: [acts_on_many("opt_out")],
    Deed.LOOKED_AT: [looks_at_a_person],
    Deed.SENT: [sends],
    Deed.CONTROLLED: [pauses, resumes, cancels, moves_to_another_time, opens_again],
    Deed.TITLED: [titles],
    Deed.SETTLED: [settles, says_what_went_out],
    Deed.SENT_AGAIN: [sends_again],
    Deed.RELEASED: [releases],
}


def test_no_deed_is_one_that_nobody_does() -> None:
    assert {*ACTS} | ELSEWHERE == set(Deed)
    assert not {*ACTS} & ELSEWHERE


@pytest.mark.parametrize(
    ("deed", "act"),
    [
        pytest.param(deed, act, id=f"{deed.value}-{place}")
        for deed, acts in ACTS.items()
        for place, act in enumerate(acts)
    ],
)
def test_what_is_done_is_written_once_with_who_did_it(
    deed: Deed,
    act: Act,
    stage: Stage,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with caplog.at_level(logging.INFO, "sociair_portal.audit"):
        with django_capture_on_commit_callbacks(execute=True):
            act(stage)

    entry = Entry.objects.get(deed=deed, actor=stage.browser.user)
    assert details(entry) or deed is Deed.LOOKED_AT
    lines = [line for line in caplog.messages if line.startswith("Entry ")]
    assert any(f"Entry {entry.pk}: {deed.value} by user {entry.actor_id}" in one for one in lines)
    for secret in SECRETS:
        assert not any(secret in line for line in lines), secret


class TestMany:
    def test_are_one_deed_and_no_entry_for_each(self, stage: Stage) -> None:
        acts_on_many("delete")(stage)
        assert not Entry.objects.filter(action=Entry.Action.DELETE).exists()
        entry = Entry.objects.get(deed=Deed.DELETED_MANY)
        assert (entry.additional_data, entry.changes_text) == (
            {"people": 3},
            "Name or number: Sita",
        )

    def test_that_an_import_made_and_are_undone_are_one_deed_too(self, stage: Stage) -> None:
        undoes_an_import(stage)
        assert not Entry.objects.filter(
            action=Entry.Action.DELETE, content_type__model="contact"
        ).exists()
        entry = Entry.objects.get(deed=Deed.IMPORT_UNDONE)
        assert (entry.additional_data or {})["people"] == 2
        made = Entry.objects.get(action=Entry.Action.DELETE, content_type__model="group")
        assert made.actor == stage.browser.user  # whose import it was

    def test_opt_outs_that_an_import_made_are_told_by_its_deed(self, stage: Stage) -> None:
        path = csv_file(stage.folder / "stop.csv", "Mobile\n9841000001\n9841000002\n")
        imported(path, opt_out=True)
        assert OptOut.objects.count() == 2
        entry = Entry.objects.get(content_type__model="contactimport")
        assert (entry.additional_data or {})["opt_outs"] == 2
        assert not Entry.objects.filter(content_type__model="optout").exists()

    def test_an_import_that_is_cancelled_halfway_is_told_by_who_cancelled_it(
        self, stage: Stage
    ) -> None:
        source = jobs.take_in(
            csv_file(stage.folder / "pupils.csv", "Name,Mobile\nSita,9841000001\n"),
            name="pupils.csv",
            by=None,
        )
        ContactImport.objects.filter(pk=source.pk).update(state="running", done=1, created=1)
        stage.post(reverse("contacts:import_cancel", args=[source.pk]))
        entry = Entry.objects.get(deed=Deed.IMPORTED)
        assert (entry.actor, (entry.additional_data or {})["ended"]) == (
            stage.browser.user,
            "cancelled",
        )


def test_looking_is_not_written_unless_the_setting_wants_it(stage: Stage) -> None:
    stage.browser.get(reverse("messaging:contact", args=[ContactFactory.create().pk]))
    assert not Entry.objects.filter(deed=Deed.LOOKED_AT).exists()


def test_what_a_command_does_is_nobodys_and_names_the_command(stage: Stage) -> None:
    path = csv_file(stage.folder / "pupils.csv", "Name,Mobile\nSita,9841000001\n")
    call_command("import_contacts", str(path), stdout=(stage.folder / "out").open("w"))
    call_command(
        "send_sms", message="Closed.", to="9841000001", stdout=(stage.folder / "out").open("w")
    )
    found = Entry.objects.filter(deed__in=[Deed.IMPORTED, Deed.SENT])
    assert {(one.actor, (one.additional_data or {})["command"]) for one in found} == {
        (None, "import_contacts"),
        (None, "send_sms"),
    }


def test_what_a_template_was_before_is_kept(stage: Stage) -> None:
    template = templates.keep(name="Fees", text="Pay.", by=None)
    address = reverse("messaging:template", args=[template.pk])
    stage.post(address, {"name": "Fees", "text": "Please pay.", "version": template.version})
    entry = Entry.objects.get(action=Entry.Action.UPDATE, content_type__model="messagetemplate")
    assert details(entry) == ["Message: Pay. → Please pay."]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_delete_the_same_person_one_is_written(roles: None) -> None:
    address = reverse("contacts:delete", args=[ContactFactory.create(name="Sita").pk])
    browsers = [signed_in(MANAGER), signed_in(MANAGER)]
    at_once([partial(browser.post, address) for browser in browsers])
    deleted = Entry.objects.filter(action=Entry.Action.DELETE, content_type__model="contact")
    assert deleted.count() == 1
