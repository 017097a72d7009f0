"""The page of the record: who did what in words, found by its filters, and taken away as CSV."""

import ast
import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from contacts.models import Contact
from messaging.services.privacy.everywhere import PLACES
from messaging.services.privacy.rules import RULES
from sociair_portal.accounts.colleagues import set_role
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from sociair_portal.audit.words import FACTS
from sociair_portal.roles import SENDER, create_roles
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import words
from tests.queries import FRAME

pytestmark = pytest.mark.django_db

URL = "/record/"
# Everybody who may be chosen, a page of entries, and of each kind on it those that still exist.
OF_THE_PAGE = 2 + 3


def shown(response: Any) -> list[str]:
    """Who, what and about what, of each row."""
    return [f"{row.who}: {row.entry.what}: {row.about}" for row in response.context["rows"]]


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_a_manager_sees_who_did_what_in_words(manager: Browser) -> None:
    contact = ContactFactory.create(name="Sita", mobile="9841000001")
    manager.post(
        contact.get_absolute_url(), {"name": "Sita Thapa", "mobile": "9841000001", "groups": []}
    )
    page = manager.get(URL)

    assert f"{manager.user}: Changed: Sita Thapa (984•••0001)" in shown(page)
    said = words(page)
    assert "Name: Sita → Sita Thapa" in said
    assert "127.0.0.1" in said
    assert f'href="{contact.get_absolute_url()}"' in page.content.decode()


def test_a_sender_does_not_see_it(sender: Browser) -> None:
    assert sender.get(URL).status_code == 403
    assert sender.get(reverse("record:export")).status_code == 403
    assert "/record/" not in sender.get("/").content.decode()


def test_managers_find_it_in_the_menu_and_on_the_pages_of_people_and_groups(
    manager: Browser,
) -> None:
    contact, group = ContactFactory.create(), GroupFactory.create()
    assert f'href="{URL}"' in manager.get("/").content.decode()
    for record_of, kind in ((contact, "contacts.contact"), (group, "contacts.group")):
        page = manager.get(record_of.get_absolute_url()).content.decode()
        assert f'href="{URL}?kind={kind}&amp;about={record_of.pk}"' in page


def test_what_is_gone_has_no_link(manager: Browser) -> None:
    contact = ContactFactory.create(name="Sita")
    address = contact.get_absolute_url()
    contact.delete()
    page = manager.get(URL)
    assert f'href="{address}"' not in page.content.decode()
    assert "Sita" in words(page)


def test_no_word_of_django_is_shown(manager: Browser) -> None:
    user = UserFactory.create(username="ramesh", role=SENDER)
    user.is_active = False
    user.save()
    OptOutFactory.create(mobile="9841000001")
    user.groups.remove(Role.objects.get(name=SENDER))
    said = words(manager.get(URL))
    for sentence in ("Roles: added Sender", "Roles: no longer Sender", "Can sign in: yes → no"):
        assert sentence in said
    assert "Mobile number: 984•••0001" in said
    for raw in ("None", "m2m", "True", "False", "is_active", "9841000001"):
        assert raw not in said.replace("Details None", "")


def test_who_is_nobody_is_said(manager: Browser) -> None:
    record(Deed.IMPORTED)
    assert "The portal itself" in words(manager.get(URL))


