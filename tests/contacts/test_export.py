"""People as files: what the list shows, safe to open, and importable again."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.extra.django
import openpyxl
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.fields import FieldKind, compared, says_nothing, show_value
from contacts.importing import jobs
from contacts.importing.chosen import options_of
from contacts.importing.meanings import guess_choice
from contacts.models import Contact, ContactField, Group, ImportState
from contacts.names import clean_name, from_list, listed, name_key
from contacts.phone import operator_of
from contacts.services import export
from contacts.services.export import People
from sociair_portal.common.csv_lines import csv_line
from sociair_portal.common.formulas import undefused
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory

URL = "/contacts/export"


def table(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


@pytest.fixture
def people(db: None) -> list[Contact]:
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number")
    ContactField.objects.create(name="Born", key="born", kind="date")
    asha = ContactFactory.create(
        name="Asha", mobile="9801234567", fields={"fee_due": 1250.5, "born": "2010-05-01"}
    )
    gita = ContactFactory.create(name="=cmd|' /C calc'!A0", mobile="9841234567")
    GroupFactory.create(name="Class 9", members=[asha])
    GroupFactory.create(name="Parents, old", members=[asha])
    OptOutFactory.create(mobile="9841234567")
    return [asha, gita]


HEADINGS = ["Name", "Number", "Operator", "Groups", "Opted out", "Born", "Fee due"]
GROUPS = 'Class 9, "Parents, old"'


def test_people_are_exported_as_csv(sender: Client, people: list[Contact]) -> None:
    response = sender.get(f"{URL}.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="contacts-')
    assert table(response) == [
        HEADINGS,
        ["Asha", "9801234567", "Ncell", GROUPS, "", "1 May 2010", "1250.5"],
        ["'=cmd|' /C calc'!A0", "9841234567", "NTC", "", "yes", "", ""],
    ]


def test_every_cell_of_a_csv_is_quoted(sender: Client, people: list[Contact]) -> None:
    text = sender.get(f"{URL}.csv").getvalue().decode("utf-8-sig")
    groups = GROUPS.replace('"', '""')
    assert text.splitlines()[1] == (
        f'"Asha","9801234567","Ncell","{groups}","","1 May 2010","1250.5"'
    )


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", *"＝＋－＠"])
def test_nothing_in_a_line_of_csv_is_computed(sign: str) -> None:
    text = f"{sign}1+1"
    cells = next(csv.reader(io.StringIO(csv_line([text, -5]), newline="")))
    assert cells == [f"'{text}", "-5"]
    assert undefused(cells[0]) == text


def test_a_number_below_zero_is_no_formula(sender: Client, people: list[Contact]) -> None:
    Contact.objects.filter(name="Asha").update(fields={"fee_due": -500})
    assert table(sender.get(f"{URL}.csv"))[1][-1] == "-500"


def test_people_are_exported_as_a_spreadsheet(sender: Client, people: list[Contact]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sender.get(f"{URL}.xlsx").getvalue()))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert rows[0] == HEADINGS
    assert rows[1][:4] == ["Asha", "9801234567", "Ncell", GROUPS]
    assert rows[1][5].date().isoformat() == "2010-05-01"
    assert rows[1][6] == 1250.5
    # A text that looks like a formula, and no formula.
    assert (rows[2][0], book.active["A3"].data_type) == ("=cmd|' /C calc'!A0", "s")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_what_the_filter_shows(
    sender: Client, people: list[Contact], kind: str
) -> None:
    response = sender.get(f"{URL}.{kind}", {"opted": "no"}, follow=True)
    body = response.getvalue()
    if kind == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(body)).active.max_row == 2
    else:
        assert body.count(b"\r\n") == 2


def test_an_export_with_an_unreadable_filter_has_nobody(
    sender: Client, people: list[Contact]
) -> None:
    assert table(sender.get(f"{URL}.csv", {"group": "999"}, follow=True)) == [HEADINGS]


def test_too_many_for_a_spreadsheet_is_said(
    sender: Client, people: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_IN_XLSX", 1)
    response = sender.get(f"{URL}.xlsx", {"sort": "-name"}, follow=True)
    assert response.redirect_chain == [("/contacts/?sort=-name", 302)]
    assert "An XLSX file can have up to 1 contacts. Choose CSV" in response.text


def test_queries_of_an_export_do_not_grow_with_contacts(
    db: None, django_assert_num_queries: Any
) -> None:
    for _ in range(50):
        ContactFactory.create()
    with django_assert_num_queries(3):
        assert len(list(People(Contact.objects.all(), ContactField.objects.all()).csv_lines())) == 3


def test_one_who_may_not_see_contacts_gets_no_file(client: Client, people: list[Contact]) -> None:
    client.force_login(UserFactory.create())
    assert client.get(f"{URL}.csv").status_code == 403
    assert client.get(f"{URL}.xlsx").status_code == 403


def test_an_export_of_another_kind_is_not_found(sender: Client) -> None:
    assert sender.get(f"{URL}.exe").status_code == 404


@given(st.lists(st.text(alphabet='ab",; ', min_size=1).map(clean_name).filter(bool)))
def test_names_in_one_cell_are_taken_apart_again(names: list[str]) -> None:
    assert from_list(listed(names)) == sorted(names)


_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
# "None" in a cell says that nothing is there; and of what looks typed for a Nepali font the
# import asks which font that is.
_NAMES = _TEXTS.map(clean_name).filter(
    lambda name: name_key(name) and not says_nothing(name) and not set(name) & set(";[]{}|\\/+")
)
_MOBILES = st.sampled_from(["9841234567", "9801234567", "9611234567", "9851234567"])
_NUMBERS = st.integers(-(10**14), 10**14) | st.integers(-(10**9), 10**9).map(lambda n: n / 100)
_VALUES = st.fixed_dictionaries(
    {},
    optional={"village": _NAMES, "fee_due": _NUMBERS, "born": st.dates().map(str)},
)
_PEOPLE = st.lists(
    st.tuples(_NAMES, _MOBILES, _VALUES, st.lists(_NAMES, max_size=2)),
    min_size=1,
    max_size=5,
    unique_by=lambda person: (name_key(person[0]), person[1]),
)


class TestThereAndBack(hypothesis.extra.django.TransactionTestCase):
    """What is exported and imported again into an empty portal is the same."""

    @settings(max_examples=15)
    @given(_PEOPLE, st.sampled_from(["csv", "xlsx"]))
    def test_an_exported_file_imports_as_the_same_people(
        self, people: list[Any], kind: str
    ) -> None:
        _fill(people)
        before = _everything()
        file = _file(kind)
        Contact.objects.all().delete()
        Group.objects.all().delete()
        assert _imported(file) == (len(people), 0)
        assert _everything() == before
        assert _imported(file) == (0, 0)
        file.unlink()


def _fill(people: list[Any]) -> None:
    for name, kind in (("Village", "text"), ("Fee due", "number"), ("Born", "date")):
        key = name.casefold().replace(" ", "_")
        ContactField.objects.get_or_create(key=key, defaults={"name": name, "kind": kind})
    groups: dict[str, Group] = {}
    for name, mobile, values, names in people:
        contact = Contact.objects.create(
            name=name,
            name_key=name_key(name),
            mobile=mobile,
            operator=operator_of(mobile).value,
            fields=values,
        )
        for group in names:
            if (key := name_key(group)) not in groups:
                groups[key] = Group.objects.create(name=group)
            groups[key].members.add(contact)


def _file(kind: str) -> Path:
    path = Path(tempfile.mkstemp(suffix=f".{kind}")[1])
    people = People(Contact.objects.all(), ContactField.objects.all())
    if kind == "csv":
        path.write_text("".join(people.csv_lines()), encoding="utf-8", newline="")
    else:
        path.write_bytes(people.xlsx().read())
    return path


def _imported(path: Path) -> tuple[int, int]:
    source = jobs.take_in(path, name=path.name, by=None)
    assert jobs.start(source, options_of(source, guess_choice(source)))
    assert jobs.run(go_on=lambda: True)
    source.refresh_from_db()
    assert source.state == ImportState.DONE
    assert source.rejected == 0, list(source.left_out.values_list("cells", "reason"))
    return source.created, source.updated


def _everything() -> list[Any]:
    """Everyone with what is compared and what is shown of their values."""
    kinds = {field.key: FieldKind(field.kind) for field in ContactField.objects.all()}
    return sorted(
        (
            contact.mobile,
            contact.name,
            sorted(
                (key, compared(value), show_value(kinds[key], value))
                for key, value in contact.fields.items()
            ),
            sorted(group.name for group in contact.groups.all()),
        )
        for contact in Contact.objects.all()
    )
