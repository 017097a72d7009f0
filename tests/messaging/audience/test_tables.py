"""Sending to the rows of a table: no contacts are made, and the numbers are as ugly as ever."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.importing import pieces
from contacts.importing.rows import Unreadable
from contacts.models import Contact, ContactImport
from messaging.models import Batch, Campaign, Gateway, LeftOut, Recipient, RecipientTable, TableRow
from messaging.services.audience import table_rows, tables
from messaging.services.audience.choice import Audience, describe
from messaging.services.audience.table_rows import TableRefused
from messaging.services.campaigns import control, drafts, follow_ups
from messaging.services.campaigns.review import review_of
from messaging.services.money import affordability
from messaging.services.sending.upkeep import sweep
from sociair_portal.common.actors import Actor
from sociair_portal.common.bulk_rows import insert_rows
from sociair_portal.roles import SENDER
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.importing import read_table, xlsx_file
from tests.pages import source, words
from tests.sending import hand_over, reading, send_all, states

pytestmark = pytest.mark.django_db

UPLOAD = "/compose/table/"
MARKS = (
    "Student,Guardian's mobile,Marks,Date\n"
    "Sita Rai,9841000001,81,Friday\n"
    "रमेश,९८०१००००02,७५,Friday\n"
    "Gita,98O1000002,40,Sunday\n"
    "Hari,014412345,55,Sunday\n"
    "Maya,,60,Sunday\n"
)
TEXT = "{student}: {marks}. Come on {date}."


def table_of(text: str, tmp_path: Path, *, by: Actor = None) -> RecipientTable:
    path = tmp_path / "table"
    path.write_text(text, encoding="utf-8")
    return read_table(path, name="marks.csv", by=by)


def draft_of(table: RecipientTable, gateway: Gateway, text: str = TEXT, **more: Any) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text=text,
        audience=Audience(table=str(table.pk), **more),
        gateway=gateway,
        by=None,
    )


def texts() -> dict[str, str]:
    return dict(Recipient.objects.values_list("mobile", "batch__text"))


def test_a_table_is_uploaded_and_everyone_gets_their_row(sender: Browser, gateway: Gateway) -> None:
    file = SimpleUploadedFile("marks.csv", MARKS.encode())
    answer = sender.post(UPLOAD, {"file": file})
    table = RecipientTable.objects.get()
    assert answer.headers["Location"] == f"/compose/?table={table.pk}"
    page = sender.get(answer.headers["Location"])
    assert "marks.csv 5 rows" in words(page)
    assert "3 rows are left out." in words(page)
    assert "{marks}" in words(page)
    assert "Groups" not in {legend.strip() for legend in words(page).split("  ")}
    typed = {"form_uuid": str(uuid.uuid4()), "table": str(table.pk), "text": TEXT}
    assert "2 people" in words(sender.post("/compose/measure/", typed))
    answer = sender.post("/compose/", typed)
    draft = Campaign.objects.get()
    assert answer.headers["Location"] == f"/campaigns/{draft.pk}/review/"
    assert draft.table == table
    reading(gateway)
    receipt = words(sender.get(draft.get_absolute_url()))
    assert "Sita Rai: 81. Come on Friday." in receipt
    assert "Line 5: Hari" in receipt
    assert "the rows of marks.csv" in receipt
    assert not Contact.objects.exists()


def test_rows_of_a_table_get_their_own_text(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of(MARKS, tmp_path)
    hand_over(gateway, Audience(table=str(table.pk)), text=TEXT)
    assert texts() == {
        "9841000001": "Sita Rai: 81. Come on Friday.",
        "9801000002": "रमेश: ७५. Come on Friday.",
    }
    assert set(Recipient.objects.values_list("name", flat=True)) == {"Sita Rai", "रमेश"}
    assert not Recipient.objects.exclude(contact=None).exists()
    assert [(out.entry, out.reason) for out in LeftOut.objects.all()] == [
        ("Line 4: Gita", "invalid"),
        ("Line 5: Hari", "invalid"),
        ("Line 6: Maya", "invalid"),
    ]


def test_a_contact_is_not_mixed_into_a_tables_row(gateway: Gateway, tmp_path: Path) -> None:
    ContactFactory.create(mobile="9841000001", name="Somebody Else")
    table = table_of(MARKS, tmp_path)
    hand_over(gateway, Audience(table=str(table.pk)), text="{name}")
    assert texts()["9841000001"] == "Sita Rai"


def test_one_text_for_a_table_leaves_out_opt_outs(gateway: Gateway, tmp_path: Path) -> None:
    OptOutFactory.create(mobile="9841000001")
    draft = draft_of(table_of(MARKS, tmp_path), gateway, text="Closed.")
    seen = review_of(draft, reading(gateway))
    assert (seen.people, seen.omitted) == (1, 4)


def test_large_tables_are_counted_by_the_database(
    gateway: Gateway, tmp_path: Path, settings: Any
) -> None:
    settings.INLINE_RECIPIENTS = 1
    OptOutFactory.create(mobile="9841000001")
    draft = draft_of(table_of(MARKS, tmp_path), gateway, text="Closed.")
    seen = review_of(draft, reading(gateway))
    assert (seen.people, seen.omitted) == (1, 4)


def test_a_column_goes_before_a_built_in_placeholder(gateway: Gateway, tmp_path: Path) -> None:
    text = "Name,Mobile,Number,Date\nSita,9841000001,No. 7,Friday\n"
    table = table_of(text, tmp_path)
    hand_over(gateway, Audience(table=str(table.pk)), text="{name} {number} {date}")
    assert texts() == {"9841000001": "Sita No. 7 Friday"}


def test_headings_alike_or_without_words_get_own_keys(tmp_path: Path) -> None:
    table = table_of("Fee due,fee-due,#,Mobile\n1,2,3,9841000001\n", tmp_path)
    assert list(table.headings) == ["fee_due", "fee_due_2", "column_3", "mobile"]
    table = table_of("9841000001,5\n9841000002,6\n", tmp_path)
    assert list(table.headings) == ["column_1", "column_2"]
    assert table.size == 2


def test_missing_values_of_a_table_are_asked_for(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of("Name,Mobile,Fee\nSita,9841000001,5\nGita,9841000002,\n", tmp_path)
    seen = review_of(draft_of(table, gateway, text="Pay {fee}."), reading(gateway))
    assert dict(seen.missing) == {"fee": 1}
    assert seen.people == 1


def test_a_number_in_two_rows_is_asked_about(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of("Name,Mobile\nSita,9841000001\nGita,9841000001\n", tmp_path)
    seen = review_of(draft_of(table, gateway, text="{name}"), reading(gateway))
    assert (seen.people, seen.questions) == (0, 1)
    gita = TableRow.objects.get(name="Gita")
    hand_over(gateway, Audience(table=str(table.pk), preferred=(gita.pk,)), text="{name}")
    assert texts() == {"9841000001": "Gita"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name,Age\nSita,9\n", "What the columns mean"),
        ("Name,Phone\nSita,014412345\n", "No row has a mobile number in the column “Phone”."),
        ("Name,Mobile\n", "This file has headings but no rows below them."),
        ("%PDF-1.7\x01\x02 binary", "This is a PDF."),
    ],
)
def test_a_table_that_cannot_be_used_says_why(sender: Browser, text: str, said: str) -> None:
    answer = sender.post(UPLOAD, {"file": SimpleUploadedFile("x.csv", text.encode())}, follow=True)
    assert said in words(answer)
    assert not RecipientTable.objects.exists()
    assert not TableRow.objects.exists()


def test_a_table_of_too_many_rows_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(table_rows, "MOST_ROWS", 4)
    with pytest.raises(TableRefused, match="more than 4 rows"):
        table_of(MARKS, tmp_path)
    assert not RecipientTable.objects.exists()


def test_a_table_comes_from_a_spreadsheet_or_is_pasted(sender: Browser, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Name", "Mobile", "Fee"],
        ["Sita", 9841000001, 4200.0],
        ["Gita", 9841000002, 12.5],
    ]
    content = xlsx_file(tmp_path / "fees.xlsx", rows).read_bytes()
    sender.post(UPLOAD, {"file": SimpleUploadedFile("fees.xlsx", content)})
    assert [row.fields["fee"] for row in TableRow.objects.order_by("id")] == ["4200", "12.5"]
    sender.post(UPLOAD, {"text": "Name\tMobile\nSita\t9841000001\n"})
    assert RecipientTable.objects.get(file_name="Pasted rows").size == 1


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(Unreadable):
        tables.take_in(path, name="x.xlsx", by=None)


def test_other_columns_of_a_table_are_chosen(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    text = "Child,Home,Guardian,Office\nSita,9841000001,Ram,9801000009\n"
    table = table_of(text, tmp_path, by=sender.user)
    typed = {
        "form_uuid": str(uuid.uuid4()),
        "table": str(table.pk),
        "text": "Typed.",
        "number_column": "office",
        "name_column": "guardian",
    }
    form = sender.post("/compose/use-columns/", typed).context["form"]
    other = tables.find(form["table"].value())
    assert other is not None
    assert other.pk != table.pk
    assert form["text"].value() == "Typed."
    row = TableRow.objects.get(table=other)
    assert (row.mobile, row.name) == ("9801000009", "Ram")
    answer = sender.post("/compose/use-columns/", {**typed, "name_column": "office"})
    assert "Choose different columns" in words(answer)
    assert answer.context["form"]["table"].value() == str(table.pk)
    answer = sender.post("/compose/use-columns/", {**typed, "number_column": "child"})
    assert "No row has a mobile number in the column “Child”." in words(answer)
    answer = sender.post("/compose/", {**typed, "name_column": "office"})
    assert "Choose different columns" in words(answer)
    assert not Campaign.objects.exists()


def test_a_message_waits_while_its_table_is_chosen(sender: Browser, gateway: Gateway) -> None:
    typed = {"form_uuid": str(uuid.uuid4()), "text": "Dear {student"}
    answer = sender.post("/compose/choose-table/", typed)
    draft = Campaign.objects.get()
    assert answer.headers["Location"] == f"{UPLOAD}?draft={draft.pk}"
    answer = sender.post(answer.headers["Location"], {"text": MARKS})
    table = RecipientTable.objects.get()
    assert answer.headers["Location"] == f"/compose/?draft={draft.pk}&table={table.pk}"
    form = sender.get(answer.headers["Location"]).context["form"]
    assert form["text"].value() == "Dear {student"
    assert form["table"].value() == str(table.pk)
    answer = sender.post("/compose/choose-table/", {"form_uuid": str(uuid.uuid4())})
    assert answer.headers["Location"] == UPLOAD


def test_a_dropped_table_leads_back_to_groups(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    table = table_of(MARKS, tmp_path)
    typed = {"form_uuid": str(uuid.uuid4()), "table": str(table.pk)}
    page = sender.post("/compose/drop-table/", typed)
    assert page.context["form"]["table"].value() == ""
    assert "Search by name or number" in words(page)


def test_a_table_that_was_deleted_is_said(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    for pk in (str(uuid.uuid4()), "no id"):
        typed = {"form_uuid": str(uuid.uuid4()), "table": pk, "text": "Hello."}
        page = sender.post("/compose/", typed)
        assert "That spreadsheet was deleted. Upload it again." in words(page)
        assert sender.get("/compose/", {"table": pk}).status_code == 200
    assert not Campaign.objects.exists()


def test_unused_tables_are_forgotten(gateway: Gateway, tmp_path: Path) -> None:
    used, unused, fresh = (table_of(MARKS, tmp_path) for _table in range(3))
    draft_of(used, gateway)
    old = timezone.now() - timedelta(days=2)
    RecipientTable.objects.exclude(pk=fresh.pk).update(created_at=old)
    sweep(gateway)
    assert set(RecipientTable.objects.values_list("pk", flat=True)) == {used.pk, fresh.pk}
    assert not TableRow.objects.filter(table=unused.pk).exists()


def test_a_follow_up_of_a_table_has_the_same_rows(gateway: Gateway, tmp_path: Path) -> None:
    text = "Name,Mobile\nSita,9841000001\nGita,9841000001\nHari,9841000400\n"
    table = table_of(text, tmp_path)
    gita = TableRow.objects.get(name="Gita")
    audience = Audience(table=str(table.pk), preferred=(gita.pk,))
    campaign = hand_over(gateway, audience, text="Dear {name}")
    control.cancel(campaign, by=None)
    again = follow_ups.follow_up(campaign, by=None)
    assert again.table is not None
    assert again.table_id != table.pk
    seen = review_of(again, reading(gateway))
    assert {person.text for person in seen.first_people} == {"Dear Gita", "Dear Hari"}
    assert seen.questions == 0


def test_each_row_of_a_table_is_sent_once(gateway: Gateway, tmp_path: Path) -> None:
    campaign = hand_over(gateway, Audience(table=str(table_of(MARKS, tmp_path).pk)), text=TEXT)
    send_all(gateway)
    assert states(campaign) == {"9841000001": "accepted", "9801000002": "accepted"}
    assert Batch.objects.count() == 2


def test_values_of_a_table_are_text_and_never_markup(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    table = table_of('Name,Mobile,"<b>x</b>"\n<script>x</script>,9841000001,{name}\n', tmp_path)
    draft = draft_of(table, gateway, text="{name} {b_x_b}")
    seen = review_of(draft, reading(gateway))
    assert seen.first_people[0].text == "<script>x</script> {name}"
    page = source(sender.get("/compose/", {"table": str(table.pk)}))
    assert "<script>x" not in page
    assert "<b>x</b>" not in page


def test_only_those_who_may_send_upload_tables(client: Any, roles: None) -> None:
    assert client.get(UPLOAD).status_code == 302
    assert signed_in("").get(UPLOAD).status_code == 403


def test_tables_are_listed_in_the_admin(manager: Browser, tmp_path: Path) -> None:
    table_of(MARKS, tmp_path, by=manager.user)
    assert "marks.csv" in words(manager.get("/admin/messaging/recipienttable/"))


@pytest.mark.django_db(transaction=True)  # the database checks when it commits
def test_a_draft_of_a_deleted_table_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of(MARKS, tmp_path)
    gone = Audience(table=str(table.pk))
    table.delete()
    with pytest.raises(affordability.SendRefused, match="was deleted"):
        drafts.save_draft(
            form_uuid=uuid.uuid4(), text=TEXT, audience=gone, gateway=gateway, by=None
        )


TWO_PHONES = "name,father mobile,mother mobile\nAsha,9841000001,9841000091\n"


def test_chosen_columns_count_without_being_applied(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    """Whichever button is pressed: the mothers are meant, and the receipt says so."""
    reading(gateway)
    table = table_of(TWO_PHONES, tmp_path, by=sender.user)
    typed = {"form_uuid": str(uuid.uuid4()), "text": "Hi", "table": str(table.pk)}
    columns = {"number_column": "mother_mobile", "name_column": "name"}
    page = sender.post("/compose/", {**typed, **columns}, follow=True)
    assert [one.mobile for one in page.context["review"].first_people] == ["9841000091"]
    assert "with the numbers in the column “mother mobile”" in words(page)


def test_another_sheet_of_a_spreadsheet_is_chosen(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, number in (("Old", "9841000001"), ("New", "9841000002")):
        sheet = book.create_sheet(name)
        sheet.append(["name", "mobile"])
        sheet.append([name, number])
    path = tmp_path / "two.xlsx"
    book.save(path)
    page = sender.post(UPLOAD, {"file": upload_of(path)}, follow=True)
    assert "This is sheet “Old”. To use another sheet, choose the file again: New" in words(page)
    typed = {"form_uuid": str(uuid.uuid4()), "text": "Hi", "sheet": "New"}
    page = sender.post("/compose/choose-table/", typed, follow=True)
    assert "This time sheet “New” is used." in words(page)
    page = sender.post(UPLOAD, {"file": upload_of(path), "sheet": "New"}, follow=True)
    table = page.context["table"]
    assert (table.sheet, table.rows.get().name) == ("New", "New")
    draft = draft_of(table, gateway, "Hi")
    assert review_of(draft, reading(gateway)).chosen.startswith("the rows of two.xlsx (New), with")


def upload_of(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def test_cells_of_a_table_are_tidied(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of(
        'name,mobile,note\nAsha,9841000001,"a \r\n b"\nMaya,9841000002,Rs\u00a0500\n', tmp_path
    )
    draft = draft_of(table, gateway, "{note}" + "a" * 90)
    seen = review_of(draft, reading(gateway))
    assert [person.text[:6] for person in seen.first_people] == ["a\nbaaa", "Rs 500"]
    assert {person.parts for person in seen.first_people} == {1}


def test_a_table_is_not_found_until_its_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 2)
    seen: list[RecipientTable | None] = []

    def counted(_model: Any, _names: Any, rows: Any) -> None:
        seen.append(tables.find(str(rows[0][0])))
        insert_rows(_model, _names, rows)

    monkeypatch.setattr(table_rows, "insert_rows", counted)
    table = table_of(MARKS, tmp_path)
    assert seen == [None] * 3
    assert tables.find(str(table.pk)) == table


def test_a_choice_among_contacts_does_not_choose_rows(gateway: Gateway, tmp_path: Path) -> None:
    table = table_of("name,mobile,fee\nAsha,9841000001,10\nMaya,9841000001,99\n", tmp_path)
    row = table.rows.last()
    assert row is not None
    form_uuid = uuid.uuid4()
    for audience in (Audience(preferred=(row.pk,), first=True), Audience(table=str(table.pk))):
        draft = drafts.save_draft(
            form_uuid=form_uuid,
            text="Fee {fee}",
            audience=audience,
            gateway=gateway,
            by=None,
            keep_answers=True,
        )
    assert review_of(draft, reading(gateway)).questions == 1


def test_chosen_groups_wait_behind_a_table(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    table = table_of(MARKS, tmp_path, by=sender.user)
    typed = {"form_uuid": str(uuid.uuid4()), "text": "Hi", "groups": group.pk}
    page = sender.post("/compose/search/", {**typed, "table": str(table.pk)})
    assert f'<input type="hidden" name="groups" value="{group.pk}">' in source(page)
    other = {**typed, "groups": [group.pk, 99], "table": str(table.pk)}  # one has been deleted
    assert sender.post("/compose/", other).status_code == 302
    page = sender.post("/compose/drop-table/", {**typed, "table": str(table.pk)})
    assert page.context["form"]["groups"].value() == [str(group.pk)]


TWO_NUMBERS = (
    "Name,Father,Mother,Fee\n"
    "Sita,9841000001,9801000001,1200\nRam,,9801000002,#N/A\nGita,014412345,,5\n"
)


def _columns_of(sender: Browser, text: str) -> str:
    """The address of the page that asks about a file's columns."""
    answer = sender.post(UPLOAD, {"file": SimpleUploadedFile("two.csv", text.encode())})
    address = answer.headers["Location"]
    assert re.fullmatch(r"/compose/table/[0-9]+/\?", address)
    return address


