"""Small files that offices really have: what stands in a message is what their owner sees."""

from pathlib import Path
from typing import Any

import pytest

from contacts.fields import FieldKind, compared, show_value
from contacts.importing import jobs, load
from contacts.importing.chosen import NotChosen, options_of
from contacts.importing.meanings import guess_choice
from contacts.importing.rows import FileTrouble, Unreadable
from contacts.models import Contact, ContactField, ContactImport, OptOut, RejectedRow
from messaging.models import RecipientTable
from messaging.services.audience import tables
from tests.importing import guessed, read_table

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parent / "cases"


def _imported(name: str) -> ContactImport:
    source = jobs.take_in(CASES / name, name=name, by=None)
    assert jobs.start(source, guessed(source))
    source.refresh_from_db()
    assert load.load(source)
    source.refresh_from_db()
    return source


def _people(name: str) -> dict[str, dict[str, str]]:
    """Who was imported, by number, with everything as it would stand in a message."""
    _imported(name)
    kinds = {field.key: FieldKind(field.kind) for field in ContactField.objects.all()}
    return {
        one.mobile: {"name": one.name}
        | {key: show_value(kinds[key], value) for key, value in one.fields.items()}
        for one in Contact.objects.all()
    }


def _rows(name: str) -> dict[str, dict[str, Any]]:
    """The rows of the same file as a table of recipients."""
    table = read_table(CASES / name, name=name)
    return {
        row.mobile: {key: row.fields[key] for key in table.headings if key in row.fields}
        for row in table.rows.exclude(mobile="").order_by("id")
    }


def _reasons() -> dict[int, str]:
    return {row.line: row.reason for row in RejectedRow.objects.filter(column="")}


@pytest.mark.parametrize(
    ("name", "people"),
    [
        (
            "account.csv",
            {
                "9841002101": {"name": "Sita", "account_no": "00101001234567"},
                "9841002102": {"name": "Ram", "account_no": "00101001234568"},
                "9841002104": {"name": "Hari", "account_no": "00101001234570"},
            },
        ),
        (
            "bs_dates.csv",
            {
                "9841000501": {"name": "Sita", "due_date": "2082-05-12"},
                "9841000502": {"name": "Ram", "due_date": "2082-05-15"},
            },
        ),
        (
            "comma_decimal.csv",
            {
                "9841003101": {"name": "Sita", "rate": "12,50"},
                "9841003102": {"name": "Ram", "rate": "7,25"},
            },
        ),
        (
            "dob.csv",
            {
                "9841007001": {"name": "Sita", "dob": "2070-01-05"},
                "9841007003": {"name": "Gita", "dob": "2071-02-09"},
            },
        ),
        (
            "equals.csv",
            {
                "9841001101": {"name": "Sita", "code": "007"},
                "9841001102": {"name": "Ram", "code": "008"},
            },
        ),
        (
            "floats.xlsx",
            {
                "9841000101": {"name": "Sita", "due": "59.97"},
                "9841000102": {"name": "Ram", "due": "0.30"},
                "9841000103": {"name": "Gita", "due": "642.86"},
            },
        ),
        (
            "fy_heading.csv",
            {
                "9841001011": {"name": "Sita", "2081_082": "1500"},
                "9841001012": {"name": "Ram", "2081_082": "1600"},
            },
        ),
        ("hidden_sheet.xlsx", {"9841000302": {"name": "Sita"}}),
        (
            "sep.csv",
            {
                "9841000801": {"name": "Sita", "fee": "1500"},
                "9841000802": {"name": "Ram", "fee": "1600"},
            },
        ),
        ("tie.tsv", {"9841002201": {"name": "Rai, Sita"}, "9841002202": {"name": "Rai, Ram"}}),
        (
            "title.xlsx",
            {
                "9841000901": {"name": "Sita Rai", "fee_due": "1500"},
                "9841000902": {"name": "Ram Rai", "fee_due": "1600"},
            },
        ),
        (
            "zeros.csv",
            {
                "9841000401": {
                    "name": "Sita",
                    "symbol_no": "02100123",
                    "account_no": "0010100123456",
                },
                "9841000402": {
                    "name": "Ram",
                    "symbol_no": "02100124",
                    "account_no": "0010100123457",
                },
            },
        ),
    ],
)
def test_people_have_what_their_owner_sees(name: str, people: dict[str, dict[str, str]]) -> None:
    assert _people(name) == people


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "formats.xlsx",
            ["१५००", "+977 1500", "000-0001500", "रू 1,500.00", "NPR 1,500", "1,500 d", "Rs.1,500"],
        ),
        ("floats.xlsx", ["59.97", "0.30", "642.86"]),
        ("zeros.csv", ["0010100123456", "0010100123457"]),
        ("bs_dates.csv", ["2082-05-12", "2082-05-15"]),
        ("comma_decimal.csv", ["12,50", "7,25"]),
        ("equals.csv", ["007", "008"]),
        ("ditto_paste.txt", ["Ten", '"', '"', '"', "Nine", '"', "Nine", "Nine"]),
        ("title.xlsx", ["1500", "1600"]),
        ("filtered.xlsx", ["Unpaid", "Unpaid"]),
    ],
)
def test_a_message_to_a_spreadsheet_says_what_its_owner_sees(name: str, rows: list[str]) -> None:
    said = [list(cells.values())[-1] for cells in _rows(name).values()]
    assert said[: len(rows)] == rows


