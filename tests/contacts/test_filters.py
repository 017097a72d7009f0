"""The list's filters and orders: by group, operator, opt-out and the office's own fields."""

from typing import Any

import pytest
from django.test import Client

from contacts.models import Contact, ContactField
from contacts.services.filters import ORDERS
from sociair_portal.common.pages import page_by_key
from tests.factories import ContactFactory, OptOutFactory
from tests.pages import searched

URL = "/contacts/"


def names(response: Any) -> list[str]:
    return [contact.name for contact in response.context["page"].items]


@pytest.fixture
def people(db: None) -> list[Contact]:
    ContactField.objects.create(name="Class", key="class", kind="text")
    ContactField.objects.create(name="Fee due", key="fee_due", kind="number", in_list=True)
    ContactField.objects.create(name="Born", key="born", kind="date")
    ContactField.objects.create(name="2081", key="field_2081", kind="text")
    return [
        ContactFactory.create(name=name, mobile=mobile, fields=fields)
        for name, mobile, fields in (
            ("Asha", "9801234567", {"class": "9 A", "fee_due": 500, "born": "2010-05-01"}),
            ("Gita", "9841234567", {"class": "9 B", "fee_due": 1250.5, "born": "2011-01-31"}),
            ("Hari", "9851234567", {"class": "10 A", "fee_due": 90, "field_2081": "paid"}),
            ("Maya", "9611234567", {}),
        )
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"operator": "ncell"}, ["Asha"]),
        ({"operator": "ntc", "q": "ri"}, ["Hari"]),
        ({"opted": "yes"}, ["Hari"]),
        ({"opted": "no"}, ["Asha", "Gita", "Maya"]),
        ({"field": "class", "how": "is", "value": "9 a"}, ["Asha"]),
        ({"field": "class", "how": "has", "value": "A"}, ["Asha", "Hari"]),
        ({"field": "class", "how": "filled"}, ["Asha", "Gita", "Hari"]),
        ({"field": "class", "how": "empty"}, ["Maya"]),
        ({"field": "fee_due", "how": "least", "value": "५००"}, ["Asha", "Gita"]),
        ({"field": "fee_due", "how": "most", "value": "Rs 1,250.50"}, ["Asha", "Gita", "Hari"]),
        ({"field": "fee_due", "how": "is", "value": "1250.50"}, ["Gita"]),
        ({"field": "fee_due", "how": "least", "value": "100"}, ["Asha", "Gita"]),
        ({"field": "fee_due", "how": "more", "value": "500"}, ["Gita"]),
        ({"field": "fee_due", "how": "more", "value": "0"}, ["Asha", "Gita", "Hari"]),
        ({"field": "fee_due", "how": "less", "value": "500"}, ["Hari"]),
        ({"field": "born", "how": "more", "value": "2010-05-01"}, ["Gita"]),
        ({"field": "born", "how": "less", "value": "2010-05-01"}, []),
        ({"field": "born", "how": "least", "value": "1 Jan 2011"}, ["Gita"]),
        ({"field": "born", "how": "most", "value": "01/05/2010"}, ["Asha"]),
        ({"field": "born", "how": "is", "value": "2010-05-01"}, ["Asha"]),
        ({"field": "field_2081", "how": "is", "value": "paid"}, ["Hari"]),
        ({"field": "field_2081", "how": "filled"}, ["Hari"]),
        ({"field": "class", "how": "is", "value": ""}, ["Asha", "Gita", "Hari", "Maya"]),
        ({"field": "class"}, ["Asha", "Gita", "Hari", "Maya"]),
        ({"how": "least", "value": "5"}, ["Asha", "Gita", "Hari", "Maya"]),
        ({"field": "class", "how": "has", "value": "%"}, []),
        ({"field": "class", "how": "is", "value": "' OR 1=1 --"}, []),
    ],
)
def test_the_list_is_filtered_by_operator_opt_out_and_field(
    sender: Client, people: list[Contact], query: dict[str, str], found: list[str]
) -> None:
    OptOutFactory.create(mobile="9851234567")
    assert names(sender.get(URL, query, follow=True)) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"field": "fee_due", "how": "least", "value": "much"}, "is not a number like 1250"),
        ({"field": "born", "how": "is", "value": "yesterday"}, "is not a date like"),
        ({"field": "gone", "how": "is", "value": "x"}, "This field was deleted."),
        ({"operator": "x"}, "Select a valid choice"),
        ({"sort": "password"}, "Select a valid choice"),
        ({"field": "class", "how": "drop", "value": "x"}, "Select a valid choice"),
    ],
)
def test_a_filter_of_contacts_that_cannot_be_read_says_so(
    sender: Client, people: list[Contact], query: dict[str, str], words: str
) -> None:
    response = sender.get(URL, query, follow=True)
    assert words in response.text
    assert names(response) == []