class TestFilters:
    @pytest.fixture
    def entries(self, manager: Browser) -> list[Entry]:
        """One of a user, an older one of nobody, one of a contact."""
        group = GroupFactory.create(name="Class 9")
        Entry(
            deed=Deed.IMPORTED,
            action=Entry.Action.ACCESS,
            content_type=ContentType.objects.get_for_model(Contact),
            timestamp=timezone.now() - timedelta(days=40),
        ).save()
        record(Deed.EXPORTED, by=manager.user, kind=Contact, people=3)
        group.name = "Class 10"
        group.save()
        return list(Entry.objects.all())

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("what=exported", ["Exported"]),
            ("what=changed&kind=contacts.group", ["Changed"]),
            ("what=created&kind=contacts.group", ["Created"]),
            ("kind=contacts.contact", ["Exported", "Imported a file"]),
            ("who=portal&kind=contacts.contact", ["Imported a file"]),
            ("until=2020-01-01", []),
            ("request=0123456789ab", []),
        ],
    )
    def test_narrow_it(
        self, query: str, found: list[str], entries: list[Entry], manager: Browser
    ) -> None:
        rows = manager.get(f"{URL}?{query}", follow=True).context["rows"]
        assert [row.entry.what for row in rows] == found

    def test_find_what_somebody_did(self, entries: list[Entry], manager: Browser) -> None:
        rows = manager.get(f"{URL}?who={manager.user.pk}&what=exported").context["rows"]
        assert [row.who for row in rows] == [manager.user.username]

    def test_find_days_of_the_portals_time_zone(
        self, entries: list[Entry], manager: Browser
    ) -> None:
        day = (timezone.localtime() - timedelta(days=40)).date().isoformat()
        rows = manager.get(f"{URL}?since={day}&until={day}").context["rows"]
        assert [row.entry.what for row in rows] == ["Imported a file"]

    def test_find_what_one_request_did(self, manager: Browser) -> None:
        group = GroupFactory.create(name="Class 9")
        answer = manager.post(reverse("contacts:group_rename", args=[group.pk]), {"name": "10"})
        name = answer.headers["X-Request-ID"]
        rows = manager.get(f"{URL}?request={name}", follow=True).context["rows"]
        assert [row.about for row in rows] == ["10"]

    @pytest.mark.parametrize(
        "wrong",
        ["who=99999999", "what=x", "kind=y", "since=z", "request=zzz", "request=%00", "about=-1"],
    )
    def test_that_are_wrong_say_so_and_list_nothing(
        self, wrong: str, entries: list[Entry], manager: Browser
    ) -> None:
        page = manager.get(f"{URL}?{wrong}", follow=True)
        assert page.status_code == 200
        assert page.context["rows"] == []
        assert "There is a problem with a filter" in words(page)
        problem = page.context["search"].problem
        assert f"{problem.label}: {problem.errors[0]}" in words(page)
        assert "found" not in words(page)
        assert (
            body(manager.get(f"{reverse('record:export')}?{wrong}", follow=True)).count("\n") == 1
        )

    def test_tell_who_was_not_signed_in_from_the_portal_itself(
        self, manager: Browser, client: Client
    ) -> None:
        record(Deed.IMPORTED)
        client.post("/account/sign-in/", {"login": "meera", "password": "guess"})
        failed, imported = "Someone who was not signed in", "The portal itself"
        assert shown(manager.get(f"{URL}?who=nobody")) == [f"{failed}: Failed to sign in: "]
        assert f"{imported}: Imported a file: " in shown(manager.get(f"{URL}?who=portal"))
        assert "sign in" not in str(shown(manager.get(f"{URL}?who=portal")))
        file = body(manager.get(f"{reverse('record:export')}?who=nobody"))
        assert f'"{failed}","Failed to sign in"' in file

    def test_leave_what_a_colleague_did_who_is_gone_to_nobody_else(self, manager: Browser) -> None:
        gone = UserFactory.create(username="ramesh")
        record(Deed.EXPORTED, by=gone)
        gone.delete()
        for who in ("nobody", "portal"):
            assert "ramesh" not in str(shown(manager.get(f"{URL}?who={who}&what=exported")))


def test_older_entries_are_on_the_next_page(manager: Browser) -> None:
    for place in range(60):
        record(Deed.EXPORTED, by=manager.user, people=place)
    first = manager.get(f"{URL}?what=exported")
    second = manager.get(f"{URL}?what=exported&page={first.context['page'].next}")
    people = [
        (row.entry.additional_data or {})["people"]
        for page in (first, second)
        for row in page.context["rows"]
    ]
    assert people == list(range(59, -1, -1))


def test_a_page_takes_as_many_queries_however_long_it_is(
    manager: Browser, django_assert_num_queries: Any
) -> None:
    for _person in range(30):
        ContactFactory.create().delete()
        GroupFactory.create()
    manager.get(URL)
    with django_assert_num_queries(FRAME + OF_THE_PAGE):  # contacts, groups, users
        manager.get(URL)


