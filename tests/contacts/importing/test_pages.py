"""Importing in the browser: choose a file, look, let it run, see what came of it."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from huey.contrib.djhuey import HUEY
from pytest_django import Settings

from contacts import tasks
from contacts.models import (
    Contact,
    ContactField,
    ContactImport,
    Group,
    ImportedPiece,
    ImportState,
    OptOut,
)
from sociair_portal.roles import SENDER
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory
from tests.importing import xlsx_file

pytestmark = pytest.mark.django_db

UPLOAD = "/contacts/import/"
TEXT = "Name,Mobile,Class\nSita Rai,9841000001,9\nरमेश,98O1000002,10\nGita,014412345,9\n"


def _file(content: bytes | str = TEXT, name: str = "students.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def _uploaded(browser: Browser, content: bytes | str = TEXT) -> ContactImport:
    response = browser.post(UPLOAD, {"file": _file(content)})
    source = ContactImport.objects.latest("id")
    assert response.headers["Location"] == source.get_absolute_url()
    return source


def _choices(source: ContactImport, **changed: str) -> dict[str, str]:
    """What the preview's form sends if nothing but this is changed."""
    columns = {"column_0": "name", "column_1": "number", "column_2": "new:number"}
    return (
        {"kind": "people", "existing": "update", "to_groups": "", "reason": ""} | columns | changed
    )


def _run() -> None:
    """What the worker does with what was queued."""
    tasks.run_imports.call_local()


def test_a_file_is_uploaded_looked_at_and_imported(sender: Browser) -> None:
    source = _uploaded(sender)
    page = sender.get(source.get_absolute_url()).content.decode()
    assert "students.csv has 3 rows. Nothing has been imported yet." in page
    assert "1 new, 0 changed, 0 unchanged, 2 left out." in page
    assert "Did you mean 980-1000002?" in page
    assert "This is a landline. Messages can only go to mobile numbers." in page

    sender.post(
        source.get_absolute_url(), _choices(source, action="start", to_groups="Class 9, Hostel")
    )
    assert "0 of 3 rows" in sender.get(source.get_absolute_url()).content.decode()
    assert not Contact.objects.exists()
    _run()
    page = sender.get(source.get_absolute_url()).content.decode()
    assert "Import result: students.csv" in page
    assert "This is a landline. Messages can only go to mobile numbers." in page
    person = Contact.objects.get()
    assert (person.name, person.fields) == ("Sita Rai", {"class": 9})
    assert set(person.groups.values_list("name", flat=True)) == {"Class 9", "Hostel"}
    source.refresh_from_db()
    assert source.created_by == sender.user


def test_an_import_that_is_started_twice_runs_once(sender: Browser) -> None:
    source = _uploaded(sender)
    for _click in range(2):
        sender.post(source.get_absolute_url(), _choices(source, action="start"))
    _run()
    _run()
    assert Contact.objects.count() == 1
    source.refresh_from_db()
    assert (source.created, source.rejected) == (1, 2)


def test_a_started_import_is_queued_for_the_worker(
    sender: Browser, django_capture_on_commit_callbacks: object
) -> None:
    source = _uploaded(sender)
    HUEY.storage.flush_all()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sender.post(source.get_absolute_url(), _choices(source, action="start"))
    assert HUEY.pending_count() == 1


def test_a_pasted_table_is_taken_like_a_file(sender: Browser) -> None:
    text = "नाम\tमोबाइल\r\nसीता\t९८४१००००००१\r\nराम\t9841000002"
    response = sender.post(UPLOAD, {"text": text})
    source = ContactImport.objects.get()
    assert response.headers["Location"] == source.get_absolute_url()
    assert (source.file_name, source.names, source.rows) == ("Pasted rows", ["नाम", "मोबाइल"], 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "This file is empty. Choose another."),
        (b"\n\n", "This file is empty."),
        (b"Name,Mobile\n", "This file has headings but no rows below them."),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "This is a picture."),
        (b"PK\x03\x04 and nothing else", "This file is damaged or of an unknown kind."),
        ("Name,Mobile\n" + "x," * 300 + "\n", "Line 2 has more than 200 columns."),
        ('Name,Mobile\n"' + "x" * 200_000, "Line 2 is longer than 100000 characters."),
        (
            "नाम,Mobile\n".encode() + b"Ren\xe9,984\n",
            "The character encoding of this file changes on line 2.",
        ),
    ],
)
def test_an_upload_that_cannot_be_read_says_why(
    content: bytes | str, says: str, sender: Browser
) -> None:
    response = sender.post(UPLOAD, {"file": _file(content)})
    assert response.status_code == 200
    assert says in response.content.decode()
    assert not ContactImport.objects.exists()


