"""Every page there is to open, as an office that has sent for years opens it: with searches and
filters, groups of each size, and campaigns of each kind.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Max, QuerySet
from django.urls import URLPattern, reverse
from django.utils import timezone

from contacts import urls as contacts_urls
from contacts.models import Contact, ContactField, Group, OptOut
from messaging import urls as messaging_urls
from messaging.models import Campaign, MessageTemplate, QuietDay, Recipient
from messaging.services.gateway import holds
from sociair_portal.audit import urls as record_urls
from sociair_portal.common.pages import page_by_key

# A file of everybody is handed out in a stream: the time to its first line says nothing.
_FILES: Final = {"export"}


class Address(NamedTuple):
    name: str
    path: str
    asked: Mapping[str, Any]

    @property
    def whole(self) -> str:
        return f"{self.path}?{urlencode(self.asked)}" if self.asked else self.path


def make_drafts() -> None:
    """One to a group of each size, and a template: what an office that only sends has none of."""
    user = User.objects.get(username="bench")
    for group in Group.objects.all():
        Campaign.objects.get_or_create(
            chosen=group.name,
            state="draft",
            created_by=user,
            defaults={
                "form_uuid": uuid.uuid4(),
                "gateway": holds.current_gateway(),
                "text": "Dear {name}, the fees are due.",
                "audience": {"groups": [group.pk], "contacts": [], "numbers": ""},
                "saved_at": timezone.now(),
            },
        )
    QuietDay.objects.get_or_create(day=date(2026, 12, 25), defaults={"name": "Christmas"})
    MessageTemplate.objects.get_or_create(name="Fees", defaults={"text": "The fees are due."})


def all_addresses() -> list[Address]:
    return [*_plain(), *_of_rows(), *_contacts(), *_history(), *_admin()]


def _patterns() -> Iterator[tuple[str, URLPattern]]:
    for space, urls in (
        ("messaging", messaging_urls),
        ("contacts", contacts_urls),
        ("record", record_urls),
    ):
        for pattern in urls.urlpatterns:
            if pattern.name not in _FILES:
                yield f"{space}:{pattern.name}", pattern


def _plain() -> Iterator[Address]:
    """Those that can be opened as they are, and the look at the portal's health."""
    yield Address("health", reverse("health"), {})
    for name, pattern in _patterns():
        if "<" not in str(pattern.pattern):
            yield Address(name, reverse(name), {})


def _of_rows() -> Iterator[Address]:
    """The pages of one row."""
    rows = _rows()
    for name, pattern in _patterns():
        of, _slash, rest = str(pattern.pattern).partition("/")
        if not rest.startswith("<int:pk>/"):
            continue
        for called, pk in rows[of].items():
            yield Address(f"{name} of {called}", reverse(name, args=[pk]), {})
    field = ContactField.objects.get(key="fee_due")
    for name in ("contacts:field_edit", "contacts:field_delete"):
        yield Address(name, reverse(name, args=[field.pk]), {})


def _rows() -> dict[str, dict[str, int]]:
    done = Campaign.objects.filter(state="done")
    return {
        "campaigns": {
            "the last, undecided": done.latest("id").pk,
            "one that is done": done.filter(unconfirmed=0).latest("id").pk,
            "personal letters": done.latest("total", "id").pk,
            **{
                f"a draft to {one.chosen}": one.pk for one in Campaign.objects.filter(state="draft")
            },
        },
        "contacts": {"somebody": _middle_of_all().pk},
        "groups": {group.name: group.pk for group in Group.objects.all()},
        "templates": {"fees": MessageTemplate.objects.latest("id").pk},
        "days-off": {"the first": QuietDay.objects.earliest("day").pk},
        "opt-outs": {"somebody": OptOut.objects.latest("id").pk},
    }