@pytest.mark.parametrize(
    ("several", "sent"),
    [
        ("first", {"9841000001": "Dear Sita", "9801000002": "Dear Ram"}),
        (
            "both",
            {
                "9841000001": "Dear Sita",
                "9801000001": "Dear Sita",
                "9801000002": "Dear Ram",
            },
        ),
    ],
)
def test_two_columns_of_numbers_are_asked_about(
    several: str, sent: dict[str, str], sender: Browser, gateway: Gateway
) -> None:
    address = _columns_of(sender, TWO_NUMBERS)
    columns = {"column_0": "name", "column_1": "number", "column_2": "number", "column_3": "keep"}
    page = words(sender.post(address, {"action": "use", **columns}))
    assert "“Father”, “Mother”. Choose which to use." in page
    assert not RecipientTable.objects.exists()
    sender.post(address, {"action": "use", "several": several, **columns})
    table = RecipientTable.objects.get()
    hand_over(gateway, Audience(table=str(table.pk)), text="Dear {name}")
    assert texts() == sent


def test_letters_typed_for_a_font_are_asked_about_and_sent_as_it_shows_them(
    sender: Browser, gateway: Gateway
) -> None:
    address = _columns_of(sender, "gfd,Mobile,sIff\nl;tf /fO{,9841003501,kfFr\n")
    columns = {"column_0": "name", "column_1": "number", "column_2": "keep"}
    page = words(sender.post(address, {"action": "use", **columns}))
    assert (
        "These letters look as if they were typed in a font like Preeti. Choose the font." in page
    )
    fonts = {"written_0": "preeti", "written_2": "preeti"}
    sender.post(address, {"action": "use", **columns, **fonts})
    table = RecipientTable.objects.get()
    hand_over(gateway, Audience(table=str(table.pk)), text="{name}: {कक्षा}")
    assert texts() == {"9841003501": "सिता राई: पाँच"}