def test_what_was_pasted_and_cannot_be_read_stays_as_it_was_pasted(sender: Browser) -> None:
    pasted = "Name\tMobile"
    page = sender.post(UPLOAD, {"text": pasted})
    assert "headings but no rows" in page.content.decode()
    assert page.context["form"]["text"].value() == pasted


def test_an_upload_without_a_file_asks_for_one(sender: Browser) -> None:
    page = sender.post(UPLOAD, {"text": " "}).content.decode()
    assert "Choose a file, or paste rows below." in page


def test_the_form_says_how_large_a_file_may_be(sender: Browser, settings: Settings) -> None:
    settings.IMPORT_MAX_MB = 1
    page = sender.get(UPLOAD).text
    assert 'data-most-bytes="1048576"' in page
    assert 'data-too-large="This file is larger than 1 MB. Split it into' in page


def test_an_impossible_choice_of_columns_is_said(sender: Browser) -> None:
    source = _uploaded(sender)
    for changed, says in (
        ({"column_1": ""}, "Choose the column with the mobile numbers."),
        ({"column_2": "groups", "column_0": "groups"}, "Another column already has this meaning."),
        ({"column_2": "number"}, "Mobile numbers are in several columns: "),
        ({"column_0": "new:text"}, "This heading cannot be used for a field."),
        ({"to_groups": "x" * 101}, "A group name is too long"),
    ):
        page = sender.post(
            source.get_absolute_url(), _choices(source, action="start", **changed)
        ).content.decode()
        assert says in page
    source.refresh_from_db()
    assert source.state == ImportState.READY


def test_choices_for_an_import_stay_when_looking_again(sender: Browser) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841000001")
    source = _uploaded(sender)
    page = sender.post(
        source.get_absolute_url(),
        _choices(source, action="look", existing="leave", to_groups="Hostel"),
    ).content.decode()
    assert "0 new, 0 changed, 1 unchanged, 2 left out." in page
    assert 'value="Hostel"' in page
    assert ContactImport.objects.get().state == ImportState.READY


def test_a_shared_number_is_said_before_the_import(sender: Browser) -> None:
    ContactFactory.create(name="Anita", mobile="9841000001")
    source = _uploaded(sender)
    page = sender.get(source.get_absolute_url()).content.decode()
    assert "also the number of Anita" in page
    assert "1 shares a number with someone else" in page


def test_a_file_can_be_imported_as_opt_outs(sender: Browser) -> None:
    source = _uploaded(sender)
    sender.post(
        source.get_absolute_url(),
        _choices(source, action="start", kind="opt_outs", reason="Asked by letter"),
    )
    _run()
    found = OptOut.objects.get()
    assert (found.mobile, found.reason, found.created_by) == (
        "9841000001",
        "Asked by letter",
        sender.user,
    )
    assert not Contact.objects.exists()


def test_an_upload_that_is_given_up_leaves_nothing(sender: Browser) -> None:
    source = _uploaded(sender)
    response = sender.post(reverse("contacts:import_cancel", args=[source.pk]))
    assert response.headers["Location"] == UPLOAD
    assert not ImportedPiece.objects.exists()
    assert not Contact.objects.exists()


