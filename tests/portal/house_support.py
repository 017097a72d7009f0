"""A house full of data, and all pages of it: what the walks through every page have in common."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver

from contacts.importing import jobs
from contacts.models import ContactField
from messaging.models import (
    Batch,
    Campaign,
    Gateway,
    Profile,
    Recipient,
    RecipientTable,
    SentMessage,
)
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts, titles
from sociair_portal.help_pages import BY_SLUG
from tests.factories import ContactFactory, GroupFactory, OptOutFactory
from tests.importing import imported, read_table
from tests.sending import hand_over, send_all

# Who must be found nowhere. Their digits in the middle are in nothing else.
NUMBERS: Final = tuple(f"98417373{place}" for place in range(13, 22))
NAMES: Final = ("Zxsita", "Zxhari", "Zxgita")
_TEXT: Final = "Dear {name}, school is closed tomorrow."


@dataclass(frozen=True)
class House:
    user: User
    drafts: list[Campaign]


def furnish(user: User, gateway: Gateway, where: Path) -> House:
    """Everything that has a page: people, files, messages that went out and that did not."""
    ContactField.objects.create(name="Second", key="second", in_list=True)
    sita = ContactFactory.create(
        name="Zxsita Rai", mobile="9841737313", fields={"second": "+977 984-1737314"}
    )
    twin = ContactFactory.create(name="Zxgita Rai", mobile="9841737313")
    nameless = ContactFactory.create(name="984-1737315", mobile="9841737315")
    group = GroupFactory.create(name="Class 9", members=[sita, twin, nameless])
    OptOutFactory.create(mobile="9841737316", reason="Now at 984 1737317", created_by=user)
    ContactFactory.create(name="Zxhari", mobile="9841737316")
    for place in range(60):
        ContactFactory.create(name=f"Zxhari {place:02}", mobile=f"98017{place:05d}").groups.add(
            group
        )
    rows = "Name,Mobile\nZxsita,9841737318\nZxgita,98417373199999\n,9841737319 / 9841737320\n"
    (where / "people.csv").write_text(rows)
    source = imported(where / "people.csv")
    source.created_by = user
    source.save()
    jobs.take_in(where / "people.csv", name="people.csv", by=user)
    table = read_table(where / "people.csv", name="people.csv")
    RecipientTable.objects.update(created_by=user)
    Profile.objects.create(user=user, mobile="9851000000")
    several = Audience(
        groups=(group.pk,), numbers="9841737321 9841737320, 984-1737320\n98417", first=True
    )
    done = hand_over(gateway, several, text=_TEXT, by=user)
    send_all(gateway)
    # Answers that quote a number, and a request of which nobody knows.
    Batch.objects.filter(campaign=done).update(state="unconfirmed")
    people = Recipient.objects.filter(campaign=done).update(state="unconfirmed")
    Campaign.objects.filter(pk=done.pk).update(unconfirmed=people, accepted=0, refused=0)
    SentMessage.objects.update(
        words="9841737313 is not valid", raw='{"invalid": ["9779841737314"]}'
    )
    other = hand_over(gateway, several, text="Something else.", by=user)
    mine = [
        drafts.save_draft(
            form_uuid=uuid.uuid4(), text=_TEXT, audience=audience, gateway=gateway, by=user
        )
        for audience in (several, Audience(groups=(group.pk,)), Audience(table=str(table.pk)))
    ]
    for one in (done, other, mine[0]):
        titles.change(one, "Fees, ask 984-1737313", by=user)
    return House(user, mine)


@dataclass(frozen=True)
class Address:
    """An address of the portal, of every row that it may be about."""

    pattern: str
    urls: list[str]


def addresses() -> Iterator[Address]:
    """Every address that there is, from the list of addresses; a new page is in it by itself."""
    keys = _keys()
    for pattern in _patterns(get_resolver().url_patterns):
        if pattern.startswith(("account/", "admin/r/", "healthz")) or "logout" in pattern:
            continue
        yield Address(pattern, sorted(_filled(pattern, keys)))


def _patterns(entries: Any, before: str = "") -> Iterator[str]:
    for entry in entries:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def _keys() -> dict[str, list[str]]:
    """The keys of all rows: by the admin's address of their model, and together."""
    keys: dict[str, list[str]] = {"": []}
    for model in apps.get_models():
        name = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        first = [
            str(pk) for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:5]
        ]
        keys[name] = first[:2]
        if model._meta.app_label in ("contacts", "messaging"):
            keys[""] += filter(str.isdecimal, first)
    return keys


def _filled(pattern: str, keys: dict[str, list[str]]) -> set[str]:
    if "(?P" in pattern or pattern.endswith("$") or "<path:url>" in pattern:
        return set()
    model = next((name for name in keys if name and pattern.startswith(name)), "")
    arguments = re.findall(r"<[^>]*>", pattern)
    if not arguments:
        return {f"/{pattern}"}
    named = {"<str:kind>": ["csv", "xlsx"], "<slug:kind>": ["csv", "xlsx"], "<slug:slug>": BY_SLUG}
    values = named.get(arguments[0], keys[model])
    return {f"/{pattern.replace(arguments[0], value)}" for value in values}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        for name, value in attrs:
            if name in ("href", "action", "formaction", "src") or name.startswith("hx-"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.title += data if self._in_title else ""

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False


def read(response: Any) -> tuple[list[str], str]:
    """The addresses in an answer, with those it sends someone to, and its title."""
    reader = _Reader()
    if "html" in response.get("Content-Type", ""):
        reader.feed(response.content.decode())
    sent = [response.headers[name] for name in _SENDS if name in response.headers]
    return [*reader.addresses, *sent], reader.title


_SENDS: Final = (
    *("Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url", "HX-Location"),
    "Content-Disposition",
)
_BETWEEN: Final = r"[^0-9a-zA-Z<>]{0,4}"


def numbers_in(text: str) -> list[str]:
    """The known numbers in a text, in any spelling."""
    return [one for one in NUMBERS if re.search(_BETWEEN.join(one), text)]