def test_the_same_columns_are_used_as_last_time(sender: Browser) -> None:
    columns = {"column_0": "name", "column_1": "leave", "column_2": "number", "column_3": "keep"}
    address = _columns_of(sender, TWO_NUMBERS)
    sender.post(address, {"action": "use", **columns, "column_1": ""})
    file = SimpleUploadedFile("again.csv", TWO_NUMBERS.replace("Sita", "Asha").encode())
    answer = sender.post(UPLOAD, {"file": file})
    table = RecipientTable.objects.get(file_name="again.csv")
    assert answer.headers["Location"] == f"/compose/?table={table.pk}"
    assert table.number_heading == "Mother"
    page = words(sender.get(f"/compose/table/{table.source_id}/"))
    assert "It has the same columns as two.csv" in page


def test_a_cell_that_could_not_be_computed_is_no_value(sender: Browser, gateway: Gateway) -> None:
    address = _columns_of(sender, TWO_NUMBERS)
    columns = {"column_0": "name", "column_2": "number", "column_3": "keep"}
    sender.post(address, {"action": "use", **columns})
    table = RecipientTable.objects.get()
    seen = review_of(draft_of(table, gateway, text="Pay {fee}."), reading(gateway))
    assert dict(seen.missing) == {"fee": 1}


def test_rows_that_say_opted_out_are_left_out(gateway: Gateway, tmp_path: Path) -> None:
    text = "Name,Number,Opted out\nSita,9841000001,yes\nRam,9841000002,\n"
    hand_over(gateway, Audience(table=str(table_of(text, tmp_path).pk)), text="Hello")
    assert set(texts()) == {"9841000002"}
    assert [out.entry for out in LeftOut.objects.all()] == ["Line 2: Sita"]