def test_a_sheet_that_the_file_lacks_is_said(sender: Browser, tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "one.xlsx", [["Name", "Mobile"], ["Sita", 9841000001]])
    content = path.read_bytes()
    source = _uploaded(sender, content)
    assert source.sheets == ["Sheet1"]
    page = sender.post(UPLOAD, {"file": _file(content), "sheet": "Class 9"}).content.decode()
    assert "This file has no sheet with that name." in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_left_out_can_be_put_right_and_imported(
    kind: str, sender: Browser, tmp_path: Path
) -> None:
    rows: list[list[object]] = [
        ["Name", "Mobile", "Note"],
        ["@cmd", "98O1000002", "-5"],
        ["Sita", 9841000001, ""],
    ]
    if kind == "csv":
        content: bytes = "\n".join(",".join(map(str, row)) for row in rows).encode()
    else:
        content = xlsx_file(tmp_path / "one.xlsx", rows).read_bytes()
    source = _uploaded(sender, content)
    sender.post(source.get_absolute_url(), _choices(source, action="start", column_2="new:text"))
    _run()
    response = sender.get(reverse("contacts:import_left_out", args=[source.pk]))
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    if kind == "csv":
        line = content.decode("utf-8-sig").splitlines()[1]
        assert line.startswith('"\'@cmd","98O1000002","\'-5","This is not')
        content = content.replace(b"98O1", b"9801")
    again = _uploaded(sender, content)
    assert again.names[-1] == "Why it was left out"
    page = sender.get(again.get_absolute_url()).content.decode()
    assert ("1 new, 0 changed, 0 unchanged, 0 left out." in page) == (kind == "csv")
    assert "@cmd" in page
    assert "&#x27;@cmd" not in page


def test_only_those_who_may_import_upload_files(roles: None) -> None:
    stranger = signed_in(SENDER)
    stranger.user.groups.clear()
    assert stranger.get(UPLOAD).status_code == 403
    assert stranger.post(UPLOAD, {"file": _file()}).status_code == 403


def test_an_import_that_does_not_exist_is_not_found(sender: Browser) -> None:
    for name in ("import", "import_progress", "import_left_out"):
        assert sender.get(reverse(f"contacts:{name}", args=[10**18])).status_code == 404


def test_groups_that_are_missing_are_made(sender: Browser) -> None:
    source = _uploaded(sender)
    sender.post(source.get_absolute_url(), _choices(source, action="start", column_2="groups"))
    _run()
    assert list(Group.objects.values_list("name", flat=True)) == ["9"]


TWO_COLUMNS = "Name,Father's mobile,Mother's mobile\nSita,9841000001,9801000001\n"


def test_two_columns_of_numbers_are_asked_about(sender: Browser) -> None:
    source = _uploaded(sender, TWO_COLUMNS)
    address = source.get_absolute_url()
    page = sender.get(address).text
    assert "Mobile numbers are in several columns. Which should be used?" in page
    columns = {"column_0": "name", "column_1": "number", "column_2": "number"}
    page = sender.post(address, _choices(source, action="start", **columns)).text
    assert "“Father&#x27;s mobile”, “Mother&#x27;s mobile”. Choose which to use." in page
    sender.post(address, _choices(source, action="start", several="both", **columns))
    _run()
    assert set(Contact.objects.values_list("mobile", "name")) == {
        ("9841000001", "Sita"),
        ("9801000001", "Sita"),
    }


def test_another_row_can_be_the_headings(sender: Browser) -> None:
    source = _uploaded(sender, "Class 9,List\nPupil,Telephone\nSita,9841000001\n")
    address = source.get_absolute_url()
    source.refresh_from_db()
    assert (source.heading, source.names, source.rows) == (2, ["Pupil", "Telephone"], 1)
    assert sender.post(address, {"heading": "1"}).status_code == 302
    source.refresh_from_db()
    assert (source.heading, source.names, source.rows) == (1, ["Class 9", "List"], 2)
    sender.post(address, {"heading": "3"})
    assert "This row cannot be used as headings." in sender.get(address).text
    sender.post(address, {"heading": "0"})
    source.refresh_from_db()
    assert (source.heading, source.names, source.rows) == (0, ["Column 1", "Column 2"], 3)


def test_every_line_of_a_file_is_accounted_for(sender: Browser) -> None:
    text = 'Shree School\n\nName,Mobile,Address\nSita,9841000001,"Ward 5\nGhorahi"\n,,\nRam,98\n'
    source = _uploaded(sender, text)
    for _moment in ("before", "after"):
        page = " ".join(sender.get(source.get_absolute_url()).text.split())
        assert (
            "Lines in the file: 7 · Above the headings: 1 · Headings: 1 · Empty: 2 "
            "· Part of the row before: 1 · Rows: 2" in page
        )
        meanings = {"column_2": "new:text"}
        sender.post(source.get_absolute_url(), _choices(source, action="start", **meanings))
        _run()
    source.refresh_from_db()
    assert (source.created, source.rejected, source.rows_done) == (1, 1, 2)


