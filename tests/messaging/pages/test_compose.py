"""Writing a message: the form, what it refuses in words, and the estimate beside it."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts.models import Contact, Group
from messaging.models import BalanceReading, Campaign, CampaignState, Gateway, MessageTemplate
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from tests.at_once import at_once
from tests.conftest import Browser, signed_in
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import source, words
from tests.sending import hand_over, reading
from tests.woken import OnCommit, woken

pytestmark = pytest.mark.django_db

URL = "/compose/"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "form_uuid": str(uuid.uuid4()),
        "numbers": "9841234567",
        "text": "School is closed tomorrow.",
        **changes,
    }


def draft_of(browser: Browser, gateway: Gateway, **audience: Any) -> Campaign:
    return drafts.save_draft(
        form_uuid=uuid.uuid4(),
        text="Fees are due.",
        audience=Audience(**audience),
        gateway=gateway,
        by=browser.user,
    )


def test_a_message_is_composed_into_a_draft(sender: Browser, gateway: Gateway) -> None:
    group, contact = GroupFactory.create(), ContactFactory.create()
    data = form(
        groups=[group.pk], contacts=[contact.pk], text="Closed\r\ntomorrow. ", numbers="98,\r\n99"
    )
    response = sender.post(URL, data)
    draft = Campaign.objects.get()
    assert response.headers["Location"] == reverse("messaging:review", args=[draft.pk])
    assert draft.text == "Closed\ntomorrow."
    assert draft.audience == {
        "groups": [group.pk],
        "contacts": [contact.pk],
        "numbers": "98,\n99",
        "of_all": False,
        "without": [],
        "preferred": [],
        "first": False,
        "again": False,
        "table": "",
    }
    assert (draft.state, draft.created_by, draft.gateway) == ("draft", sender.user, gateway)


def test_every_form_has_an_id_of_its_own(sender: Browser, gateway: Gateway) -> None:
    ids = {sender.get(URL).context["form"]["form_uuid"].value() for _time in range(2)}
    assert len(ids) == 2


def test_opening_compose_asks_for_the_balance(
    sender: Browser,
    gateway: Gateway,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    def asked() -> list[str]:
        return woken(django_capture_on_commit_callbacks, lambda: sender.get(URL))

    assert asked() == ["read_balance"]
    assert asked() == []  # it has just been asked for
    reading(gateway)
    Gateway.objects.update(balance_asked_at=None)
    assert asked() == []
    BalanceReading.objects.update(
        asked_at=timezone.now() - timedelta(seconds=31),
        read_at=timezone.now() - timedelta(seconds=31),
    )
    assert asked() == ["read_balance"]


BUTTONS = [
    "search",
    "plain",
    "use_template",
    "save_template",
    "choose_table",
    "use_columns",
    "drop_table",
]


@pytest.mark.parametrize("name", ["compose", "save", "measure", "contact_choices", *BUTTONS])
def test_compose_is_for_those_who_may_send(name: str, client: Client, gateway: Gateway) -> None:
    url = reverse(f"messaging:{name}")
    assert client.post(url).status_code == 302
    client.force_login(UserFactory.create())
    assert client.post(url).status_code == 403


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_a_post_and_else_leads_to_the_form(
    name: str, sender: Browser, gateway: Gateway
) -> None:
    address = reverse(f"messaging:{name}")
    assert sender.get(address).headers["Location"] == URL
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(sender.user)
    assert guarded.post(address, form()).status_code == 403


def test_a_text_is_kept_only_by_who_may_add_templates(sender: Browser, gateway: Gateway) -> None:
    role = sender.user.groups.get()
    role.permissions.remove(Permission.objects.get(codename="add_messagetemplate"))
    typed = form(**{"template-name": "Closed"})
    assert sender.post(reverse("messaging:save_template"), typed).status_code == 403
    assert not MessageTemplate.objects.exists()


def test_a_draft_is_opened_by_its_author_alone(sender: Browser, gateway: Gateway) -> None:
    draft = draft_of(sender, gateway, numbers="9841234567")
    again = sender.get(URL, {"draft": draft.pk})
    assert "Fees are due." in words(again)
    assert str(draft.form_uuid) in source(again)
    assert signed_in("Sender").get(URL, {"draft": draft.pk}).status_code == 404
    assert signed_in("Manager").get(URL, {"draft": draft.pk}).status_code == 404


@pytest.mark.parametrize("draft", ["", "x", "-1", "0", "9" * 30, "²"])
def test_a_draft_that_does_not_exist_is_not_found(
    draft: str, sender: Browser, gateway: Gateway
) -> None:
    assert sender.get(URL, {"draft": draft}).status_code == 404


def test_a_draft_that_was_sent_leads_to_its_campaign(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9841234567"], by=sender.user)
    response = sender.get(URL, {"draft": campaign.pk})
    assert response.headers["Location"] == reverse("messaging:campaign", args=[campaign.pk])


def test_compose_says_that_a_drafts_group_is_gone(sender: Browser, gateway: Gateway) -> None:
    group = GroupFactory.create(name="Class 9")
    draft = draft_of(sender, gateway, groups=(group.pk, 999))
    shown = sender.get(URL, {"draft": draft.pk})
    assert "A group you chose was deleted." in words(shown)
    assert [choice.group for choice in shown.context["form"].group_choices() if choice.is_chosen]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": ""}, "Write a message."),
        ({"text": " \r\n "}, "Write a message."),
        ({"numbers": ""}, "Choose who gets it: a group, a contact or a number."),
        ({"numbers": " , ;\n"}, "Choose who gets it: a group, a contact or a number."),
        ({"numbers": "12, 014123456"}, "12: This number is too short"),
        ({"numbers": "12, 014123456"}, "014123456: This is a landline"),
        ({"numbers": "hello"}, "hello: This is not a number"),
        ({"numbers": "9841234567\n" * 10_001}, "That is more than 10,000 numbers."),
        ({"numbers": "9841234567 " * 10_001}, "That is more than 10,000 numbers."),
        ({"numbers": "\n" * 10_001 + "9841234567\n1"}, None),
        ({"numbers": "1 " * 200_000}, "That is more than 10,000 numbers."),
        ({"text": "a" * 1531}, "This message has 11 parts. The most that can be sent is 10."),
        ({"text": "क" * 671}, "This message has 11 parts. The most that can be sent is 10."),
        ({"text": "bell \x07"}, "Character 6 cannot be sent (U+0007). Remove it."),
        ({"text": "null \x00"}, "Null characters are not allowed."),
        ({"numbers": "98\x00"}, "Null characters are not allowed."),
        (
            {"groups": [999]},
            "A group you chose was deleted. The others are still chosen.",
        ),
        ({"contacts": [999]}, "A contact you chose was deleted."),
        ({"form_uuid": "x"}, "This page is out of date. Reopen Compose."),
        ({"form_uuid": ""}, "This page is out of date. Reopen Compose."),
    ],
)
def test_a_mistake_in_compose_is_explained_and_loses_nothing(
    changes: dict[str, Any], sentence: str | None, sender: Browser, gateway: Gateway
) -> None:
    group = GroupFactory.create()
    typed = form(**{"text": "What I wrote", "numbers": "9841234567", **changes})
    typed["groups"] = [*typed.get("groups", []), *([] if "numbers" in changes else [group.pk])]
    response = sender.post(URL, typed)
    if sentence is None:  # many empty lines are no numbers
        assert response.status_code == 302
        return
    assert response.status_code == 200
    shown = response.context["form"]
    assert sentence in words(response)
    assert shown["text"].value() == typed["text"]
    assert shown["numbers"].value() == typed["numbers"]
    assert [choice.is_chosen for choice in shown.group_choices()] == [group.pk in typed["groups"]]
    assert Campaign.objects.count() == 0


def test_only_the_first_invalid_numbers_are_listed(sender: Browser, gateway: Gateway) -> None:
    shown = sender.post(URL, form(numbers="1,2,3,4,5,6,7")).context["form"]
    assert [str(error).partition(":")[0] for error in shown.errors["numbers"]] == [*"12345"]


def test_some_invalid_numbers_are_left_to_the_review(sender: Browser, gateway: Gateway) -> None:
    assert sender.post(URL, form(numbers="1, 9841234567")).status_code == 302


@pytest.mark.parametrize("body", [b"%ED%A0%80", b"%ff%fe", b"%C0%80"])
def test_broken_bytes_in_a_text_are_replaced(
    body: bytes, sender: Browser, gateway: Gateway
) -> None:
    data = b"form_uuid=%s&numbers=9841234567&text=a" % str(uuid.uuid4()).encode() + body
    response = sender.post(URL, data, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 302
    assert "\ufffd" in Campaign.objects.get().text


@pytest.mark.parametrize("wrong", ["x", "-1", "1.0", "9" * 40, "²", ""])
def test_impossible_ids_in_compose_choose_nobody(
    wrong: str, sender: Browser, gateway: Gateway
) -> None:
    assert sender.post(URL, form(groups=[wrong], contacts=[wrong])).status_code == 302
    assert Campaign.objects.get().audience["groups"] == []


def test_a_form_posted_twice_is_one_campaign(sender: Browser, gateway: Gateway) -> None:
    typed = form()
    first, second = sender.post(URL, typed), sender.post(URL, typed)
    assert first.headers["Location"] == second.headers["Location"]
    assert Campaign.objects.count() == 1


def test_going_back_from_review_changes_the_draft(sender: Browser, gateway: Gateway) -> None:
    typed = form()
    sender.post(URL, typed)
    sender.post(URL, {**typed, "text": "Open again.", "version": 1})
    assert Campaign.objects.get().text == "Open again."


def test_a_form_already_sent_leads_to_its_campaign(sender: Browser, gateway: Gateway) -> None:
    campaign = hand_over(gateway, ["9841234567"], text="Closed.", by=sender.user)
    typed = form(form_uuid=str(campaign.form_uuid), text="Closed.")
    same = sender.post(URL, typed)
    assert same.headers["Location"] == reverse("messaging:campaign", args=[campaign.pk])
    other = sender.post(URL, {**typed, "text": "Open."})
    assert "This message was already sent" in words(other)
    assert other.context["form"]["text"].value() == "Open."


def test_another_users_form_is_refused_in_compose(sender: Browser, gateway: Gateway) -> None:
    draft = draft_of(signed_in("Sender"), gateway, numbers="9841234567")
    response = sender.post(URL, form(form_uuid=str(draft.form_uuid)))
    assert "This draft belongs to someone else." in words(response)


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_make_one_campaign(roles: None, gateway: Gateway) -> None:
    browser = signed_in("Sender")
    typed = form()
    clients = []
    for _number in range(50):
        clients.append(Client())
        clients[-1].cookies[site.SESSION_COOKIE_NAME] = browser.cookies[site.SESSION_COOKIE_NAME]
    responses = at_once([partial(each.post, URL, typed) for each in clients])
    assert {response.status_code for response in responses} == {302}
    assert len({response.headers["Location"] for response in responses}) == 1
    assert Campaign.objects.count() == 1


@pytest.fixture
def people(db: None) -> list[Contact]:
    names = ["Asha Karki", "Asha Rai", "Bikram Thapa"]
    return [
        ContactFactory.create(name=name, mobile=f"98412345{place:02d}")
        for place, name in enumerate(names)
    ]


def test_chosen_contacts_stay_while_searching(
    sender: Browser, gateway: Gateway, people: list[Contact]
) -> None:
    response = sender.post(
        reverse("messaging:contact_choices"), {"contacts": people[2].pk, "contact_search": "asha"}
    )
    assert response.context["chosen_contacts"] == [people[2]]
    assert response.context["found_contacts"] == people[:2]
    assert source(response).count(" checked") == 1


@pytest.mark.parametrize("number", ["984-1234501", "+977 984 1234501", "९८४१२३४५०१", "98412345 01"])
def test_contacts_are_found_by_number(
    number: str, sender: Browser, gateway: Gateway, people: list[Contact]
) -> None:
    response = sender.post(reverse("messaging:contact_choices"), {"contact_search": number})
    assert response.context["found_contacts"] == [people[1]]


def test_a_search_says_that_there_are_more_contacts(sender: Browser, gateway: Gateway) -> None:
    ContactFactory.create_batch(21)
    response = sender.post(reverse("messaging:contact_choices"), {"contact_search": "person"})
    assert len(response.context["found_contacts"]) == 20
    assert "More people match." in words(response)


def test_without_javascript_a_search_keeps_everything(
    sender: Browser, gateway: Gateway, people: list[Contact]
) -> None:
    group = GroupFactory.create()
    typed = form(
        groups=[group.pk],
        contacts=[people[2].pk],
        numbers="1",
        text="",
        contact_search="asha",
    )
    response = sender.post(reverse("messaging:search"), typed)
    shown = response.context["form"]
    assert response.context["found_contacts"] == people[:2]
    assert shown.chosen_contacts() == [people[2]]
    assert [choice.is_chosen for choice in shown.group_choices()] == [True]
    assert shown["form_uuid"].value() == typed["form_uuid"]
    assert (shown["numbers"].value(), shown["text"].value()) == ("1", "")
    assert "There is a problem" not in words(response)
    assert Campaign.objects.count() == 0


def measure(browser: Browser, **typed: Any) -> Any:
    return browser.post(reverse("messaging:measure"), form(**typed))


def test_a_text_is_measured_as_it_is_typed(sender: Browser, gateway: Gateway) -> None:
    reading(gateway, amount="100")
    contacts = ContactFactory.create_batch(3)
    first = GroupFactory.create(members=contacts[:2])
    second = GroupFactory.create(members=contacts[1:])
    OptOutFactory.create(mobile=contacts[0].mobile)
    OptOutFactory.create(mobile="9801111111")
    response = measure(
        sender,
        groups=[first.pk, second.pk],
        contacts=[contacts[1].pk],
        numbers=f"9801111111, 9802222222, {contacts[2].mobile}, 12, 9721234567",
        text="नमस्ते\r\n" * 12,
    )
    estimate = response.context["estimate"]
    assert (estimate.measure.encoding, estimate.measure.parts) == ("UCS-2", 2)
    assert {operator.value: people for operator, people, _cost in estimate.lines} == {
        "ntc": 2,
        "ncell": 1,
    }
    assert (str(estimate.cost), str(estimate.balance_after)) == ("4.8000", "95.2000")
    assert estimate.omitted == 5
    assert "3 people · 2 parts · Rs 4.80" in words(response)
    assert "83 characters (Unicode) · 2 parts · 51 left in this part" in words(response)


def test_the_live_estimate_says_what_is_wrong(sender: Browser, gateway: Gateway) -> None:
    assert measure(sender, numbers="", text="").context["wrong"] == []
    wrong = measure(sender, groups=[999], numbers="12", text="\x07").context["wrong"]
    assert [str(sentence).partition(" ")[0] for sentence in wrong] == ["A", "Character"]
    assert "12: This number is too short" in words(measure(sender, numbers="12"))


def test_the_live_estimate_has_no_cost_without_balance(sender: Browser, gateway: Gateway) -> None:
    assert "You will see the cost when the balance has been read." in words(measure(sender))


def test_too_many_entries_are_not_counted_live(sender: Browser, gateway: Gateway) -> None:
    response = measure(sender, numbers="1 " * 1_000_000)
    assert response.context["estimate"].reached == 0


def test_queries_of_compose_do_not_grow_with_groups(
    sender: Browser, gateway: Gateway, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reading(gateway)
    group = GroupFactory.create(members=ContactFactory.create_batch(30))
    with django_assert_max_num_queries(23):
        measure(sender, groups=[group.pk], numbers="9841234567,9801234567")
    with django_assert_max_num_queries(23):
        sender.get(URL)
    GroupFactory.create_batch(30)
    with django_assert_max_num_queries(23):
        sender.get(URL)
    assert Group.objects.count() == 31
    assert Campaign.objects.filter(state=CampaignState.DRAFT).count() == 0


def test_the_preview_walks_through_the_recipients(sender: Browser, gateway: Gateway) -> None:
    group = GroupFactory.create(
        members=[ContactFactory.create(name=name) for name in ("Sita", "Gita", "Hari")]
    )
    typed = form(text="Dear {name}, " + "x" * 160, groups=[group.pk], numbers="")
    for who, name in (("", "Sita"), ("1", "Gita"), ("2", "Hari"), ("3", "Sita"), ("no", "Sita")):
        page = words(sender.post("/compose/measure/", {**typed, "who": who}))
        assert f"As {name} will see it" in page
        assert "1/2" in page
        assert "2/2" in page