def test_who_is_opted_out_stays_so_with_other_columns(gateway: Gateway, tmp_path: Path) -> None:
    """Whatever language the reason is in: it was written in that of whoever gave the file."""
    text = "Name,Other,Mobile,Opted out\nSita,a,9841000001,yes\nRam,b,9841000002,\n"
    table = table_of(text, tmp_path)
    TableRow.objects.filter(is_opted_out=True).update(reason="इच्छा छैन")
    again = tables.read_again(table, number="mobile", name="other", by=None)
    assert list(again.rows.order_by("line").values_list("mobile", "is_opted_out")) == [
        ("", True),
        ("9841000002", False),
    ]
    ((row,),) = again.rows.filter(is_opted_out=True).values_list("pk")
    assert tables.only(again, [row, row + 1], None).rows.get(line=2).is_opted_out


def test_hidden_rows_and_columns_are_asked_about(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    path = xlsx_file(
        tmp_path / "fees.xlsx",
        [["Name", "Mobile", "Secret"], ["Sita", 9841000001, "a"], ["Ram", 9841000002, "b"]],
        hidden_rows=[3],
        hidden_columns=["C"],
    )
    answer = sender.post(UPLOAD, {"file": SimpleUploadedFile("fees.xlsx", path.read_bytes())})
    address = answer.headers["Location"]
    page = words(sender.get(address))
    assert "Hidden and left out: 1 · Rows: 1" in page
    assert "Hidden in the file, so it is left out." in page
    columns = {"column_0": "name", "column_1": "number", "column_2": ""}
    sender.post(address, {"action": "use", **columns})
    table = RecipientTable.objects.get()
    assert list(table.rows.values_list("name", flat=True)) == ["Sita"]
    assert "secret" not in table.headings
    assert "1 hidden row is left out." in words(sender.get("/compose/", {"table": str(table.pk)}))
    assert describe(Audience(table=str(table.pk))).endswith(", without 1 hidden row")
    sender.post(address, {"action": "use", "take_hidden": "on", **columns})
    whole = RecipientTable.objects.exclude(pk=table.pk).get()
    assert whole.size == 2
    assert "hidden" not in describe(Audience(table=str(whole.pk)))


def test_a_file_for_a_message_is_its_owners(sender: Browser) -> None:
    address = _columns_of(sender, TWO_NUMBERS)
    other = signed_in(SENDER)
    assert other.get(address).status_code == 404
    source = ContactImport.objects.get()
    assert sender.get(f"/contacts/import/{source.pk}/").status_code == 404
    assert "two.csv" not in sender.get("/contacts/import/").text


def test_columns_can_be_chosen_again_from_compose(sender: Browser, gateway: Gateway) -> None:
    sender.post(UPLOAD, {"file": SimpleUploadedFile("marks.csv", MARKS.encode())})
    table = RecipientTable.objects.get()
    typed = {"form_uuid": str(uuid.uuid4()), "version": "0", "table": str(table.pk), "text": "Hi"}
    answer = sender.post("/compose/choose-columns/", typed)
    draft = Campaign.objects.get()
    assert answer.headers["Location"] == f"/compose/table/{table.source_id}/?draft={draft.pk}"
    ContactImport.objects.all().delete()
    page = words(sender.post("/compose/choose-columns/", typed))
    assert "The file is no longer kept. Choose it again." in page


def test_a_file_that_is_forgotten_while_it_is_read_makes_no_short_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "ROWS_A_PIECE", 2)
    path = tmp_path / "table"
    path.write_text(MARKS, encoding="utf-8")
    kept = tables.take_in(path, name="marks.csv", by=None)

    def inserted(model: Any, names: Any, rows: Any) -> None:
        pieces.drop_pieces(kept)
        insert_rows(model, names, rows)

    monkeypatch.setattr(table_rows, "insert_rows", inserted)
    with pytest.raises(TableRefused, match="no longer kept"):
        tables.as_guessed(kept, by=None)
    assert not RecipientTable.objects.exists()