def test_a_column_shows_its_first_cells_and_what_it_is_taken_for(sender: Browser) -> None:
    source = _uploaded(sender, "Name,Mobile,Due\nSita,9841000001,2045-01-05\n")
    page = " ".join(sender.get(source.get_absolute_url()).text.split())
    assert "<li>2045-01-05</li>" in page
    assert "How Due is written" in page
    choices = _choices(source, action="start", column_2="new:date")
    assert (
        "Choose the calendar for these dates."
        in sender.post(source.get_absolute_url(), choices).text
    )


TYPED_FOR_A_FONT = "gfd,Mobile,sIff\nl;tf /fO{,9841003501,kfFr\n/fd axfb'/ yfkf,9841003502,b'O{\n"


def test_letters_that_were_typed_for_a_font_are_asked_about(sender: Browser) -> None:
    source = _uploaded(sender, TYPED_FOR_A_FONT)
    address = source.get_absolute_url()
    page = " ".join(sender.get(address).text.split())
    assert "<li>l;tf /fO{ → सिता राई</li>" in page
    assert "Which font was “gfd” typed in?" in page
    assert "people would read these letters as they are in the file" in page
    assert "Answer the questions above" in page
    assert "Preeti or Kantipur: सिता राई" in page
    choices = _choices(source, action="start", column_2="new:text")
    page = sender.post(address, choices).text
    assert (
        "These letters look as if they were typed in a font like Preeti. Choose the font." in page
    )
    assert not Contact.objects.exists()

    choices |= {"written_0": "preeti", "written_2": "as_it_is"}
    page = " ".join(sender.post(address, choices | {"action": "look"}).text.split())
    assert "l;tf /fO{ · 9841003501" in page
    assert "<strong>New:</strong> सिता राई" in page
    sender.post(address, choices)
    _run()
    assert sorted(Contact.objects.values_list("name", "fields")) == [
        ("राम बहादुर थापा", {"siff": "b'O{"}),
        ("सिता राई", {"siff": "kfFr"}),
    ]
    page = sender.get(_uploaded(sender, TYPED_FOR_A_FONT).get_absolute_url()).text
    assert '<option value="preeti" selected>' in page  # as last time
    assert "Answer the questions above" in page  # nobody has said what sIff would be


def test_a_file_typed_for_a_font_is_asked_about_after_one_in_unicode(sender: Browser) -> None:
    in_unicode = _uploaded(sender, TYPED_FOR_A_FONT.replace("l;tf /fO{", "सिता").split("\n/")[0])
    choices = _choices(in_unicode, action="start", column_2="new:text")
    sender.post(in_unicode.get_absolute_url(), choices)
    _run()
    assert Contact.objects.get().name == "सिता"
    page = sender.get(_uploaded(sender, TYPED_FOR_A_FONT).get_absolute_url()).text
    assert "Which font was “gfd” typed in?" in page
    assert "Answer the questions above" in page


def test_what_could_be_latin_in_such_a_column_is_asked_about_and_what_is_latin_is_named(
    sender: Browser,
) -> None:
    names = ["l;tf /fO{", "kafle", "/fd axfb'/ yfkf", "k|ldnf cof{n", "Sita Thapa", "hari@x.np"]
    rows = [f"{name},98410035{place:02}\n" for place, name in enumerate(names)]
    source = _uploaded(sender, "".join(["gfd,Mobile\n", *rows]))
    address = source.get_absolute_url()
    page = sender.get(address).text
    assert "2 cells stay as they are: Sita Thapa, hari@x.np." in page
    assert "1 cell could be Nepali or Latin: kafle." in page
    assert "Preeti or Kantipur: सिता राई, and kafle becomes पबाभि" in page
    assert "Preeti or Kantipur: सिता राई, and kafle stays as it is" in page
    assert "kafle →" not in page  # until someone has said so
    answered = _choices(source, action="look", written_0="preeti")
    assert "kafle → पबाभि" in sender.post(address, answered).text
    answered = _choices(source, action="look", written_0="preeti_sure")
    assert "kafle →" not in sender.post(address, answered).text
    sender.post(address, _choices(source, action="start", written_0="preeti_sure"))
    _run()
    people = set(Contact.objects.values_list("name", flat=True))
    assert people == {
        "सिता राई",
        "राम बहादुर थापा",
        "प्रमिला अर्याल",
        "Sita Thapa",
        "kafle",
        "hari@x.np",
    }
    again = sender.get(_uploaded(sender, "".join(["gfd,Mobile\n", *rows])).get_absolute_url()).text
    assert "Answer the questions above" in again  # other words may be among them this month


