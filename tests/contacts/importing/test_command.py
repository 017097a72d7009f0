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
        "rows": [
            {
                "line": 3,
                "entry": "12",
                "reason": "This number is too short: it has 2 digits, a mobile number has 10.",
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
        (b"", [], "There is nothing in this file."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", [], "This is no table"),
        (b"Name,Mobile\nSita,9841000001\n", ["--column", "number=Cell"], "There is no column"),
        (b"Name,Village\nSita,Ilam\n", [], "Choose the column that has the mobile numbers."),
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


def test_the_import_command_says_that_there_is_no_file(tmp_path: Path) -> None:
    done = run("import_contacts", str(tmp_path / "none.csv"))
    assert done.code == 2
    assert "There is no file" in done.err