def test_times_percents_and_long_numbers_are_as_they_are_shown() -> None:
    assert _rows("times.xlsx")["9841001900"] == {
        "name": "T0",
        "mobile": "9841001900",
        "at": "10:10 AM",
        "day": "22/11/2026",
        "both": "22 Nov 10:10",
        "pct": "85%",
        "long": "1234567890123456",
    }
    assert _people("times.xlsx")["9841001900"]["day"] == "22/11/2026"
    assert compared(Contact.objects.get(name="T0").fields["day"]) == "2026-11-22"


def test_a_day_of_bikram_sambat_is_compared_as_the_day_that_it_is() -> None:
    _imported("bs_dates.csv")
    fields = Contact.objects.get(name="Sita").fields
    assert fields == {"due_date": ["2025-08-28", "2082-05-12"]}


def test_hidden_rows_are_left_out_unless_they_are_taken() -> None:
    source = jobs.take_in(CASES / "filtered.xlsx", name="filtered.xlsx", by=None)
    assert (source.rows, source.hidden_rows) == (2, 2)
    choice = guess_choice(source)
    choice.take_hidden = True
    jobs.start(source, options_of(source, choice))
    source.refresh_from_db()
    load.load(source)
    assert Contact.objects.count() == source.rows == 4


def test_one_dash_at_the_end_costs_nobody() -> None:
    source = _imported("late_dash.csv")
    assert (source.rejected, source.values_left_out) == (0, 2)
    left_out = RejectedRow.objects.order_by("id").values_list("line", "column", "entry")
    assert list(left_out) == [(232, "Fee", "-"), (233, "Fee", "Paid")]
    assert ContactField.objects.get().kind == FieldKind.NUMBER


def test_names_typed_for_preeti_are_asked_about_and_become_unicode() -> None:
    source = jobs.take_in(CASES / "preeti_names.csv", name="preeti_names.csv", by=None)
    choice = guess_choice(source)
    with pytest.raises(NotChosen, match="typed in a font like Preeti"):
        options_of(source, choice)
    choice.written[0] = "preeti"
    assert jobs.start(source, options_of(source, choice))
    source.refresh_from_db()
    assert load.load(source)
    people = Contact.objects.values_list("mobile", "name")
    assert dict(people) == {"9841003501": "सिता राई", "9841003502": "राम बहादुर थापा"}


def test_opt_outs_travel_with_the_export() -> None:
    _imported("opted.csv")
    assert set(Contact.objects.values_list("name", flat=True)) == {"Sita", "Ram"}
    assert OptOut.objects.get().mobile == "9841003201"


def test_cells_with_more_than_a_number_are_read_or_said() -> None:
    people = _people("two_numbers.csv")
    assert {f"98410020{place:02}" for place in (*range(1, 7), *range(9, 23))} <= set(people)
    reasons = _reasons()
    assert "984-1002007, 984-1002008" in reasons[8]
    assert "984-1002008, 980-1002008" in reasons[9]


def test_names_of_address_books_are_joined() -> None:
    people = _people("google.csv")
    assert people["9841001711"]["name"] == "Sita Rai"
    assert people["9841001714"]["name"] == "Sita Gurung"
    assert "984-1001712, 980-1001713" in _reasons()[3]


def test_namesakes_of_an_address_book_stay_two_people() -> None:
    people = _people("outlook.csv")
    assert people["9841001721"]["name"] == "Sita Rai"
    assert people["9841001722"]["name"] == "Sita Gurung"


@pytest.mark.parametrize(
    ("name", "trouble", "line"),
    [("stray_quote.csv", FileTrouble.OPEN_QUOTE, 3), ("html.xls", FileTrouble.WEB_PAGE, 0)],
)
def test_what_cannot_be_read_for_certain_is_refused_whole(
    name: str, trouble: FileTrouble, line: int
) -> None:
    for take_in in (jobs.take_in, tables.take_in):
        with pytest.raises(Unreadable) as refused:
            take_in(CASES / name, name=name, by=None)
        assert (refused.value.trouble, refused.value.line) == (trouble, line)
    assert not ContactImport.objects.exists()
    assert not RecipientTable.objects.exists()
