"""From a file to contacts: who is the same person, what changes, what is left out and why."""

from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from contacts.importing import jobs, load, pieces
from contacts.importing.chosen import NotChosen, options_of
from contacts.importing.meanings import REASON, guess_choice
from contacts.importing.options import Existing
from contacts.models import (
    Contact,
    ContactField,
    ContactImport,
    Group,
    ImportedPiece,
    ImportState,
    OptOut,
    RejectedRow,
)
from messaging.models import Gateway
from messaging.services.sending import dispatch
from sandbox.server import Sandbox
from tests.at_once import at_once
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.importing import counts, csv_file, guessed, imported, xlsx_file
from tests.sending import check_books, hand_over, numbers, send_all

pytestmark = pytest.mark.django_db

STUDENTS = """S.No.,Name,Mobile No,Class,Fee due
1,Sita Rai,9841000001,9,1200
2,सुनिता थापा,+977-9801-000002,10,"1,550.50"
3,Ram Karki,०९८४१०००००३,9,0
4,Gita,01-4412345,9,0
5,Hari,9.841E+09,9,0
6,Om,9841000004 / 9801000005,9,0
7,Uma,98410OOOO6,9,0
"""


_SEVERAL = "This cell has several numbers: 984-1000004, 980-1000005. Put each in its own row."


def _reasons() -> dict[int, tuple[str, str]]:
    return {row.line: (row.reason, row.suggestion) for row in RejectedRow.objects.all()}


def test_a_file_of_people_becomes_contacts(tmp_path: Path) -> None:
    source = imported(csv_file(tmp_path / "students.csv", STUDENTS))
    assert (source.state, source.rows, source.rows_done) == (ImportState.DONE, 7, 7)
    assert counts(source) == (3, 0, 0, 4)
    people = {one.mobile: (one.name, one.operator, one.fields) for one in Contact.objects.all()}
    assert people == {
        "9841000001": ("Sita Rai", "ntc", {"class": 9, "fee_due": 1200}),
        "9801000002": ("सुनिता थापा", "ncell", {"class": 10, "fee_due": [1550.5, "1,550.50"]}),
        "9841000003": ("Ram Karki", "ntc", {"class": 9, "fee_due": 0}),
    }
    assert dict(ContactField.objects.values_list("key", "kind")) == {
        "class": "number",
        "fee_due": "number",
    }
    assert _reasons() == {
        5: ("This is a landline. Messages can only go to mobile numbers.", ""),
        6: ("Excel shortened this number to 9.841E+09. Type it in full.", ""),
        7: (_SEVERAL, ""),
        8: (
            "This is not a number. Use only digits, spaces, hyphens and a + at the start.",
            "9841000006",
        ),
    }
    assert not ImportedPiece.objects.exists()  # nothing is kept twice


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "students.csv", STUDENTS)
    imported(path, to_groups=("Students",))
    before = list(Contact.objects.order_by("id").values())
    assert counts(imported(path, to_groups=("Students",))) == (0, 0, 3, 4)
    assert list(Contact.objects.order_by("id").values()) == before
    assert Group.objects.get().members.count() == 3


def test_a_newer_file_changes_only_what_is_different(tmp_path: Path) -> None:
    imported(csv_file(tmp_path / "one.csv", "Name,Mobile,Fee\nSita Rai,9841000001,100\n"))
    text = "Name,Mobile,Fee\nSITA  RAI,9841000001,150\nRam,9841000002,\n"
    assert counts(imported(csv_file(tmp_path / "two.csv", text))) == (1, 1, 0, 0)
    sita = Contact.objects.get(mobile="9841000001")
    assert (sita.name, sita.fields) == ("SITA RAI", {"fee": 150})


def test_more_people_are_changed_than_one_statement_writes(tmp_path: Path) -> None:
    def file(fee: int) -> Path:
        rows = [f"Person {place},984100{place:04},{fee + place}" for place in range(1500)]
        return csv_file(tmp_path / "fees.csv", "\n".join(["Name,Mobile,Fee", *rows]))

    imported(file(0))
    assert counts(imported(file(1))) == (0, 1500, 0, 0)
    fees = Contact.objects.order_by("mobile").values_list("name", "fields")
    assert list(fees) == [(f"Person {place}", {"fee": 1 + place}) for place in range(1500)]


