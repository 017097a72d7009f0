"""One thing done with many: with those who are ticked, or with everyone whom a filter finds."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client

from contacts.models import Contact, Group, OptOut
from contacts.services import bulk_actions
from contacts.services.bulk_actions import Action, BulkAction
from messaging.models import Gateway, Recipient
from messaging.services.audience.choice import Audience
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import searched
from tests.pages import words as words_of
from tests.sending import hand_over

URL = "/contacts/"


@pytest.fixture
def people(db: None) -> list[Contact]:
    return [ContactFactory.create(name=name) for name in ("Asha", "Gita", "Hari")]


@pytest.fixture
def group(people: list[Contact]) -> Group:
    return GroupFactory.create(pk=5, name="Class 9", members=[people[0]])


def members(group: Group) -> list[str]:
    return sorted(contact.name for contact in group.members.all())


def names() -> list[str]:
    return list(Contact.objects.order_by("name").values_list("name", flat=True))


def confirm(client: Client, data: dict[str, Any], url: str = URL, **more: Any) -> Any:
    """Look at what it would do, and let it."""
    asked = client.post(url, data)
    assert asked.status_code == 200, words_of(asked)
    expected = asked.context["to_do"]
    return client.post(url, {**data, "expected": expected, **more}, follow=True)


def test_ticked_people_join_a_group_and_leave_it(
    sender: Client, people: list[Contact], group: Group
) -> None:
    ticked = {"whom": "ticked", "contact": [one.pk for one in people], "group": group.pk}
    address = searched(sender, URL, q="a")
    asked = sender.post(address, {**ticked, "action": "add"})
    assert "Contacts ticked 3 Already in Class 9 1 Will be added 2" in words_of(asked)
    assert "Add 2 contacts to Class 9" in words_of(asked)
    assert members(group) == ["Asha"]
    done = confirm(sender, {**ticked, "action": "add"}, address)
    assert done.redirect_chain == [(address, 302)]
    assert "2 contacts were added to Class 9. Members now: 3." in words_of(done)
    assert members(group) == ["Asha", "Gita", "Hari"]
    ticked["contact"] = [people[0].pk]
    done = confirm(sender, {**ticked, "action": "remove"})
    assert "1 contact was removed from Class 9. Members now: 2." in words_of(done)


def test_everyone_found_joins_a_group_and_nobody_else(
    sender: Client, people: list[Contact], group: Group
) -> None:
    found = {"whom": "found", "action": "add", "group": group.pk}
    confirm(sender, found, searched(sender, URL, q="gita"))
    assert members(group) == ["Asha", "Gita"]


def test_joining_a_group_twice_changes_nothing(
    sender: Client, people: list[Contact], group: Group
) -> None:
    data = {"whom": "ticked", "contact": people[0].pk, "group": group.pk, "action": "add"}
    assert "There is nothing to change." in words_of(sender.post(URL, data))
    sender.post(URL, {**data, "expected": 0})
    assert members(group) == ["Asha"]


def test_everyone_found_is_opted_out_with_who_and_why(
    sender: Client, people: list[Contact]
) -> None:
    ContactFactory.create(name="Asha's brother", mobile=people[0].mobile)
    OptOutFactory.create(mobile=people[1].mobile, reason="Long ago")
    data = {"whom": "found", "action": "opt_out"}
    asked = sender.post(URL, data)
    assert "All your contacts 4 Numbers that will get no more messages 2" in words_of(asked)
    done = confirm(sender, data, reason="Left school")
    assert "2 numbers are opted out and will get no more messages." in words_of(done)
    kept = OptOut.objects.get(mobile=people[1].mobile)
    assert kept.reason == "Long ago"
    new = OptOut.objects.exclude(pk=kept.pk)
    assert [(one.reason, one.created_by) for one in new] == [("Left school", sender.user)] * 2  # type: ignore[attr-defined]


def test_deleted_contacts_leave_their_history(
    sender: Client, people: list[Contact], gateway: Gateway
) -> None:
    hand_over(gateway, Audience(contacts=(people[1].pk,)))
    recipient = Recipient.objects.get()
    assert recipient.contact == people[1]
    done = confirm(sender, {"whom": "found", "action": "delete"}, searched(sender, URL, q="gita"))
    assert "1 contact was deleted." in words_of(done)
    assert names() == ["Asha", "Hari"]
    assert Recipient.objects.get(contact=None).name == "Gita"


def test_many_are_deleted_only_when_their_number_is_typed(sender: Client, db: None) -> None:
    for number in range(51):
        ContactFactory.create(name=f"Person {number}")
    ContactFactory.create(name="Someone else")
    data = {"whom": "found", "action": "delete"}
    for typed in ("", "52", "x", "५०"):
        refused = confirm(sender, data, searched(sender, URL, q="person"), typed=typed)
        assert "Nothing was deleted. Type 51 to delete them." in words_of(refused)
    assert Contact.objects.count() == 52
    done = confirm(sender, data, searched(sender, URL, q="person"), typed="51")
    assert "51 contacts were deleted." in words_of(done)
    assert names() == ["Someone else"]


def test_a_figure_that_changed_meanwhile_is_shown_again(
    sender: Client, people: list[Contact]
) -> None:
    data = {"whom": "found", "action": "delete"}
    expected = sender.post(URL, data).context["to_do"]
    ContactFactory.create(name="Came in the meantime")
    again = sender.post(URL, {**data, "expected": expected})
    assert "Your contacts have changed since then." in words_of(again)
    assert Contact.objects.count() == 4
    assert again.context["to_do"] == 4


def test_a_bulk_action_with_an_unreadable_filter_reaches_nobody(
    sender: Client, people: list[Contact]
) -> None:
    asked = sender.post("/contacts/?group=999", {"whom": "found", "action": "delete"})
    assert "There is nothing to change." in words_of(asked)
    sender.post("/contacts/?group=999", {"whom": "found", "action": "delete", "expected": 0})
    assert Contact.objects.count() == 3


def test_a_long_bulk_action_goes_on_page_by_page(
    sender: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "_AT_ONCE", 10)
    monkeypatch.setattr("contacts.views.bulk_actions._FOR", 0.0)
    people = [ContactFactory.create() for _ in range(25)]
    group = GroupFactory.create(name="Class 9", members=people[:3])
    data: dict[str, Any] = {"whom": "found", "action": "add", "group": group.pk}
    page = sender.post(URL, {**data, "expected": 22})
    pages = 0
    while page.status_code == 200:
        pages += 1
        assert "data-goes-on" in page.text
        assert f"{10 * pages} of 22 done." in words_of(page)
        page = sender.post(URL, {**data, "goes_on": page.context["goes_on"]})
    assert pages == 2
    done = words_of(sender.get(URL))
    assert "22 contacts were added to Class 9. Members now: 25." in done


@pytest.mark.parametrize("action", list(Action))
def test_each_bulk_action_reaches_everyone_once(
    db: None, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    monkeypatch.setattr(bulk_actions, "_AT_ONCE", 7)
    people = [ContactFactory.create() for _ in range(30)]
    group = GroupFactory.create(members=people[:15])
    bulk = BulkAction(action, Contact.objects.all(), UserFactory.create(), group)
    expected = bulk.count()
    after, done, rounds = 0, 0, 0
    while True:
        progress = bulk.go_on(after, is_time_left=lambda: False)
        after, done, rounds = progress.after, done + progress.done, rounds + 1
        if progress.is_over:
            break
    assert done == expected == (15 if action.needs_group else 30)
    assert rounds == expected // 7 + 1
    assert bulk.count() == 0


def test_nobody_joins_a_group_that_is_gone(people: list[Contact]) -> None:
    group = GroupFactory.create()
    bulk = BulkAction(Action.ADD, Contact.objects.all(), None, group)
    Group.objects.all().delete()
    assert bulk.go_on(0, is_time_left=lambda: True).done == 0


@pytest.mark.parametrize("action", list(Action))
def test_each_bulk_action_has_its_own_permission(
    client: Client, people: list[Contact], group: Group, action: Action
) -> None:
    user = UserFactory.create()
    others = {one.permission.split(".")[1] for one in Action} - {action.permission.split(".")[1]}
    user.user_permissions.set(Permission.objects.filter(codename__in=[*others, "view_contact"]))
    client.force_login(user)
    data = {"whom": "found", "action": action.value, "group": group.pk, "expected": 2}
    assert client.post(URL, data).status_code == 403
    assert client.post(URL, {**data, "goes_on": "x"}).status_code == 403
    assert (Contact.objects.count(), OptOut.objects.count()) == (3, 0)
    assert members(group) == ["Asha"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contact": []}, "Tick at least one contact."),
        ({"contact": [999]}, "One of these contacts was deleted. Check your selection."),
        ({"contact": ["x"]}, "is not a valid value"),
        ({"group": ""}, "Choose a group."),
        ({"group": "999"}, "This group was deleted. Choose another."),
        ({"action": "burn"}, "Select a valid choice"),
        ({"whom": "x"}, "Select a valid choice"),
        ({"action": ""}, "Choose what to do with them."),
    ],
)
def test_a_mistake_is_said_and_the_ticks_stay(
    sender: Client, people: list[Contact], group: Group, change: dict[str, Any], words: str
) -> None:
    chosen = {"whom": "ticked", "contact": [people[1].pk], "group": group.pk, "action": "add"}
    ticked = {**chosen, **change}
    response = sender.post("/contacts/", ticked)
    assert response.status_code == 200
    assert words in response.text
    assert members(group) == ["Asha"]
    shown = f'value="{people[1].pk}" aria-label="Gita" checked'
    assert (shown in response.text) == ("contact" not in change)


def test_nobody_begins_in_the_middle_where_nothing_is_asked(sender: Client, db: None) -> None:
    for _ in range(60):
        ContactFactory.create()
    data = {"whom": "found", "action": "delete", "expected": 60}
    for made_up in ("[0,0,60]", signing.dumps([0, 0, 60], salt="contacts.bulk_actions.1.add.")):
        page = words_of(sender.post(URL, {**data, "goes_on": made_up, "after": "0"}))
        assert "60" in page
        assert Contact.objects.count() == 60
