"""The admin speaks as the rest of the portal does: none of its pages has Django's own words."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from messaging.models import Gateway
from sociair_portal.roles import MANAGER
from tests.conftest import Browser
from tests.factories import ContactFactory, GroupFactory, OptOutFactory, UserFactory
from tests.pages import words
from tests.portal.house_support import addresses, furnish

_OURS: Final = Path(settings.BASE_DIR) / "locale/en/LC_MESSAGES"
_THEIRS: Final = Path(admin.__file__).parent / "locale/en/LC_MESSAGES"
_FILES: Final = ("django", "djangojs")

# What an office worker would say as well.
_PLAIN: Final = """
    All|Yes|No|Unknown|Today|This month|This year|Empty|Not empty|Remove|Delete|Save|Search|None|and
    |Change|Close|Show all|Change password|Set password|Date:|Time:|Page not found|Available %s
    |Chosen %s|Choose all %s|Cancel|Now|Midnight|Noon|6 a.m.|6 p.m.|Yesterday|Tomorrow
    |Choose a Time|Choose a time|Choose a Date|%(class_name)s %(instance)s|Skip to main content
    |Remove all %s
"""
# Of pages and parts that the portal has others for: signing in, passwords, the record; lists that
# are changed in place; lists of what someone did; total counts; and those that nobody can open.
_NEVER_SHOWN: Final = r"""
    .*(password|Password|log in|Log in|login|Login|email|Email|Thank|authenticat|Server).*
    |There’s been.*
    |The %\(site_name\)s team|In case you’ve forgotten.*
    |(Added|Changed|Deleted|No fields changed).*|Addition|Deletion|action time|user|content type
    |object id|object repr|action flag|change message|log entr.*|LogEntry.*|Change history.*|History
    |Date/time|User|Action|entry|This object doesn’t have.*|Recent actions|My actions
    |None available|Unknown content|%\(count\)s %\(name\)s was changed.*|Database error
    |Something’s wrong with.*|Django .*|Site administration|Administration|Documentation|Save as new
    |We’re sorry.*|%\(full_result_count\)s total| By %\(filter_title\)s |View on site
    |Model name|Models in the.*|Add link|Change or view list link|You don’t have permission.*
    |After you’ve created.*|This action will.*|All dates|Note: You are.*
    |(January|February|March|April|May|June|July|August|September|October|November|December)
    |Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Sun|Mon|Tue|Wed|Thur|Fri|Sat|[SMTWF]
    |(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
"""


def _catalogue(folder: Path, name: str) -> Catalog:
    with (folder / f"{name}.po").open("rb") as file:
        return read_po(file)


def _forms(text: Any) -> tuple[str, ...]:
    """For one and for many, or for both."""
    return (text,) if isinstance(text, str) else tuple(text)


def _ids(catalogue: Catalog) -> set[str]:
    return {_forms(one.id)[0] for one in catalogue if one.id}


def _pattern(written: str) -> str:
    return re.sub(r"\n\s*", "", written)


@pytest.mark.parametrize("name", _FILES)
def test_each_word_of_djangos_admin_is_ours_or_as_good(name: str) -> None:
    """A new version of Django that has new words fails here."""
    plain = set(_pattern(_PLAIN).split("|"))
    left = _ids(_catalogue(_THEIRS, name)) - _ids(_catalogue(_OURS, name)) - plain
    assert [one for one in sorted(left) if not re.fullmatch(_pattern(_NEVER_SHOWN), one)] == []


@pytest.mark.parametrize("name", _FILES)
def test_each_of_our_words_keeps_the_places_of_names_and_figures(name: str) -> None:
    for message in _catalogue(_OURS, name):
        assert list(message.check()) == [], message.id
        if message.id:
            wanted = _places("".join(_forms(message.id)))
            assert all(_places(one) <= wanted for one in _forms(message.string)), message.id


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)|%[sd]|\{\w*\}", text))


class _Reader(HTMLParser):
    """Everything that a page says, to eyes and to ears."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._in: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        # What a row of a membership is called is there for nobody: admin.css hides it.
        if tag in ("script", "style") or (tag == "td" and named.get("class") == "original"):
            self._in.append(tag)
        spoken = ["alt", "title", "aria-label", "placeholder"]
        if tag == "input" and named.get("type") in ("submit", "button", "reset"):
            spoken.append("value")
        self.said += [named[name] or "" for name in spoken if name in named]

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if not self._in:
            self.said.append(data)


def said_on(page: Any) -> Iterator[str]:
    reader = _Reader()
    reader.feed(page.content.decode())
    return filter(None, (" ".join(one.split()) for one in reader.said))


def _stock() -> re.Pattern[str]:
    """Django's words that have others here, and what it shows where it has none."""
    replaced = [it for one in _catalogue(_OURS, "django") if one.id for it in _forms(one.id)]
    forms = [re.sub(r"%\\\(\w+\\\)[sd]|%[sd]|\\\{\w*\\\}", ".+", re.escape(it)) for it in replaced]
    forms = [form for form in forms if form != r"Change\ .+"]  # "Change password" is plain
    more = [
        "True",
        "False",
        "-+",
        r".*\b(object|Object) \(.*",
        "By .*",
        "Recent actions",
        "History",
    ]
    more += ["Select .* to (view|change)", "Model name", ".* successfully.*", "View on site"]
    return re.compile("|".join(f"(?:{form})" for form in [*forms, *more]))


STOCK: Final = _stock()


def stock_words(page: Any) -> set[str]:
    return {one for one in said_on(page) if STOCK.fullmatch(one)}


@pytest.fixture(params=["superuser", "manager"])
def visitor(
    request: pytest.FixtureRequest, roles: None, gateway: Gateway, tmp_path: Path
) -> Client:
    user = UserFactory.create(role=MANAGER)
    if request.param == "superuser":
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    furnish(user, gateway, tmp_path)
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk))
    return browser


