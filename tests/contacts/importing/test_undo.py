"""Undoing an import: who came goes, who was changed is as before, who is in use stays."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from contacts import tasks
from contacts.importing import jobs, load, undo
from contacts.importing.outlook import outlook
from contacts.models import (
    Contact,
    ContactField,
    ContactImport,
    Group,
    ImportedChange,
    ImportState,
    OptOut,
)
from contacts.services import membership
from contacts.services.bulk_actions import Action, BulkAction
from messaging.models import Gateway
from messaging.services import templates
from messaging.services.audience.choice import Audience
from sociair_portal.roles import SENDER
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory
from tests.importing import csv_file, guessed, imported
from tests.sending import hand_over, send_all

pytestmark = pytest.mark.django_db

TEXT = """Name,Mobile,Groups,Class,Opted out
Sita Rai,9841000001,Class 9,9,
Ram Karki,9801000002,Class 9,10,
Gita,9841000003,,9,{opted}
"""


def _imported(tmp_path: Path, text: str = TEXT.format(opted="yes")) -> ContactImport:
    return imported(csv_file(tmp_path / "list.csv", text))


def _undone(source: ContactImport, *, opt_outs: bool = True) -> ContactImport:
    seen, undone = outlook(source), source.undone
    assert undo.begin(source, by=None, with_opt_outs=opt_outs)
    source.refresh_from_db()
    assert undo.undo(source)
    # What is told before, counted by the database, is what then happens, person by person.
    assert source.undone - undone == seen.created + seen.restored
    assert source.kept == seen.changed.count + seen.texted.count
    assert source.state == ImportState.UNDONE
    return source


def _can_be_undone(source: ContactImport) -> bool:
    return undo.has_undoable(source) and outlook(source).is_anything


def _everything() -> dict[str, object]:
    """All that an import can change, but for moments."""
    people = Contact.objects.order_by("pk")
    return {
        "people": list(people.values_list("pk", "name", "name_key", "mobile", "fields")),
        "members": sorted(Group.members.through.objects.values_list("group__name", "contact")),
        "groups": sorted(Group.objects.values_list("name", flat=True)),
        "fields": sorted(ContactField.objects.values_list("key", flat=True)),
        "opt_outs": sorted(OptOut.objects.values_list("mobile", flat=True)),
    }


def test_an_undone_import_leaves_everything_as_it_was(tmp_path: Path) -> None:
    old = ContactFactory.create(
        name="sita  rai", mobile="9841000001", fields={"village": "Ghorahi"}
    )
    ContactField.objects.create(name="Village", key="village", kind="text")
    GroupFactory.create(name="Parents", members=[old])
    before = _everything()
    source = _imported(tmp_path)
    assert _everything() != before
    seen = outlook(source)
    assert (seen.created, seen.restored, seen.opt_outs) == (2, 1, 1)
    _undone(source)
    assert _everything() == before
    assert (source.undone, source.kept) == (3, 0)
    assert not ImportedChange.objects.exists()
    assert not _can_be_undone(source)


def test_a_person_of_several_rows_is_undone_to_before_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.importing.pieces.ROWS_A_PIECE", 1)
    ContactFactory.create(name="Sita Rai", mobile="9841000001", fields={})
    before = _everything()
    text = "Name,Mobile,Class,Groups\nSita Rai,9841000001,9,A\nSita Rai,9841000001,,B\n"
    text += "Ram,9801000002,9,A\nRam,9801000002,,C\nSITA RAI,9841000001,10,D\n"
    source = _imported(tmp_path, text)
    assert Contact.objects.count() == 2
    seen = outlook(source)
    assert (seen.created, seen.restored, seen.changed.count) == (1, 1, 0)
    _undone(source)
    assert _everything() == before


def test_who_was_changed_since_stays_and_is_listed(tmp_path: Path) -> None:
    kept = ContactFactory.create(name="Sita Rai", mobile="9841000001", fields={})
    source = _imported(tmp_path)
    kept.refresh_from_db()
    kept.fields["class"] = "11"
    kept.save()
    joined = Contact.objects.get(name="Gita")
    membership.join(GroupFactory.create(name="Hostel"), [joined.pk])
    seen = outlook(source)
    assert [one.name for one in seen.changed.people()] == ["Sita Rai", "Gita"]
    assert (seen.created, seen.restored) == (1, 0)
    _undone(source)
    assert sorted(Contact.objects.values_list("name", flat=True)) == ["Gita", "Sita Rai"]
    assert Contact.objects.get(name="Sita Rai").fields == {"class": "11"}
    assert (source.undone, source.kept) == (1, 2)
    assert list(ContactField.objects.values_list("key", flat=True)) == ["class"]
    assert list(Group.objects.values_list("name", flat=True)) == ["Class 9", "Hostel"]


_PIECES = "Name,Mobile,Class,Groups\nSita,9841000001,9,A\nRam,9801000002,9,A\nSITA,9841000001,,B\n"


def _loaded_with_a_pause(tmp_path: Path, between: Callable[[], object]) -> ContactImport:
    """The same people in two pieces of a row each, and what someone does between them."""
    path = csv_file(tmp_path / "pieces.csv", _PIECES)
    source = jobs.take_in(path, name="pieces.csv", by=None)
    assert jobs.start(source, guessed(source))
    source.refresh_from_db()
    once = iter([True, True])  # the headings, and the first row
    assert not load.load(source, go_on=partial(next, once, False))
    between()
    assert load.load(source)
    return source


@pytest.mark.parametrize("is_known", [True, False])
def test_what_someone_wrote_between_two_pieces_stays(
    is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.importing.pieces.ROWS_A_PIECE", 1)
    ContactField.objects.create(name="Village", key="village", kind="text")
    if is_known:
        ContactFactory.create(name="Sita", mobile="9841000001", fields={})
    text = "Name,Mobile,Class,Groups,Village\nSita,9841000001,9,A,\nSita,9841000001,,B,Ghorahi\n"
    monkeypatch.setattr(f"{__name__}._PIECES", text)

    def edit() -> None:
        sita = Contact.objects.get(name="Sita")
        sita.fields = {**sita.fields, "class": 11}
        sita.save()

    source = _loaded_with_a_pause(tmp_path, edit)
    assert not _can_be_undone(source)
    assert Contact.objects.get().fields == {"class": 11, "village": "Ghorahi"}


def test_who_joined_a_group_between_two_pieces_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.importing.pieces.ROWS_A_PIECE", 1)
    hostel = GroupFactory.create(name="Hostel")

    def join() -> None:
        membership.join(hostel, [Contact.objects.get(name="Sita").pk])

    source = _loaded_with_a_pause(tmp_path, join)
    _undone(source)
    assert list(Contact.objects.values_list("name", flat=True)) == ["Sita"]
    assert hostel.members.exists()


def test_who_only_joined_a_group_leaves_it(tmp_path: Path) -> None:
    ContactFactory.create(name="Sita", mobile="9841000001", fields={})
    before = _everything()
    source = imported(csv_file(tmp_path / "groups.csv", "Name,Mobile,Groups\nSita,9841000001,A\n"))
    Contact.objects.get().save()  # written since, but the import wrote nothing about her
    assert (_undone(source).undone, _everything()) == (1, before)


def test_a_field_that_a_running_import_waits_for_stays(tmp_path: Path) -> None:
    first = _imported(tmp_path)
    path = csv_file(tmp_path / "second.csv", "Name,Mobile,Class\nHari,9841000009,9\n")
    second = jobs.take_in(path, name="second.csv", by=None)
    assert jobs.start(second, guessed(second))
    _undone(first)
    assert ContactField.objects.filter(key="class").exists()


def test_an_undoing_that_fails_says_so_and_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sender: Browser
) -> None:
    source = _imported(tmp_path, TEXT.format(opted=""))
    assert undo.begin(source, by=None, with_opt_outs=False)
    with monkeypatch.context() as broken:
        broken.setattr("contacts.importing.undo._restore_some", _raise)
        assert jobs.run(go_on=lambda: True)
    assert (
        "This import could not be undone completely." in sender.get(source.get_absolute_url()).text
    )


def _raise(source: ContactImport) -> bool:
    raise ValueError


def test_who_was_sent_a_message_since_stays_and_is_listed(tmp_path: Path, gateway: Gateway) -> None:
    old = ContactFactory.create(name="Ram Karki", mobile="9801000002", fields={})
    before = ContactFactory.create(name="Gita", mobile="9841000003", fields={})
    hand_over(gateway, Audience(contacts=(before.pk,)))  # long ago: that counts for nothing
    send_all(gateway)
    source = _imported(tmp_path)
    sita = Contact.objects.get(name="Sita Rai")
    hand_over(gateway, Audience(contacts=(sita.pk, old.pk)), text="The bus is late.")
    send_all(gateway)
    seen = outlook(source)
    assert [one.name for one in seen.texted.people()] == ["Ram Karki", "Sita Rai"]
    assert seen.restored == 1
    _undone(source)
    found = dict(Contact.objects.values_list("name", "fields"))
    assert found == {"Ram Karki": {"class": 10}, "Sita Rai": {"class": 9}, "Gita": {}}


def test_a_field_that_was_deleted_since_does_not_come_back(tmp_path: Path) -> None:
    field = ContactField.objects.create(name="Village", key="village", kind="text")
    ContactFactory.create(name="Sita Rai", mobile="9841000001", fields={"village": "Ghorahi"})
    source = _imported(tmp_path)
    field.delete()
    _undone(source)
    assert Contact.objects.get(name="Sita Rai").fields == {}


def test_an_undoing_that_is_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("undo", "imported_people"):
        monkeypatch.setattr(f"contacts.importing.{module}.AT_ONCE", 1)
    source = _imported(tmp_path)
    assert undo.begin(source, by=None, with_opt_outs=True)
    assert not undo.begin(source, by=None, with_opt_outs=True)
    once = partial(next, iter([True]), False)
    assert not jobs.run(go_on=once)
    assert 0 < Contact.objects.count() < 3
    assert jobs.waiting()
    tasks.run_imports.call_local()
    source.refresh_from_db()
    assert (source.state, source.undone) == (ImportState.UNDONE, 3)
    assert not Contact.objects.exists()


def test_an_import_can_be_undone_for_a_week(tmp_path: Path) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841000001", fields={})
    source = _imported(tmp_path)
    undo.forget_old()
    assert source.changes.exists()
    long_ago = timezone.now() - undo.POSSIBLE_FOR - timedelta(minutes=1)
    ContactImport.objects.update(finished_at=long_ago)
    assert not _can_be_undone(source)
    assert not undo.begin(source, by=None, with_opt_outs=True)
    undo.forget_old()
    assert not source.changes.exists()


def test_only_a_manager_undoes_opt_outs_and_only_with_a_tick(
    tmp_path: Path, manager: Browser
) -> None:
    OptOut.objects.create(mobile="9841000001", reason="Asked us")
    text = "Name,Mobile,Opted out\nSita,9841000001,yes\nRam,9841000002,yes\n"
    for ticked, left in (({}, 2), ({"opt_outs": "on"}, 1)):
        source = _imported(tmp_path, text)
        address = f"{source.get_absolute_url()}undo/"
        colleague = signed_in(SENDER)
        assert colleague.post(address).headers["Location"] == source.get_absolute_url()
        assert "only a manager can undo it" in colleague.get(source.get_absolute_url()).text
        page = " ".join(manager.get(address).text.split())
        assert "2 contacts that it added will be removed." in page
        assert "Also allow messages again to the number that it opted out" in page
        manager.post(address, ticked)
        tasks.run_imports.call_local()
        assert not Contact.objects.exists()
        assert OptOut.objects.count() == left
        if left == 2:  # as no one has allowed messages to it
            OptOut.objects.get(mobile="9841000002").delete()
    assert OptOut.objects.get().mobile == "9841000001"


def test_an_opt_out_that_a_later_file_has_as_well_stays(tmp_path: Path) -> None:
    first = _imported(tmp_path, "Name,Mobile,Opted out\nSita,9841000001,yes\nRam,9841000002,yes\n")
    _imported(tmp_path, "Name,Mobile,Opted out\nSita,9841000001,yes\n")
    seen = outlook(first)
    assert seen.opt_outs == 1
    _undone(first)
    assert list(OptOut.objects.values_list("mobile", flat=True)) == ["9841000001"]


def test_an_opt_out_that_someone_has_confirmed_stays(tmp_path: Path) -> None:
    source = _imported(tmp_path)
    people = Contact.objects.filter(mobile="9841000003")
    action = BulkAction(Action.OPT_OUT, people, by=None, reason="Asked us by telephone")
    assert action.go_on(0, is_time_left=lambda: True).done == 1
    _undone(source)
    assert list(OptOut.objects.values_list("mobile", flat=True)) == ["9841000003"]


def test_an_opt_out_that_someone_has_typed_since_stays(tmp_path: Path, sender: Browser) -> None:
    source = _imported(tmp_path)
    page = sender.post("/opt-outs/new/", {"mobile": "984-1000003"}).text
    assert "This number is already opted out." in page
    _undone(source)
    assert list(OptOut.objects.values_list("mobile", flat=True)) == ["9841000003"]


def test_a_field_or_a_group_that_is_in_use_since_stays(tmp_path: Path, manager: Browser) -> None:
    text = "Name,Mobile,Groups,Class,Fee,Village\nSita,9841000001,Bus; Hostel,9,100,Lamahi\n"
    source = _imported(tmp_path, text)
    renamed = ContactField.objects.get(key="class")
    manager.post(f"/contacts/fields/{renamed.pk}/", {"name": "Year", "in_list": "on"})
    templates.keep(name="Fees", text="Please pay {fee}.", by=None)
    group = Group.objects.get(name="Bus")
    manager.post(f"/groups/{group.pk}/rename/", {"name": "Bus 1"})
    _undone(source)
    assert not Contact.objects.exists()
    assert sorted(ContactField.objects.values_list("key", flat=True)) == ["class", "fee"]
    assert list(Group.objects.values_list("name", flat=True)) == ["Bus 1"]


def test_who_was_messaged_by_a_typed_number_stays(tmp_path: Path, gateway: Gateway) -> None:
    source = _imported(tmp_path)
    hand_over(gateway, Audience(numbers="9841000001"))
    send_all(gateway)
    seen = outlook(source)
    assert [one.name for one in seen.texted.people()] == ["Sita Rai"]
    _undone(source)
    assert Contact.objects.get().name == "Sita Rai"


def test_files_that_changed_its_people_since_are_to_be_undone_first(
    tmp_path: Path, sender: Browser
) -> None:
    first = _imported(tmp_path, "Name,Mobile,Class\nSita,9841000001,9\nRam,9841000002,9\n")
    later = imported(csv_file(tmp_path / "up.csv", "Name,Mobile,Class\nSita,9841000001,10\n"))
    imported(csv_file(tmp_path / "others.csv", "Name,Mobile\nGita,9841000003\n"))
    seen = outlook(first)
    assert [one.pk for one in seen.first] == [later.pk]
    page = sender.get(f"{first.get_absolute_url()}undo/").text
    assert "Files that changed some of the same contacts" in page
    assert f'<a href="{later.get_absolute_url()}">up.csv</a>' in page
    _undone(later)
    seen = outlook(first)
    assert not seen.first.exists()
    _undone(first)
    assert list(Contact.objects.values_list("name", flat=True)) == ["Gita"]


def test_several_imports_are_undone_one_after_the_other_the_last_one_first(
    tmp_path: Path,
) -> None:
    empty = _everything()
    sources, states = [], []
    for village in ("Ghorahi", "Tulsipur", "Lamahi"):
        states.append(_everything())
        text = f"Name,Mobile,Village\nSita,9841000001,{village}\n"
        sources.append(_imported(tmp_path, text))
    for source, before in zip(reversed(sources), reversed(states), strict=True):
        _undone(source)
        assert source.kept == 0
        assert _everything() == before
    assert _everything() == empty


def test_files_that_found_people_unchanged_since_are_named(tmp_path: Path, sender: Browser) -> None:
    first = _imported(tmp_path, "Name,Mobile\nSita,9841000001\n")
    again = imported(csv_file(tmp_path / "again.csv", "Name,Mobile\nSita,9841000001\n"))
    page = sender.get(f"{first.get_absolute_url()}undo/").text
    assert "Files imported since" in page
    assert f'<a href="{again.get_absolute_url()}">again.csv</a>' in page


def test_a_value_of_another_kind_than_its_field_has_now_does_not_come_back(
    tmp_path: Path,
) -> None:
    field = ContactField.objects.create(name="Ward", key="ward", kind="text")
    ContactFactory.create(name="Sita Rai", mobile="9841000001", fields={"ward": "north"})
    source = _imported(tmp_path)
    field.kind = "number"
    field.save()
    _undone(source)
    assert Contact.objects.get(name="Sita Rai").fields == {}


def test_a_sender_undoes_an_import_from_its_report(tmp_path: Path, sender: Browser) -> None:
    source = _imported(tmp_path, TEXT.format(opted=""))
    report = source.get_absolute_url()
    assert f'href="{report}undo/"' in sender.get(report).text
    Contact.objects.get(name="Ram Karki").save()
    page = " ".join(sender.get(f"{report}undo/").text.split())
    assert "2 contacts that it added will be removed." in page
    assert "<h2>Contacts changed since the import</h2> <p>1 contact will stay as it is:</p>" in page
    assert sender.post(f"{report}undo/").headers["Location"] == report
    assert "Undoing the import of list.csv" in sender.get(report).text
    assert "0 contacts removed or restored" in sender.get(f"{report}progress/").text
    tasks.run_imports.call_local()
    page = " ".join(sender.get(report).text.split())
    assert "2 contacts were removed or restored." in page
    assert (
        "1 contact stayed as it was, because it had been changed or sent a message since." in page
    )
    assert "Undo this import" not in page
    assert sender.get(f"{report}undo/").headers["Location"] == report


def test_only_those_who_may_delete_undo_an_import(tmp_path: Path, roles: None) -> None:
    source = _imported(tmp_path)
    assert signed_in("").get(f"{source.get_absolute_url()}undo/").status_code == 403
    assert Contact.objects.count() == 3


def test_an_import_that_changed_nothing_is_not_undone(tmp_path: Path, sender: Browser) -> None:
    _imported(tmp_path, "Name,Mobile\nSita,9841000001\n")
    again = _imported(tmp_path, "Name,Mobile\nSita,9841000001\n")
    assert "Undo this import" not in sender.get(again.get_absolute_url()).text


def test_who_joined_a_group_between_two_pieces_that_both_changed_them_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.importing.pieces.ROWS_A_PIECE", 1)
    hostel = GroupFactory.create(name="Hostel")
    text = "Name,Mobile,Class,Groups,Village\nSita,9841000001,9,A,\nSita,9841000001,,B,Ghorahi\n"
    path = csv_file(tmp_path / "pieces.csv", text)
    source = jobs.take_in(path, name="pieces.csv", by=None)
    assert jobs.start(source, guessed(source))
    source.refresh_from_db()
    assert not load.load(source, go_on=partial(next, iter([True, True]), False))
    membership.join(hostel, [Contact.objects.get(name="Sita").pk])
    assert load.load(source)
    assert not _can_be_undone(source)
    assert hostel.members.count() == 1


def test_of_two_undoings_the_one_of_the_newer_file_comes_first(
    tmp_path: Path, sender: Browser
) -> None:
    ContactField.objects.create(name="Village", key="village", kind="text")
    ContactFactory.create(name="Sita", mobile="9841000001", fields={"village": "Old"})
    text = "Name,Mobile,Village\nSita,9841000001,{village}\n{more}"
    older = _imported(tmp_path, text.format(village="A", more="Hari,9841000003,A\n"))
    newer = _imported(tmp_path, text.format(village="B", more=""))
    sender.post(f"{newer.get_absolute_url()}undo/")
    page = sender.get(f"{older.get_absolute_url()}undo/").text
    assert "Another import is running or being undone" in page
    sender.post(f"{older.get_absolute_url()}undo/")
    assert jobs.run(go_on=lambda: True)
    assert list(Contact.objects.values_list("name", "fields")) == [("Sita", {"village": "Old"})]


def test_who_left_a_group_and_joined_it_again_stays_in_it(tmp_path: Path) -> None:
    sita = ContactFactory.create(name="Sita", mobile="9841000001", fields={})
    source = _imported(tmp_path, "Name,Mobile,Groups\nSita,9841000001,A\n")
    group = Group.objects.get(name="A")
    membership.leave(group, [sita.pk])
    membership.join(group, [sita.pk])
    _undone(source)
    assert list(group.members.all()) == [sita]


def test_an_undoing_that_failed_is_begun_again_and_counts_nobody_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ContactFactory.create(name="Gita", mobile="9841000003", fields={})
    source = _imported(tmp_path)
    Contact.objects.get(name="Sita Rai").save()
    ended = source.finished_at
    assert undo.begin(source, by=None, with_opt_outs=False)
    with monkeypatch.context() as patched:
        patched.setattr("contacts.importing.undo._restore_some", _raise)
        jobs.run(go_on=lambda: True)
    source.refresh_from_db()
    assert (source.state, source.finished_at) == (ImportState.FAILED, ended)
    _undone(source, opt_outs=False)
    assert (source.undone, source.kept) == (2, 1)


def test_a_group_that_is_renamed_while_it_is_looked_at_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _imported(tmp_path, "Name,Mobile,Groups\nSita,9841000001,A\n")
    Contact.objects.all().delete()
    atomic = transaction.atomic

    def after_someone_renamed_it() -> object:
        Group.objects.filter(name="A").update(name="Bus", source=None)
        return atomic()

    monkeypatch.setattr("django.db.transaction.atomic", after_someone_renamed_it)
    undo.forget_made(source)
    assert list(Group.objects.values_list("name", flat=True)) == ["Bus"]


def test_an_import_that_is_cancelled_before_its_first_row_leaves_no_field(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "list.csv", "Name,Mobile,Class\nSita,9841000001,9\n")
    source = jobs.take_in(path, name="list.csv", by=None)
    assert jobs.start(source, guessed(source))
    assert ContactField.objects.exists()
    source.refresh_from_db()
    assert jobs.cancel(source)
    assert not ContactField.objects.exists()


def test_what_two_files_shared_goes_with_the_last_of_them(tmp_path: Path) -> None:
    first = _imported(tmp_path, "Name,Mobile,Class,Groups\nSita,9841000001,9,G\n")
    second = _imported(tmp_path, "Name,Mobile,Class,Groups\nRam,9841000002,9,G\n")
    _undone(first)
    assert Group.objects.exists()
    assert ContactField.objects.exists()
    _undone(second)
    assert not Group.objects.exists()
    assert not ContactField.objects.exists()


def test_an_opt_out_that_a_manager_typed_in_the_admin_since_stays(
    tmp_path: Path, manager: Browser
) -> None:
    source = _imported(tmp_path)
    page = manager.post("/admin/contacts/optout/add/", {"mobile": "9841000003"}).text
    assert "This number is already opted out." in page
    _undone(source)
    assert list(OptOut.objects.values_list("mobile", flat=True)) == ["9841000003"]


def test_only_ten_of_those_who_stay_are_named(tmp_path: Path, sender: Browser) -> None:
    rows = [f"Person {place},98410000{place:02}\n" for place in range(13)]
    source = _imported(tmp_path, "".join(["Name,Mobile\n", *rows]))
    for person in Contact.objects.exclude(name="Person 12"):
        person.save()
    page = sender.get(f"{source.get_absolute_url()}undo/").text
    assert "12 contacts will stay as they are:" in page
    assert ("Person 9<" in page, "Person 10<" in page, "And others." in page) == (True, False, True)


def test_a_template_that_was_changed_by_someone_else_keeps_no_field(tmp_path: Path) -> None:
    source = _imported(tmp_path, "Name,Mobile,Fee\nSita,9841000001,100\n")
    template = templates.keep(name="Fees", text="Please pay.", by=None)
    seen = template.version + 1
    assert not templates.change(template, seen=seen, name="Fees", text="Please pay {fee}.", by=None)
    _undone(source)
    assert not ContactField.objects.exists()