def test_an_export_has_all_that_is_found_and_is_in_the_record_itself(manager: Browser) -> None:
    record(Deed.IMPORTED, by=manager.user, kind=Contact, words="=HYPERLINK(1)", created=2)
    record(Deed.EXPORTED, by=manager.user, kind=Contact, people=40)
    answer = manager.get(f"{reverse('record:export')}?what=imported")

    heading, row = csv.reader(io.StringIO(body(answer).lstrip("\ufeff")))
    assert heading[:5] == ["Entry", "When", "Who", "What", "About"]
    assert row[2:5] == [manager.user.username, "Imported a file", "Contact"]
    assert row[7] == "Created: 2; =HYPERLINK(1)"
    taken = Entry.objects.order_by("id").last()
    assert taken is not None
    assert (taken.deed, taken.content_type.model) == (Deed.EXPORTED, "entry")
    assert taken.changes_text == "What: Imported a file"
    assert taken.additional_data == {"entries": 1, "file": "csv"}


def test_words_in_an_export_are_not_computed(manager: Browser) -> None:
    record(Deed.EXPORTED, words="=HYPERLINK(1)")
    text = body(manager.get(reverse("record:export")))
    assert '"=HYPERLINK' not in text


def test_the_admin_does_not_offer_it(manager: Browser) -> None:
    assert manager.get("/admin/audit/entry/").status_code == 404


def _recorded_facts() -> set[str]:
    """Every name under which something counted or chosen is handed to the record."""
    beside = {"by", "about", "kind", "words", None}
    calls = (
        node
        for app in ("contacts", "messaging", "sociair_portal")
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("record", "audit.record")
    )
    named = {keyword.arg for call in calls for keyword in call.keywords} - beside
    return {name for name in named if name}


def test_every_fact_of_the_record_has_words_of_its_own() -> None:
    counted = {"contacts", "messages", "letters", "taken_out", "own_opt_out"}
    removed = {one.name for one in PLACES} | {one.name for one in RULES} | counted
    assert len(_recorded_facts()) > 25
    assert (_recorded_facts() | removed) - FACTS.keys() == set()


def test_the_record_says_no_word_of_developers(manager: Browser) -> None:
    """On the page, in its filters and in the file alike."""
    record(Deed.HANDED_OUT, by=manager.user, kind=Contact, mark="1a2b3c4d", entries=3)
    record(Deed.SWEPT, answers=2)
    page, file = manager.get(URL), body(manager.get(reverse("record:export")))
    for said in (words(page), file):
        assert "Reference: 1a2b3c4d" in said
        assert "Answers from Sociair: 2" in said
        assert "Action code" in said
        for word in ("Request", "Mark:", "Gateway", "Nobody (", "User"):
            assert word not in said


def test_roles_and_permissions_are_in_the_language_of_who_reads(manager: Browser) -> None:
    """Whatever the language was in which someone gave them."""
    colleague = UserFactory.create(username="ramesh")
    may_send = Permission.objects.get(codename="send_campaign")
    in_english = "Messaging | Can compose and send"
    Role.objects.get(name=SENDER).delete()
    create_roles(Role, Permission)  # the record names roles that are gone or new, too
    recorded = words(manager.get(URL)).count(in_english)
    for language in ("en", "ne"):
        with translation.override(language):
            colleague.user_permissions.add(may_send)
            colleague.user_permissions.remove(may_send)
            Role.objects.get(name=SENDER).permissions.remove(may_send)
            Role.objects.get(name=SENDER).permissions.add(may_send)
    set_role(colleague, SENDER, by=manager.user)
    colleague.groups.add(Role.objects.create(name="Accounts office"))

    page = words(manager.get(URL))
    assert page.count(in_english) == recorded + 8
    assert "Now: Sender" in page
    assert "Role Sender" in page
    assert "added Accounts office" in page

    manager.post("/language/", {"language": "ne"})
    page = words(manager.get(URL))
    assert page.count("सन्देश सेवा | सन्देश लेख्न र पठाउन सक्ने") == recorded + 8
    assert not re.search(r"Sender|Can compose", page)
    assert "Accounts office" in page
    assert "पठाउने" in body(manager.get(reverse("record:export")))
