"""The list of contacts: everyone by name, searched, filtered, page by page."""

from html import escape
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from contacts.models import Contact, ContactField
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import searched, words
from tests.queries import FRAME

URL = "/contacts/"


def names(response: Any) -> list[str]:
    return [contact.name for contact in response.context["page"].items]


def test_contacts_are_listed_by_name_with_their_groups(sender: Client) -> None:
    sita = ContactFactory.create(name="Sita Rai", mobile="9841234567")
    ContactFactory.create(name="Asha Lama", mobile="9801234567")
    GroupFactory.create(name="Class 9", members=[sita])
    response = sender.get(URL)
    assert names(response) == ["Asha Lama", "Sita Rai"]
    for shown in ("984-1234567", "Ncell", "Class 9", reverse("contacts:edit", args=[sita.pk])):
        assert shown in response.text


@pytest.mark.parametrize(
    "q", ["sita", "rai", "rai sita", "412345", "0984-12", "+977 9841234567", "९८४१२३४५६७"]
)
def test_a_search_finds_by_name_and_by_number(sender: Client, q: str) -> None:
    ContactFactory.create(name="Sita Rai", mobile="9841234567")
    ContactFactory.create(name="Asha Lama", mobile="9801234567")
    assert names(sender.get(URL, {"q": q}, follow=True)) == ["Sita Rai"]


def test_the_list_is_filtered_by_group(sender: Client) -> None:
    sita, asha, hari = (ContactFactory.create(name=name) for name in ("Sita", "Asha", "Hari"))
    group = GroupFactory.create(members=[sita, asha])
    assert hari not in group.members.all()
    assert names(sender.get(URL, {"group": group.pk}, follow=True)) == ["Asha", "Sita"]
    assert names(sender.get(f"{URL}?group={group.pk}&q=si", follow=True)) == ["Sita"]


def test_pages_follow_one_another_and_keep_the_search(sender: Client) -> None:
    for number in range(60):
        ContactFactory.create(name=f"Person {number:02}")
    ContactFactory.create(name="Someone else")
    address = searched(sender, URL, q="person")
    first = sender.get(address)
    assert names(first) == [f"Person {number:02}" for number in range(50)]
    at = first.context["page"].next
    assert f"{address.removeprefix(URL)}&amp;page={at}" in first.text
    second = sender.get(f"{address}&page={at}")
    assert names(second) == [f"Person {number:02}" for number in range(50, 60)]
    back = sender.get(f"{address}&page={second.context['page'].previous}")
    assert names(back) == names(first)


def test_who_opted_out_is_marked(sender: Client) -> None:
    ContactFactory.create(mobile="9841234567")
    asked = sender.get(URL)
    OptOutFactory.create(mobile="9841234567")
    assert [contact.opted_out for contact in asked.context["page"].items] == [False]
    marked = sender.get(URL)
    assert [contact.opted_out for contact in marked.context["page"].items] == [True]
    assert marked.text.count("Opted out") == asked.text.count("Opted out") + 1


def test_an_empty_list_of_contacts_says_so(sender: Client) -> None:
    page = sender.get(URL).text
    assert "No contacts yet" in page
    assert reverse("contacts:create") in page
    assert "No contacts match your search" in sender.get(URL, {"q": "x"}, follow=True).text


@pytest.mark.parametrize("rows", [1, 50])
def test_queries_of_the_list_do_not_grow_with_contacts(
    sender: Client, rows: int, django_assert_num_queries: Any
) -> None:
    groups = [GroupFactory.create() for _ in range(3)]
    for _ in range(rows):
        ContactFactory.create().groups.set(groups)
    ContactField.objects.create(name="Class", key="class", in_list=True)
    sender.get(URL)
    with django_assert_num_queries(FRAME + 7):
        sender.get(URL)


def test_one_who_may_not_see_contacts_is_refused(client: Client, db: None) -> None:
    client.force_login(UserFactory.create())
    response = client.get(URL)
    assert response.status_code == 403
    assert "You have no role yet" in response.text


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    response = client.get(URL, {"q": "984", "sort": "-name"}, follow=True)
    to_sign_in = f"{reverse('account_login')}?next=/contacts/%3Fsort%3D-name"
    assert response.redirect_chain == [("/contacts/?sort=-name", 302), (to_sign_in, 302)]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "%"},
        {"q": "'; DROP TABLE contacts_contact; --"},
        {"q": "\0"},
        {"q": "x" * 300},
        {"group": "999"},
        {"group": "x"},
        {"page": "x"},
        {"page": "é"},
    ],
)
def test_nonsense_finds_nobody_or_everyone_but_never_fails(
    sender: Client, query: dict[str, str]
) -> None:
    ContactFactory.create(name="Sita Rai")
    response = sender.get(URL, query, follow=True)
    assert response.status_code == 200
    assert names(response) == (["Sita Rai"] if "page" in query else [])
    assert Contact.objects.count() == 1


def test_a_group_that_was_deleted_is_said(sender: Client) -> None:
    assert "This group was deleted." in sender.get(URL, {"group": "999"}, follow=True).text


def test_names_are_text_and_never_markup(sender: Client) -> None:
    ContactFactory.create(name="<script>alert(1)</script>")
    page = sender.get(URL).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_users_are_no_contacts(sender: Client) -> None:
    assert User.objects.count() == 1
    assert names(sender.get(URL)) == []


def test_saving_leads_back_to_the_list_it_was_opened_from(sender: Client) -> None:
    group = GroupFactory.create(members=[ContactFactory.create(name="Sita Rai")])
    contact = Contact.objects.get()
    for page in (f"{URL}?group={group.pk}&sort=number", f"/groups/{group.pk}/"):
        edit = f"{reverse('contacts:edit', args=[contact.pk])}?next={quote(page)}"
        assert edit in sender.get(page).text
        assert f'href="{escape(page)}"' in sender.get(edit).text
        saved = sender.post(edit, {"name": "Sita", "mobile": contact.mobile, "groups": [group.pk]})
        assert saved["Location"] == page


def test_saving_leads_to_no_other_site(sender: Client) -> None:
    contact = ContactFactory.create(name="Sita Rai")
    edit = reverse("contacts:edit", args=[contact.pk])
    for elsewhere in ("https://example.org/", "//example.org", "javascript:alert(1)"):
        typed = {"name": "Sita", "mobile": contact.mobile}
        saved = sender.post(f"{edit}?{urlencode({'next': elsewhere})}", typed)
        assert saved["Location"] == URL


def test_the_list_says_how_many_there_are(sender: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ContactFactory.create_batch(3, name="Sita")
    assert "3 contacts" in words(sender.get(URL))
    assert "3 found" in words(sender.get(URL, {"q": "sita"}, follow=True))
    monkeypatch.setattr("contacts.views.people._COUNTED", 2)
    assert "More than 2 contacts" in words(sender.get(URL))