def test_an_empty_cell_leaves_what_was_there(tmp_path: Path) -> None:
    ContactFactory.create(name="Sita", mobile="9841000001", fields={"fee": 100, "village": "Ilam"})
    ContactField.objects.create(name="Fee", key="fee", kind="number")
    text = "Name,Mobile,Fee\nSita,9841000001,\nRam,9841000002,5\n"
    assert counts(imported(csv_file(tmp_path / "one.csv", text))) == (1, 0, 1, 0)
    assert Contact.objects.get(name="Sita").fields == {"fee": 100, "village": "Ilam"}


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        (Existing.UPDATE, ("SITA", {"fee": 150}, 1, (0, 1, 0, 0))),
        (Existing.LEAVE, ("Sita", {}, 0, (0, 0, 1, 0))),
        (Existing.GROUPS, ("Sita", {}, 1, (0, 1, 0, 0))),
    ],
)
def test_existing_contacts_are_updated_left_or_only_grouped(
    existing: Existing, expected: tuple[str, dict[str, int], int, tuple[int, ...]], tmp_path: Path
) -> None:
    sita = ContactFactory.create(name="Sita", mobile="9841000001")
    path = csv_file(tmp_path / "one.csv", "Name,Mobile,Fee\nSITA,9841000001,150\n")
    source = imported(path, existing=existing, to_groups=("Class 9",))
    sita.refresh_from_db()
    assert (sita.name, sita.fields, sita.groups.count(), counts(source)) == expected


def test_names_tell_people_of_one_number_apart(tmp_path: Path) -> None:
    ContactFactory.create(name="Anita", mobile="9841000001")
    text = "Name,Mobile\nBina,9841000001\nB ina,9841000002\nBina,9841000001\n,9841000001\n"
    assert counts(imported(csv_file(tmp_path / "one.csv", text))) == (2, 0, 1, 1)
    assert (
        _reasons()[5][0]
        == "Several contacts have this number (Anita, Bina). Add the name to this row."
    )


