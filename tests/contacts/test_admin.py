"""Contacts, groups and opt-outs in the admin: the same rules, and never a million options."""

from typing import Any

import pytest
from django.urls import reverse

from contacts.models import Contact, Group, OptOut
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.queries import ADMIN

CONTACTS = "/admin/contacts/contact/"
GROUPS = "/admin/contacts/group/"
OPT_OUTS = "/admin/contacts/optout/"


def memberships(rows: list[dict[str, Any]], start: int = 0) -> dict[str, Any]:
    """An inline's fields as the admin posts them."""
    form: dict[str, Any] = {
        "Group_members-TOTAL_FORMS": len(rows),
        "Group_members-INITIAL_FORMS": start,
    }
    for index, row in enumerate(rows):
        form |= {f"Group_members-{index}-{name}": value for name, value in row.items()}
    return form


def test_the_admin_adds_a_contact_by_the_same_rules(manager: Browser) -> None:
    group = GroupFactory.create()
    typed = {"name": "Sita\u202e Rai", "mobile": "+977 984-1234567"}
    response = manager.post(f"{CONTACTS}add/", {**typed, **memberships([{"group": group.pk}])})
    assert response.status_code == 302
    contact = Contact.objects.get()
    assert (contact.name, contact.mobile, contact.operator) == ("Sita Rai", "9841234567", "ntc")
    assert list(contact.groups.all()) == [group]


def test_the_operator_follows_the_number(manager: Browser) -> None:
    contact = ContactFactory.create(name="Sita", mobile="9841234567")
    form = {"name": "Sita", "mobile": "9801234567", **memberships([])}
    manager.post(f"{CONTACTS}{contact.pk}/change/", form)
    contact.refresh_from_db()
    assert (contact.mobile, contact.operator) == ("9801234567", "ncell")


@pytest.mark.parametrize("q", ["0984-12", "sita"])
def test_a_contact_is_found_by_number_and_name(manager: Browser, q: str) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841234567")
    ContactFactory.create(name="Hari Lama", mobile="9801234567")
    page = manager.get(CONTACTS, {"q": q}, follow=True).text
    assert "Sita Rai" in page
    assert "Hari Lama" not in page


def test_groups_of_a_person_are_looked_up(manager: Browser) -> None:
    GroupFactory.create(name="Sitting members")
    query = {"app_label": "contacts", "model_name": "group_members", "field_name": "group"}
    answer = manager.get("/admin/autocomplete/", {**query, "term": "sit"}).json()
    assert [row["text"] for row in answer["results"]] == ["Sitting members"]
    assert "admin-autocomplete" in manager.get("/admin/contacts/contact/add/").text


def test_a_groups_page_leads_to_its_people_and_looks_nobody_up(manager: Browser) -> None:
    group = GroupFactory.create(name="Class 9", members=[ContactFactory.create(name="Inside")])
    url = f"{GROUPS}{group.pk}/change/"
    page = manager.get(url).text
    assert "Inside" not in page
    assert "admin-autocomplete" not in page  # it would ask by an address with the name in it
    assert reverse("contacts:group", args=[group.pk]) in page
    assert manager.post(url, {"name": "Class 10"}).status_code == 302
    assert group.members.count() == 1
    assert Group.objects.get().name == "Class 10"


def test_an_opt_out_is_entered_and_found(manager: Browser) -> None:
    manager.post(f"{OPT_OUTS}add/", {"mobile": "0984 1234567", "reason": "Asked by phone"})
    opt_out = OptOut.objects.get()
    assert (opt_out.mobile, opt_out.created_by) == ("9841234567", manager.user)
    OptOutFactory.create(mobile="9801234567")
    page = manager.get(OPT_OUTS, {"q": "+977984"}, follow=True).text
    assert "984-1234567" in page
    assert "980-1234567" not in page


def test_an_opt_out_is_removed_but_not_changed(manager: Browser) -> None:
    opt_out = OptOutFactory.create(mobile="9841234567")
    url = f"{OPT_OUTS}{opt_out.pk}/"
    assert manager.post(f"{url}change/", {"mobile": "9801234567"}).status_code == 403
    assert manager.post(f"{url}delete/", {"post": "yes"}).status_code == 302
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize(("url", "queries"), [(CONTACTS, 4), (GROUPS, 2), (OPT_OUTS, 4)])
def test_queries_of_admin_lists_do_not_grow_with_contacts(
    manager: Browser, url: str, queries: int, rows: int, django_assert_num_queries: Any
) -> None:
    people = [ContactFactory.create() for _ in range(rows)]
    for person in people:
        GroupFactory.create(members=people[:2])
        OptOutFactory.create(mobile=person.mobile, created_by=manager.user)
    manager.get(url)
    with django_assert_num_queries(ADMIN + queries):
        manager.get(url)


@pytest.mark.parametrize("url", [CONTACTS, f"{CONTACTS}add/", GROUPS, OPT_OUTS, "/admin/"])
def test_a_sender_has_no_admin(sender: Browser, url: str) -> None:
    assert sender.get(url, follow=True).status_code == 403


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "Sita", "mobile": "01-4123456"}, "This is a landline"),
        ({"name": "", "mobile": "9841234567"}, "Enter a name."),
        (
            {"name": "Hari", "mobile": "984 1234567"},
            "A contact with this name and number already exists.",
        ),
    ],
)
def test_a_mistake_in_the_admin_adds_no_contact(
    manager: Browser, typed: dict[str, str], words: str
) -> None:
    ContactFactory.create(name="Hari", mobile="9841234567")
    response = manager.post(f"{CONTACTS}add/", {**typed, **memberships([])})
    assert response.status_code == 200
    assert words in response.text
    assert Contact.objects.count() == 1