def test_no_page_of_the_admin_has_djangos_words(visitor: Client) -> None:
    pages = {
        url: visitor.get(url)
        for address in addresses()
        if address.pattern.startswith("admin/")
        for url in address.urls[:1]
    }
    shown = {
        url: stock_words(page)
        for url, page in pages.items()
        if page.status_code == 200 and "html" in page["Content-Type"]
    }
    assert {url: found for url, found in shown.items() if found} == {}
    assert len(shown) > 35


def test_no_answer_of_a_form_in_the_admin_has_djangos_words(visitor: Client) -> None:
    contact, group = Contact.objects.order_by("pk")[0], GroupFactory.create(name="Choir")
    opt_out = OptOutFactory.create()
    rows = {f"Group_members-{one}_FORMS": 0 for one in ("TOTAL", "INITIAL")}
    posts: list[tuple[str, dict[str, Any]]] = [
        ("contacts_contact_add", {"name": "", "mobile": "12", **rows}),
        ("contacts_contact_add", {"name": "Ram", "mobile": "9841999999", **rows}),
        ("contacts_contact_add", {"mobile": "9841999998", "_continue": "1", **rows}),
        ("contacts_contact_add", {"mobile": "9841999997", "_addanother": "1", **rows}),
        ("contacts_group_add", {"name": ""}),
        (
            "contacts_contact_changelist",
            {"action": "delete_selected", "_selected_action": contact.pk},
        ),
        ("contacts_contact_changelist", {"action": "delete_selected"}),
        ("contacts_contact_changelist", {"action": "", "_selected_action": contact.pk}),
    ]
    for name, typed in posts:
        page = visitor.post(reverse(f"admin:{name}"), typed, follow=True)
        assert page.status_code == 200
        assert not stock_words(page), (name, stock_words(page))
    for row in (group, opt_out):
        kind = row._meta.model_name
        gone = reverse(f"admin:contacts_{kind}_delete", args=[row.pk])
        assert not stock_words(visitor.get(gone))
        assert not stock_words(visitor.post(gone, {"post": "yes"}, follow=True))
    gone = reverse("admin:contacts_group_change", args=[group.pk])
    assert not stock_words(visitor.get(gone, follow=True))