def test_one_name_typed_for_a_font_among_many_is_asked_about(sender: Browser) -> None:
    rows = [f"Sita Thapa {place},98410035{place:02}\n" for place in range(20)]
    source = _uploaded(sender, "".join(["Name,Mobile\n", *rows, "/fd axfb'/,9841003599\n"]))
    page = sender.get(source.get_absolute_url()).text
    assert "20 cells stay as they are: Sita Thapa 0, Sita Thapa 1, Sita Thapa 2 and others." in page
    assert "Preeti or Kantipur: राम बहादुर" in page
    sender.post(source.get_absolute_url(), _choices(source, action="start", written_0="preeti"))
    _run()
    names = Contact.objects.filter(name__in=["राम बहादुर", "Sita Thapa 7"])
    assert names.count() == 2


def test_a_field_of_such_a_column_is_called_as_its_font_shows(sender: Browser) -> None:
    source = _uploaded(sender, TYPED_FOR_A_FONT)
    choices = _choices(source, action="start", column_2="new:text")
    choices |= {"written_0": "preeti", "written_2": "preeti"}
    sender.post(source.get_absolute_url(), choices)
    _run()
    assert list(ContactField.objects.values_list("name", "key")) == [("कक्षा", "कक्षा")]
    assert Contact.objects.get(mobile="9841003501").fields == {"कक्षा": "पाँच"}


def test_a_name_typed_for_a_font_below_the_first_rows_is_shown_in_the_question(
    sender: Browser,
) -> None:
    rows = [f"Sita Thapa,{9841000000 + place}\n" for place in range(1200)]
    late = "raj,9841009998\n;'s'df/L,9841009999\n"
    source = _uploaded(sender, "".join(["Name,Mobile\n", *rows, late]))
    page = sender.get(source.get_absolute_url()).text
    assert "Preeti or Kantipur: सुकुमारी, and raj stays as it is" in page
    assert "raj becomes" not in page  # as hardly any name of this column was typed so
    assert "No font: ;&#x27;s&#x27;df/L stays as it is" in page


def test_labels_of_an_address_book_become_groups_only_if_someone_says_so(
    sender: Browser,
) -> None:
    text = (
        "First Name,Last Name,Labels,Phone 1 - Value\nSita,Rai,Staff ::: * myContacts,984-1001711\n"
    )
    source = _uploaded(sender, text)
    address = source.get_absolute_url()
    page = sender.get(address).text
    assert "Labels: groups or not?" in page
    assert "Answer the questions above" in page
    columns = {"column_1": "name", "column_2": "labels", "column_3": "number"}
    page = sender.post(address, _choices(source, action="start", **columns)).text
    assert "Should each of these labels become a group?" in page
    columns["column_2"] = "groups"
    sender.post(address, _choices(source, action="start", **columns))
    _run()
    assert list(Group.objects.values_list("name", flat=True)) == ["Staff"]
    alone = text.replace("Staff ::: ", "").replace("First", "Given")
    page = sender.get(_uploaded(sender, alone).get_absolute_url()).text
    assert "Labels: groups or not?" not in page  # what is in every address book makes no group


def test_rows_of_which_something_is_left_out_are_shown_first(sender: Browser) -> None:
    rows = [f"Person {place},{9841000000 + place},100\n" for place in range(40)]
    text = "".join(["Name,Mobile,Fee\n", *rows, "Sita,9841009999,Paid\nRam,12,100\n"])
    page = sender.get(_uploaded(sender, text).get_absolute_url()).text
    assert "Without Fee" in page
    assert page.index("9841009999") < page.index("</strong> Person 0 ")