@pytest.mark.parametrize("rows_a_piece", [1, 1000])
def test_the_first_row_of_a_person_in_a_file_wins(
    rows_a_piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first row has the last word, or the same file would change them back and forth."""
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", rows_a_piece)
    rows = ["Ram,9841000002,5,Jhapa", "Sita,9841000001,1,", "SITA,9841000001,2,Ilam"]
    text = "\n".join(["Name,Mobile,Fee,Village", *rows])
    path = csv_file(tmp_path / "one.csv", text)
    assert counts(imported(path)) == (2, 1, 0, 0)
    assert counts(imported(path)) == (0, 0, 3, 0)
    sita = Contact.objects.get(mobile="9841000001")
    assert (sita.name, sita.fields) == ("Sita", {"fee": 1, "village": "Ilam"})


def test_no_more_than_a_hundred_share_an_imported_number(tmp_path: Path) -> None:
    text = "Name,Mobile\n" + "".join(f"Person {n},9841000001\n" for n in range(102))
    assert counts(imported(csv_file(tmp_path / "one.csv", text))) == (100, 0, 0, 2)
    assert (
        _reasons()[103][0]
        == "More than 100 contacts have this number. Check that it is a real one."
    )


def test_imported_groups_are_found_whatever_their_case(tmp_path: Path) -> None:
    GroupFactory.create(name="Class 8")
    text = "Name,Mobile,Group\nSita,9841000001,class  8\nRam,9841000002,Hostel; HOSTEL\n"
    path = csv_file(tmp_path / "one.csv", text)
    assert counts(imported(path, to_groups=("CLASS 8",))) == (2, 0, 0, 0)
    groups = {group.name: group.members.count() for group in Group.objects.all()}
    assert groups in ({"Class 8": 2, "Hostel": 1}, {"Class 8": 2, "HOSTEL": 1})
    assert counts(imported(path, to_groups=("CLASS 8",))) == (0, 0, 2, 0)


def test_a_contact_without_a_name_is_called_by_number(tmp_path: Path) -> None:
    ContactFactory.create(name="Anita", mobile="9841000001")
    text = "Mobile,Fee\n9841000001,5\n9841000002,6\n"
    assert counts(imported(csv_file(tmp_path / "one.csv", text), names=())) == (1, 1, 0, 0)
    assert set(Contact.objects.values_list("name", flat=True)) == {"Anita", "984-1000002"}


def test_people_join_groups_of_their_row_and_of_all(tmp_path: Path) -> None:
    GroupFactory.create(name="Class 9")
    text = "Name,Mobile,Groups\nSita,9841000001,Class 9; Hostel\nRam,9841000002,\n"
    imported(csv_file(tmp_path / "one.csv", text), to_groups=("Everyone",))
    groups = {group.name: group.members.count() for group in Group.objects.all()}
    assert groups == {"Class 9": 1, "Hostel": 1, "Everyone": 2}


def test_a_value_that_does_not_fit_is_left_out_and_the_person_stays(tmp_path: Path) -> None:
    ContactField.objects.create(name="Fee", key="fee", kind="number")
    text = "Name,Mobile,Fee\nSita,9841000001,twelve\nRam,9841000002,12\n"
    source = imported(csv_file(tmp_path / "one.csv", text))
    assert (counts(source), source.values_left_out) == ((2, 0, 0, 0), 1)
    assert Contact.objects.get(name="Sita").fields == {}
    left_out = RejectedRow.objects.get()
    assert (left_out.line, left_out.column, left_out.entry) == (2, "Fee", "twelve")
    assert left_out.reason == "“twelve” is not a number like 1250 or 1,250.50."


def test_opt_outs_stay_and_can_be_imported(tmp_path: Path) -> None:
    OptOutFactory.create(mobile="9841000001", reason="Asked by telephone")
    path = csv_file(tmp_path / "one.csv", "Name,Mobile\nSita,9841000001\nRam,9841000002\n")
    imported(path)
    assert OptOut.objects.get().reason == "Asked by telephone"
    source = imported(path, opt_out=True, reason="List of the clinic")
    assert counts(source) == (1, 0, 1, 0)
    reasons = dict(OptOut.objects.values_list("mobile", "reason"))
    assert reasons == {"9841000001": "Asked by telephone", "9841000002": "List of the clinic"}
    assert Contact.objects.count() == 2


def test_opt_outs_have_reasons_of_their_own(tmp_path: Path) -> None:
    text = "Number,Why\n9841000001,  Asked\u200b by letter \n9841000002,\n"
    path = csv_file(tmp_path / "one.csv", text)
    source = jobs.take_in(path, name="one.csv", by=UserFactory.create())
    choice = guess_choice(source)
    choice.give(1, REASON)
    with pytest.raises(NotChosen, match="Only opted-out numbers have a reason"):
        options_of(source, choice)
    choice.opt_out, choice.reason = True, "List of the clinic"
    assert jobs.start(source, options_of(source, choice))
    jobs.run(go_on=lambda: True)
    reasons = dict(OptOut.objects.values_list("mobile", "reason"))
    assert reasons == {"9841000001": "Asked by letter", "9841000002": "List of the clinic"}


def test_people_are_imported_from_a_spreadsheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["नाम", "मोबाइल"],
        ["सीता", 9841000001],
        ["रमेश", "9841000002"],
    ]
    source = imported(xlsx_file(tmp_path / "one.xlsx", rows))
    assert (source.kind, counts(source)) == ("xlsx", (2, 0, 0, 0))
    assert set(Contact.objects.values_list("name", flat=True)) == {"सीता", "रमेश"}


@pytest.fixture
def three_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContactImport:
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 3)
    rows = "".join(f"Person {n},98410000{n:02d}\n" for n in range(5)) + "Gita,12\n"
    path = csv_file(tmp_path / "one.csv", f"Name,Mobile\n{rows}")
    source = jobs.take_in(path, name="one.csv", by=UserFactory.create())
    assert source.pieces == 3
    assert jobs.start(source, guessed(source))
    source.refresh_from_db()
    return source


def _stops_after(rounds: int) -> object:
    left = iter([True] * rounds)
    return lambda: next(left, False)


def test_an_import_goes_on_where_it_stopped(three_pieces: ContactImport) -> None:
    assert not load.load(three_pieces, go_on=_stops_after(1))  # type: ignore[arg-type]
    assert (three_pieces.done, three_pieces.created, Contact.objects.count()) == (1, 2, 2)
    assert jobs.run(go_on=lambda: True)
    three_pieces.refresh_from_db()
    assert three_pieces.state == ImportState.DONE
    assert counts(three_pieces) == (5, 0, 0, 1)


def test_two_workers_load_a_piece_of_an_import_once(three_pieces: ContactImport) -> None:
    """Two workers hold the same piece in their hands."""
    stale = ContactImport.objects.get(pk=three_pieces.pk)
    load.load(three_pieces, go_on=_stops_after(1))  # type: ignore[arg-type]
    load.load(stale)
    stale.refresh_from_db()
    assert counts(stale) == (5, 0, 0, 1)


def test_a_cancelled_import_stops_before_its_next_piece(three_pieces: ContactImport) -> None:
    load.load(three_pieces, go_on=_stops_after(1))  # type: ignore[arg-type]
    other = ContactImport.objects.get(pk=three_pieces.pk)
    assert jobs.cancel(other)
    assert not jobs.cancel(other)
    load.load(three_pieces)
    assert (three_pieces.state, Contact.objects.count()) == (ImportState.CANCELLED, 2)
    assert not ImportedPiece.objects.exists()


def test_an_import_that_runs_cannot_be_started_again(three_pieces: ContactImport) -> None:
    assert not jobs.start(three_pieces, guessed(three_pieces))


@pytest.mark.django_db(transaction=True)
def test_answers_of_sociair_are_saved_meanwhile(
    gateway: Gateway, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    settings.SOCIAIR_BATCH_SIZE = 2
    people = "".join(f"Person {n},98{n:08d},Class {n % 9}\n" for n in range(5000))
    path = csv_file(tmp_path / "one.csv", f"Name,Mobile,Group\n{people}")
    source = jobs.take_in(path, name="one.csv", by=None)
    assert jobs.start(source, guessed(source))
    source.refresh_from_db()
    campaign = hand_over(gateway, numbers(120))
    at_once([partial(load.load, source), *[partial(_sent, gateway)] * 2])
    check_books(campaign, (entry.mobile for entry in sandbox.ledger()))
    assert campaign.accepted == 120
    assert source.state == ImportState.DONE


def _sent(gateway: Gateway) -> bool:
    return dispatch.Round.HELD not in send_all(gateway)


def test_whatever_is_no_plain_no_opts_out(tmp_path: Path) -> None:
    rows = ["yes ", "YES", "since 2080", "no", "", "होइन"]
    text = "Name,Mobile,Opted out\n" + "".join(
        f"P{place},984100000{place},{cell}\n" for place, cell in enumerate(rows)
    )
    imported(csv_file(tmp_path / "one.csv", text))
    assert set(OptOut.objects.values_list("mobile", flat=True)) == {
        "9841000000",
        "9841000001",
        "9841000002",
    }


def test_what_could_not_be_computed_is_no_name_and_no_group(tmp_path: Path) -> None:
    text = "Name,Mobile,Groups\n#N/A,9841000001,#REF!\n"
    imported(csv_file(tmp_path / "one.csv", text))
    assert Contact.objects.get().name == "984-1000001"
    assert not Group.objects.exists()


def test_words_before_the_first_one_typed_for_a_font_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 100)
    names = ["Sita Thapa"] * 350 + ["raj"] * 200 + ["/fd axfb'/"] * 150 + ["dev"] * 100
    rows = [f"{name},{9841000000 + place}\n" for place, name in enumerate(names)]
    path = csv_file(tmp_path / "names.csv", "".join(["Name,Mobile\n", *rows]))
    source = jobs.take_in(path, name=path.name, by=None)
    facts = jobs.facts_of_columns(source)[0]
    assert (facts.read, facts.nepali, facts.either, facts.typed) == (800, 150, 300, 150)
    assert (facts.either_ones, facts.staying) == (["raj", "dev"], ["Sita Thapa"])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="plans by statistics")
def test_who_sends_right_after_an_import_does_not_wait(tmp_path: Path) -> None:
    """The statistics of a table of three people made a search of it for each of the new ones."""
    rows = "".join(f"Person,{number},All\n" for number in numbers(1001))
    imported(csv_file(tmp_path / "many.csv", f"Name,Mobile,Groups\n{rows}"))
    with connection.cursor() as cursor:
        for table in (Contact, Group.members.through):
            name = table._meta.db_table
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [name])
            assert cursor.fetchone() == (1001,)