def test_a_field_is_a_column_where_that_was_chosen(sender: Client, people: list[Contact]) -> None:
    page = sender.get(URL).text
    assert ">Fee due</th>" in page
    assert "1250.5" in page
    assert ">Class</th>" not in page


def test_without_fields_there_is_nothing_to_filter_by(sender: Client) -> None:
    assert 'name="field"' not in sender.get(URL).text


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("", ["Asha", "Gita", "Hari", "Maya"]),
        ("-name", ["Maya", "Hari", "Gita", "Asha"]),
        ("number", ["Maya", "Asha", "Gita", "Hari"]),
        ("-number", ["Hari", "Gita", "Asha", "Maya"]),
        ("added", ["Asha", "Gita", "Hari", "Maya"]),
        ("-added", ["Maya", "Hari", "Gita", "Asha"]),
    ],
)
def test_the_order_of_contacts_is_chosen(
    sender: Client, people: list[Contact], sort: str, found: list[str]
) -> None:
    assert names(sender.get(URL, {"sort": sort}, follow=True)) == found


@pytest.mark.parametrize("order", ORDERS.values())
def test_every_order_pages_through_everyone_once(
    people: list[Contact], order: tuple[str, ...]
) -> None:
    ContactFactory.create(name="Asha", mobile="9801234568")
    ContactFactory.create(name="Asha Rai", mobile="9801234567")
    seen: list[int] = []
    at = ""
    while True:
        page = page_by_key(Contact.objects.all(), order=order, at=at, size=2)
        seen += [contact.pk for contact in page.items]
        if not (at := page.next):
            break
    assert seen == list(Contact.objects.order_by(*order).values_list("pk", flat=True))


def test_headings_sort_the_list_and_say_how(sender: Client, people: list[Contact]) -> None:
    address = searched(sender, URL, q="a")
    page = sender.get(address).text
    assert 'aria-sort="ascending"' in page
    assert f"{address.removeprefix(URL)}&amp;sort=-name" in page
    page = sender.get(f"{address}&sort=-number").text
    assert 'aria-sort="descending"' in page
    assert f"{address.removeprefix(URL)}&amp;sort=number" in page


def test_a_day_that_nobody_can_compute_yet_is_before_none_and_after_none(sender: Client) -> None:
    ContactField.objects.create(name="Ends", key="ends", kind="date")
    ContactFactory.create(name="Known", fields={"ends": ["2026-04-13", "2082-12-30"]})
    ContactFactory.create(name="Unknown", fields={"ends": ["", "2085-01-15"]})
    ContactFactory.create(name="Old", fields={"ends": "2026-01-01"})
    for how, value, found in (
        ("most", "2026-12-31", {"Known", "Old"}),
        ("least", "2082-12-01", {"Known"}),
        ("less", "2026-12-31", {"Known", "Old"}),
        ("more", "2026-02-01", {"Known"}),
        ("is", "2082-12-30", {"Known"}),
        ("filled", "", {"Known", "Unknown", "Old"}),
    ):
        page = sender.get(URL, {"field": "ends", "how": how, "value": value}, follow=True).text
        assert {name for name in ("Known", "Unknown", "Old") if f">{name}<" in page} == found
    page = sender.get(
        URL, {"field": "ends", "how": "least", "value": "2085-01-01"}, follow=True
    ).text
    assert "The months of this year are not known yet" in page


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("born", "२०४५", ["Asha", "Hari"]),
        ("born", "2045", ["Asha", "Hari"]),
        ("born", "२०४५/०५", ["Asha"]),
        ("born", "2045/05", ["Asha"]),
        ("born", "2045-06", ["Hari"]),
        ("born", "२०४५-०६", ["Hari"]),
        ("born", "1988", []),
        ("born", '"', []),
        ("born", "[", []),
        ("fee", "1,250", ["Asha"]),
        ("fee", "1250", []),
        ("fee", "90", ["Hari"]),
        ("fee", "९०", ["Hari"]),
        ("ward", "12", ["Asha", "Hari"]),
        ("ward", "१२", ["Asha", "Hari"]),
    ],
)
def test_what_contains_a_text_is_what_the_list_shows(
    sender: Client, field: str, value: str, found: list[str]
) -> None:
    """Not what a day or a number is compared by; digits in either script."""
    for key, kind in (("born", "date"), ("fee", "number"), ("ward", "text")):
        ContactField.objects.create(name=key.capitalize(), key=key, kind=kind)
    for name, fields in (
        ("Asha", {"born": ["1988-08-28", "२०४५/०५/१२"], "fee": [1250, "1,250"], "ward": "वडा १२"}),
        ("Hari", {"born": ["1988-10-02", "2045-06-16"], "fee": 90, "ward": "Ward 12"}),
        ("Maya", {}),
    ):
        ContactFactory.create(name=name, fields=fields)
    query = {"field": field, "how": "has", "value": value}
    assert names(sender.get(URL, query, follow=True)) == found