def test_every_number_of_a_row_that_says_opted_out_stays_out(
    sender: Browser, gateway: Gateway
) -> None:
    text = (
        "Name,Father,Mother,Opted out\n"
        "Sita,9841000001,9801000001,yes\nRam,9801000001,,\nGita,9841000003,9801000003,\n"
    )
    address = _columns_of(sender, text)
    columns = {"column_0": "name", "column_1": "number", "column_2": "number"}
    columns |= {"column_3": "opted_out", "several": "both", "action": "use"}
    sender.post(address, columns)
    hand_over(gateway, Audience(table=str(RecipientTable.objects.get().pk)), text="Hello")
    assert set(texts()) == {"9841000003", "9801000003"}


def test_rows_with_several_numbers_count_as_often(
    sender: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = _columns_of(sender, TWO_NUMBERS)
    monkeypatch.setattr(table_rows, "MOST_ROWS", 3)
    columns = {"column_0": "name", "column_1": "number", "column_2": "number"}
    page = words(sender.post(address, {**columns, "several": "both", "action": "use"}))
    assert "more than 3 rows" in page
    assert not RecipientTable.objects.exists()


def test_cells_unlike_the_others_of_their_column_are_named_in_the_review(
    sender: Browser, gateway: Gateway, tmp_path: Path
) -> None:
    reading(gateway)
    rows = [f"Person {place},{9841000000 + place},{place + 1}00,9\n" for place in range(230)]
    odd = "Sita,9841009998,-,9\nRam,9841009999,Paid,ten\nHari,9801000001,#N/A,9\n"
    table = table_of("".join(["Name,Mobile,Fee,Class\n", *rows, odd]), tmp_path)
    draft = draft_of(table, gateway, "Dear {name}, {fee} is due.")
    Campaign.objects.update(created_by=sender.user)
    page = words(sender.get(draft.get_absolute_url()))
    assert "Some cells in the spreadsheet are unlike the others in their column." in page
    assert "Fee, line 232: “-” Fee, line 233: “Paid”" in page
    assert "#N/A”" not in page  # has no value, and is asked about as such
    assert "Class, line" not in page  # no cell of it stands in the message


def test_what_is_odd_stays_so_with_other_columns(tmp_path: Path) -> None:
    text = "Name,Mobile,Fee,Other\nSita,9841000001,1,a\nRam,9841000002,2,b\n"
    rows = [f"Person {place},{9841000010 + place},{place},c\n" for place in range(20)]
    table = table_of("".join([text, *rows, "Gita,9841000003,none,d\n"]), tmp_path)
    table.refresh_from_db()
    assert table.odd_cells == [["fee", 24, "none"]]
    again = tables.read_again(table, number="mobile", name="other", by=None)
    assert again.odd_cells == table.odd_cells
    for line, odd in ((2, []), (24, table.odd_cells)):
        row = table.rows.get(line=line)
        assert tables.only(table, [row.pk], None).odd_cells == odd