def _middle_of_all() -> Contact:
    last = Contact.objects.aggregate(last=Max("pk"))["last"]
    return Contact.objects.filter(pk__gte=last // 2).earliest("pk")


def _somebodys_number() -> str:
    return _middle_of_all().mobile


def _contacts() -> Iterator[Address]:
    """The list of contacts, a group's page and adding to it, searched in every way."""
    number = _somebodys_number()
    words = {
        "a name that many have": "sita",
        "a name that few have": _middle_of_all().name.partition(" Person ")[2],
        "a name that nobody has": "zzzzzz",
        "three digits that many have": "412",
        "the end of a number": number[-6:],
        "a number": number,
        "a number that nobody has": "98 00 00 00 00 00",
    }
    queries: dict[str, dict[str, Any]] = {
        "by number": {"sort": "number"},
        "newest first": {"sort": "-added"},
        "who opted out": {"opted": "yes"},
        "who may be texted": {"opted": "no"},
        "an operator": {"operator": "ncell"},
        "fee due at least 990": {"field": "fee_due", "how": "least", "value": 990},
        "fee due is 5": {"field": "fee_due", "how": "is", "value": 5},
        "a field that hardly anybody has": {"field": "note", "how": "filled"},
        **{name: {"q": typed} for name, typed in words.items()},
    }
    groups = Group.objects.all()
    queries |= {f"group {group.name}": {"group": group.pk} for group in groups}
    queries["a group, searched"] = {"group": groups[0].pk, "q": "sita"}
    middle = Contact.objects.filter(name__gte=_middle_of_all().name)
    queries["a page in the middle"] = {"page": page_by_key(middle, order=("name", "id")).next}
    for name, asked in queries.items():
        yield Address(f"contacts: {name}", reverse("contacts:list"), asked)
    for group in groups:
        for name, typed in words.items():
            for page in ("group", "group_add"):
                path = reverse(f"contacts:{page}", args=[group.pk])
                yield Address(f"{page} {group.name}: {name}", path, {"q": typed})
    for name, typed in words.items():
        yield Address(f"opt-outs: {name}", reverse("contacts:optouts"), {"q": typed})


def _history() -> Iterator[Address]:
    """What was sent, searched in every way."""
    number = _number_that_was_sent_to()
    campaigns = {"a word of all texts": "school", "of one": "Notice 1234.", "of none": "zzzz"}
    campaigns |= {"a number": number, "the beginning of a number": number[:5]}
    people = {**campaigns, "a name": "Person 77", "no name": "zzzz"}
    for name, typed in campaigns.items():
        yield Address(f"history: {name}", reverse("messaging:history"), {"q": typed})
    for state in ("done", "sending", "cancelled"):
        yield Address(f"history: {state}", reverse("messaging:history"), {"state": state})
    days = {"since": "2026-01-01", "until": f"{timezone.now():%Y-%m-%d}"}
    for page in ("messaging:history", "messaging:history_recipients"):
        yield Address(f"{page}: days", reverse(page), days)
        sender = User.objects.get(username="bench").pk
        yield Address(f"{page}: a sender", reverse(page), {"sender": sender})
    recipients = reverse("messaging:history_recipients")
    for name, typed in people.items():
        yield Address(f"history of recipients: {name}", recipients, {"q": typed})
    for state in ("accepted", "refused", "unconfirmed"):
        yield Address(f"history of recipients: {state}", recipients, {"state": state})
    yield Address("history of recipients: operator", recipients, {"operator": "smartcell"})
    for called, pk in list(_rows()["campaigns"].items())[:3]:
        path = reverse("messaging:campaign_recipients", args=[pk])
        for name, asked in {
            "a name": {"q": "Person 77"},
            "nobody": {"q": "zzzz"},
            "a number": {"q": number},
            "refused": {"state": "refused"},
            "accepted": {"state": "accepted"},
        }.items():
            yield Address(f"recipients of {called}: {name}", path, asked)
        path = reverse("messaging:campaign_batches", args=[pk])
        yield Address(f"batches of {called}: refused", path, {"state": "refused"})
    for name, asked in {"days": days, "a number": {"q": number}, "words": {"q": "zzzz"}}.items():
        yield Address(f"record: {name}", reverse("record:entries"), asked)


def _number_that_was_sent_to() -> str:
    last = Recipient.objects.aggregate(last=Max("pk"))["last"]
    return Recipient.objects.filter(pk__gte=last // 2).earliest("pk").mobile


def _admin() -> Iterator[Address]:
    """Each list of the admin, searched and filtered; one row of each."""
    number = _number_that_was_sent_to()
    yield Address("admin", reverse("admin:index"), {})
    for model in apps.get_models():
        if not admin.site.is_registered(model):
            continue
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        name = f"admin: {model._meta.verbose_name_plural}"
        yield Address(name, path, {})
        yield Address(f"{name}, page 100", path, {"p": 100})
        yield Address(f"{name}, this year", path, {"day": f"{timezone.now():%Y}"})
        for called, typed in {
            "a word": "school",
            "no word": "zzzz",
            "a name": "Person 77",
            "a number": number,
            "the beginning of a number": number[:5],
        }.items():
            yield Address(f"{name}, {called}", path, {"q": typed})
        for field in model._meta.concrete_fields:
            if field.name in ("state", "outcome"):
                for value in ("accepted", "refused"):
                    asked = {f"{field.name}__exact": value}
                    yield Address(f"{name}, {field.name} {value}", path, asked)
        rows: QuerySet[Any] = QuerySet(model)
        if (row := rows.order_by("pk").last()) is not None:
            yield Address(f"{name}, one", f"{path}{row.pk}/change/", {})
