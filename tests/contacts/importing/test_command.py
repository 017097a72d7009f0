"""`manage.py import_contacts`: the same import, for scripts."""

import json
from pathlib import Path

import pytest

from contacts.models import Contact, ContactImport, Group
from tests.command_line import run
from tests.importing import csv_file

pytestmark = pytest.mark.django_db

TEXT = "Who,Phone,Other phone\nSita,9841000001,9801000001\nRam,12,9801000002\n"


COLUMNS = ("--column", "name=Who", "--column", "number=Phone")


def test_the_import_command_imports_and_reports_in_json(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "one.csv", TEXT)
    done = run("import_contacts", str(path), "--group", "Class 9", *COLUMNS)
    assert done.code == 0
    assert json.loads(done.out) == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "values_left_out": 0,
        "rows": [
            {
                "line": 3,
                "column": "",
                "entry": "12",
                "reason": "This number is too short. "
                "A mobile number has 10 digits, and this has 2.",
            }
        ],
    }
    assert Contact.objects.get().name == "Sita"
    assert Group.objects.get(name="Class 9").members.count() == 1


def test_the_import_command_takes_numbers_from_the_named_column(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "one.csv", TEXT)
    done = run("import_contacts", str(path), "--column", "number=Other phone")
    assert json.loads(done.out)["created"] == 2
    assert set(Contact.objects.values_list("mobile", flat=True)) == {"9801000001", "9801000002"}


def test_the_import_command_can_leave_existing_contacts(tmp_path: Path) -> None:
    run("import_contacts", str(csv_file(tmp_path / "one.csv", "Name,Mobile\nsita,9841000001")))
    path = csv_file(tmp_path / "two.csv", "Name,Mobile\nSITA,9841000001\n")
    done = run("import_contacts", str(path), "--existing", "leave")
    assert json.loads(done.out)["unchanged"] == 1
    assert Contact.objects.get().name == "sita"


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (b"", [], "This file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", [], "This is a picture"),
        (b"Name,Mobile\nSita,9841000001\n", ["--column", "number=Cell"], "The file has no column"),
        (b"Name,Village\nSita,Ilam\n", [], "Choose the column with the mobile numbers."),
    ],
)
def test_the_import_command_refuses_a_file_it_cannot_read(
    content: bytes, arguments: list[str], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    path.write_bytes(content)
    done = run("import_contacts", str(path), *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert not ContactImport.objects.exists()


TWO_COLUMNS = (
    "Name,Father's mobile,Mother's mobile\n"
    "Sita,9841000001,9801000001\nRam,,9801000002\nGita,014412345,9801000003\n"
)


@pytest.mark.parametrize(
    ("arguments", "numbers", "rejected"),
    [
        (["--several", "first"], ["9801000002", "9801000003", "9841000001"], []),
        (
            ["--several", "both"],
            ["9801000001", "9801000002", "9801000003", "9841000001"],
            ["014412345"],
        ),
        (["--column", "number=Mother's mobile"], ["9801000001", "9801000002", "9801000003"], []),
    ],
)
def test_the_import_command_is_told_which_of_two_numbers_counts(
    arguments: list[str], numbers: list[str], rejected: list[str], tmp_path: Path
) -> None:
    path = csv_file(tmp_path / "two.csv", TWO_COLUMNS)
    asked = run("import_contacts", str(path))
    assert asked.code == 2
    assert "in several columns: “Father's mobile”, “Mother's mobile”" in asked.err
    assert not Contact.objects.exists()
    done = run("import_contacts", str(path), *arguments)
    assert done.code == 0
    assert [row["entry"] for row in json.loads(done.out)["rows"]] == rejected
    assert sorted(Contact.objects.values_list("mobile", flat=True)) == numbers


def test_the_import_command_asks_for_a_calendar_that_cells_do_not_tell(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "born.csv", "Name,Mobile,Born\nSita,9841000001,2045-01-05\n")
    asked = run("import_contacts", str(path))
    assert (asked.code, "“Born”: Choose the calendar" in asked.err) == (2, True)
    assert run("import_contacts", str(path), "--written", "Born=bs").code == 0
    assert Contact.objects.get().fields == {"born": ["1988-04-17", "2045-01-05"]}


def test_the_import_command_takes_the_named_line_as_headings(tmp_path: Path) -> None:
    text = "School,List\nPupil,Telephone\nSita,9841000001\n"
    path = csv_file(tmp_path / "one.csv", text)
    assert run("import_contacts", str(path), "--heading", "7").code == 2
    assert run("import_contacts", str(path), "--heading", "1").code == 0
    assert ContactImport.objects.get().names == ["School", "List"]


def test_the_import_command_says_that_there_is_no_file(tmp_path: Path) -> None:
    done = run("import_contacts", str(tmp_path / "none.csv"))
    assert done.code == 2
    assert "does not exist." in done.err


def test_the_import_command_asks_about_letters_typed_for_a_font(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "names.csv", "gfd,Mobile\nl;tf /fO{,9841003501\n")
    asked = run("import_contacts", str(path))
    assert (asked.code, "“gfd”: These letters look" in asked.err) == (2, True)
    assert run("import_contacts", str(path), "--written", "gfd=preeti").code == 0
    assert Contact.objects.get().name == "सिता राई"
