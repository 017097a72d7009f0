"""An office's own fields: what a value may be, and how it is kept, shown and changed."""

import pytest

from contacts.fields import (
    FieldKind,
    InvalidValue,
    NumberStyle,
    Shape,
    key_of,
    parse_value,
    show_value,
)
from contacts.models import Contact, ContactField
from contacts.services import field_values
from tests.conftest import Browser
from tests.factories import ContactFactory
from tests.pages import words

TEXT, NUMBER, DATE = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Fee due", "fee_due"),
        ("गाउँ", "गाउँ"),
        (" Class / Section ", "class_section"),
        ("Straße", "strasse"),
        ("#!", ""),
        ("2081", "field_2081"),
        ("२०८१", "field_२०८१"),
    ],
)
def test_a_field_gets_its_key_from_its_name(name: str, key: str) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize(
    ("kind", "typed", "kept", "shown"),
    [
        (TEXT, "  Ilam \u200b Bazar ", "Ilam Bazar", "Ilam Bazar"),
        (NUMBER, "1250", 1250, "1250"),
        (NUMBER, "Rs 1,25,000.50", [125000.5, "Rs 1,25,000.50"], "Rs 1,25,000.50"),
        (NUMBER, "१२५०", [1250, "१२५०"], "१२५०"),
        (NUMBER, "3.6", 3.6, "3.6"),
        (NUMBER, "3.60", [3.6, "3.60"], "3.60"),
        (NUMBER, "007", [7, "007"], "007"),
        (NUMBER, "-3.25", -3.25, "-3.25"),
        (NUMBER, "0.125", 0.125, "0.125"),
        (DATE, "2026-11-22", ["2026-11-22", "2026-11-22"], "2026-11-22"),
        (DATE, "22/11/2026", ["2026-11-22", "22/11/2026"], "22/11/2026"),
        (DATE, "२२-११-२०२६", ["2026-11-22", "२२-११-२०२६"], "२२-११-२०२६"),
        (DATE, "3 Jan 2027", ["2027-01-03", "3 Jan 2027"], "3 Jan 2027"),
        (DATE, "2082-05-12", ["2025-08-28", "2082-05-12"], "2082-05-12"),
        (DATE, "२०८२ भदौ १२", ["2025-08-28", "२०८२ भदौ १२"], "२०८२ भदौ १२"),
        (DATE, "2085-01-15", ["", "2085-01-15"], "2085-01-15"),
    ],
)
def test_values_of_fields_are_read_kept_and_shown(
    kind: FieldKind, typed: str, kept: object, shown: str
) -> None:
    value = parse_value(kind, typed)
    assert value == kept
    assert type(value) is type(kept)
    assert show_value(kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        (NUMBER, "twelve", "is not a number like"),
        (NUMBER, "1,2,3", "is not a number like"),
        (NUMBER, "12,50", "is not a number like"),
        (NUMBER, "9" * 16, "is not a number like"),
        (NUMBER, "NaN", "is not a number like"),
        (DATE, "31/02/2026", "is not a date like"),
        (DATE, "11/22/2026", "is not a date like"),
        (TEXT, "#N/A", "is an error in the spreadsheet"),
        (TEXT, "x" * 501, "It has 501 characters and the limit is 500."),
    ],
)
def test_a_value_that_does_not_fit_its_kind_is_refused(
    kind: FieldKind, typed: str, says: str
) -> None:
    with pytest.raises(InvalidValue) as raised:
        parse_value(kind, typed)
    assert says in raised.value.reason


@pytest.fixture
def fee(db: None) -> ContactField:
    return ContactField.objects.create(name="Fee due", key="fee_due", kind=NUMBER)


@pytest.mark.usefixtures("fee")
def test_values_of_fields_are_changed_with_the_contact(sender: Browser) -> None:
    sita = ContactFactory.create(name="Sita", fields={"fee_due": 1250.5, "old": "stays"})
    page = sender.get(f"/contacts/{sita.pk}/").content.decode()
    assert "Fee due (optional)" in page
    assert 'value="1250.5"' in page

    sent = {"name": "Sita", "mobile": sita.mobile}
    page = sender.post(f"/contacts/{sita.pk}/", {**sent, "own_fee_due": "much"}).content.decode()
    assert "“much” is not a number like 1250 or 1,250.50." in page
    assert 'value="much"' in page

    sender.post(f"/contacts/{sita.pk}/", {**sent, "own_fee_due": "Rs 900"})
    assert Contact.objects.get().fields == {"fee_due": [900, "Rs 900"], "old": "stays"}
    assert 'value="Rs 900"' in sender.get(f"/contacts/{sita.pk}/").text
    sender.post(f"/contacts/{sita.pk}/", {**sent, "own_fee_due": ""})
    assert Contact.objects.get().fields == {"old": "stays"}


@pytest.mark.usefixtures("fee")
def test_a_new_contact_may_have_values_of_fields(sender: Browser) -> None:
    sender.post("/contacts/new/", {"name": "Ram", "mobile": "9841000001", "own_fee_due": "12"})
    assert Contact.objects.get().fields == {"fee_due": 12}