def test_the_scripts_of_the_admin_say_our_words(manager: Browser) -> None:
    said = manager.get(reverse("admin:jsi18n")).content.decode()
    assert "%(sel)s of %(cnt)s ticked" in said


def test_the_portals_own_words_stay_as_they_are() -> None:
    """A word of Django's that the portal uses itself cannot mean something else in the admin."""
    ours = _ids(_catalogue(_OURS, "django"))
    folders = ("templates", "contacts", "messaging", "sociair_portal")
    files = [
        path
        for folder in folders
        for ending in ("py", "html")
        for path in (Path(settings.BASE_DIR) / folder).rglob(f"*.{ending}")
    ]
    calls = re.compile(r"""(?:translate |\b_\(|gettext(?:_lazy)?\()\s*["']([^"']+)["']""")
    both = {
        word: path.name
        for path in files
        for word in calls.findall(path.read_text())
        if word in ours
    }
    assert both == {"user": "profile.py"}


@pytest.mark.django_db
def test_a_list_of_the_admin_writes_yes_no_and_figures_as_elsewhere(roles: None) -> None:
    owner = User.objects.create_superuser("owner", first_name="Asha")
    browser = Client()
    browser.force_login(owner)
    page = browser.get(reverse("admin:auth_user_changelist"))
    cells = re.findall(r'<td class="field-written[^"]*">(.*?)</td>', page.content.decode())
    assert cells == ["Yes", "Yes"]


def test_changes_in_the_admin_are_in_the_record_alone(manager: Browser) -> None:
    person = ContactFactory.create(name="Sita")
    rows = {f"Group_members-{one}_FORMS": 0 for one in ("TOTAL", "INITIAL")}
    change = reverse("admin:contacts_contact_change", args=[person.pk])
    manager.post(change, {"name": "Sita Rai", "mobile": person.mobile, **rows})
    assert not LogEntry.objects.exists()
    history = reverse("admin:contacts_contact_history", args=[person.pk])
    assert "Name: Sita → Sita Rai" in words(manager.get(history, follow=True))


def test_roles_and_permissions_in_the_admin_are_in_the_language_of_who_looks(roles: None) -> None:
    owner = User.objects.create_superuser("owner", first_name="Asha")
    owner.groups.add(Role.objects.get(name=MANAGER))
    browser = Client(headers={"Accept-Language": "ne"})
    browser.force_login(owner)
    role = Role.objects.get(name=MANAGER)
    users, roles_page = (
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_group_changelist"),
    )
    assert {"व्यवस्थापक", "पठाउने"} <= set(said_on(browser.get(users)))
    assert {"व्यवस्थापक", "पठाउने"} <= set(said_on(browser.get(roles_page)))
    for page in (
        browser.get(reverse("admin:auth_group_change", args=[role.pk])),
        browser.get(reverse("admin:auth_user_change", args=[owner.pk])),
    ):
        assert "सन्देश सेवा | सन्देश लेख्न र पठाउन सक्ने" in set(said_on(page))
        assert not any("Can compose" in one or one == "Sender" for one in said_on(page))


def test_links_that_go_with_a_group_are_named_in_the_words_of_the_portal(manager: Browser) -> None:
    group = GroupFactory.create(members=[ContactFactory.create()])
    gone = reverse("admin:contacts_group_delete", args=[group.pk])
    assert "Links between group and contact: 1" in said_on(manager.get(gone))
    manager.post(reverse("language"), {"language": "ne"})
    counted = [one for one in said_on(manager.get(gone)) if one.endswith(": 1")]
    assert any("समूह" in one and "सम्पर्क" in one for one in counted)