def test_a_field_is_made_renamed_and_shown(sender: Browser) -> None:
    made = sender.post(
        "/contacts/fields/new/", {"name": "Fee due", "kind": "number", "in_list": "on"}, follow=True
    )
    assert "Fee due was created." in made.text
    field = ContactField.objects.get()
    assert (field.key, field.kind, field.in_list) == ("fee_due", "number", True)
    sender.post(f"/contacts/fields/{field.pk}/", {"name": "Fees", "kind": "text"})
    field.refresh_from_db()
    # What messages call it stays, and so does what is in it.
    assert (field.name, field.key, field.kind, field.in_list) == (
        "Fees",
        "fee_due",
        "number",
        False,
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Enter a name for the field."),
        ("Opted out", "You cannot use this name for a field."),
        ("Name", "You cannot use this name for a field."),
        ("#!", "You cannot use this name for a field."),
        ("FEE-DUE", "A field with this name already exists."),
    ],
)
def test_a_name_that_no_field_may_have_is_said(sender: Browser, name: str, words: str) -> None:
    ContactField.objects.create(name="Fee due", key="fee_due")
    response = sender.post("/contacts/fields/new/", {"name": name, "kind": "text"})
    assert words in response.text
    assert ContactField.objects.count() == 1


def test_a_field_is_deleted_with_what_is_in_it(manager: Browser) -> None:
    field = ContactField.objects.create(name="Ill with", key="ill_with")
    ContactField.objects.create(name="Class", key="class")
    ill = ContactFactory.create(fields={"ill_with": "flu", "class": "9"})
    ContactFactory.create(fields={"class": "10"})
    asked = manager.get(f"/contacts/fields/{field.pk}/delete/")
    assert "This also deletes its value for 1 contact." in asked.text
    manager.post(f"/contacts/fields/{field.pk}/delete/")
    ill.refresh_from_db()
    assert ill.fields == {"class": "9"}
    assert list(ContactField.objects.values_list("key", flat=True)) == ["class"]


@pytest.mark.parametrize("at_once", [1, 2, 5, 6])
def test_values_of_a_deleted_field_go_in_short_steps(
    db: None, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(field_values, "_AT_ONCE", at_once)
    field = ContactField.objects.create(name="2081", key="field_2081")
    people = [ContactFactory.create(fields={"field_2081": 1, "x": 2}) for _ in range(5)]
    field_values.forget(field)
    assert {str(contact.fields) for contact in Contact.objects.all()} == {"{'x': 2}"}
    assert len(people) == 5


def test_a_sender_deletes_no_field(sender: Browser) -> None:
    field = ContactField.objects.create(name="Class", key="class")
    assert sender.post(f"/contacts/fields/{field.pk}/delete/").status_code == 403
    assert "/delete/" not in sender.get(f"/contacts/fields/{field.pk}/").text
    assert ContactField.objects.exists()


def test_a_page_without_fields_says_what_they_are(sender: Browser) -> None:
    assert "No fields yet" in sender.get("/contacts/fields/").text


@pytest.mark.parametrize(
    ("kind", "typed", "commas", "decimals"),
    [
        (NUMBER, "12000", "12,000", "12,000.00"),
        (NUMBER, "Rs 1,20,000.5", "1,20,000.50", "1,20,000.50"),
        (NUMBER, "2350.50", "2,350.50", "2,350.50"),
        (NUMBER, "१२०००", "12,000", "12,000.00"),
        (NUMBER, "0.125", "0.125", "0.125"),
        (NUMBER, "-1500", "-1,500", "-1,500.00"),
        (NUMBER, "9841234567", "9841234567", "9841234567"),
        (TEXT, "12000", "12,000", "12,000.00"),
        (TEXT, "007", "007", "007"),
        (TEXT, "paid", "paid", "paid"),
        (DATE, "2026-11-22", "2026-11-22", "2026-11-22"),
    ],
)
def test_numbers_of_a_field_are_shown_alike_and_never_rounded(
    kind: FieldKind, typed: str, commas: str, decimals: str
) -> None:
    value = parse_value(kind, typed)
    assert Shape(kind, NumberStyle.COMMAS).show(value) == commas
    assert Shape(kind, NumberStyle.DECIMALS).show(value) == decimals


def test_a_style_is_chosen_with_values_that_exist_and_changes_none(sender: Browser) -> None:
    fee = ContactField.objects.create(name="Fee due", key="fee_due", kind=TEXT, in_list=True)
    typed = ["12000", "2350.50", "paid", "paid", "half"]
    people = [ContactFactory.create(fields={"fee_due": value}) for value in typed]
    page = words(sender.get(f"/contacts/fields/{fee.pk}/"))
    assert "12000 12,000 12,000.00" in page
    assert "3 people have something else, which is shown as typed: “paid”, “half”" in page

    sender.post(
        f"/contacts/fields/{fee.pk}/", {"name": "Fee", "in_list": "on", "shown_as": "decimals"}
    )
    listed = sender.get("/contacts/").text
    assert ">12,000.00<" in listed
    assert ">2,350.50<" in listed
    assert [one.fields["fee_due"] for one in Contact.objects.order_by("pk")] == typed
    # The contact's own page has what was typed, so that saving it changes nothing.
    assert 'value="12000"' in sender.get(f"/contacts/{people[0].pk}/").text


def test_a_page_of_a_field_looks_at_the_newest_people_alone(
    sender: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_values, "_LOOKED_AT", 2)
    fee = ContactField.objects.create(name="Fee due", key="fee_due", kind=TEXT)
    for value in ("500", "12000"):
        ContactFactory.create(fields={"fee_due": value})
    assert "were looked at" not in words(sender.get(f"/contacts/fields/{fee.pk}/"))
    ContactFactory.create(fields={"fee_due": "9000"})
    page = words(sender.get(f"/contacts/fields/{fee.pk}/"))
    assert "9,000.00" in page
    assert "500.00" not in page
    assert "Only the 2 people added last were looked at." in page


def test_a_date_has_no_style(sender: Browser) -> None:
    born = ContactField.objects.create(name="Born", key="born", kind=DATE)
    ContactFactory.create(fields={"born": ["2026-11-22", "22/11/2026"]})
    assert "How numbers" not in sender.get(f"/contacts/fields/{born.pk}/").text
