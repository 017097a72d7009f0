"""Entries as they are shown: who, about what, and where that is, if one may see it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sociair_portal.audit import kinds, words
from sociair_portal.audit.models import Entry
from sociair_portal.common import formats
from sociair_portal.common.csv_lines import csv_line

# Pages of records that have no page of their own.
_PAGES: Final = {User: "colleague"}
_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry for the page; `address` is where its record is, empty if that is gone or secret."""

    entry: Entry
    who: str
    kind: str
    about: str
    address: str
    details: list[str]


def shown(entries: Iterable[Entry], *, to: User | AnonymousUser) -> list[Shown]:
    found = list(entries)
    addresses = _addresses(found, to)
    return [
        Shown(
            entry,
            who_of(entry),
            kinds.words_of(entry.kind),
            words.about(entry),
            addresses.get((entry.content_type_id, entry.object_id), ""),
            words.details(entry),
        )
        for entry in found
    ]


def who_of(entry: Entry) -> str:
    """Whoever did it; of what nobody did, which part of the portal."""
    if entry.actor_name:
        return entry.actor_name
    if command := (entry.additional_data or {}).get("command"):
        return _("The portal (command %(name)s)") % {"name": command}
    return _("Someone who was not signed in") if entry.cid else _("The portal itself")


def _addresses(
    entries: Iterable[Entry], to: User | AnonymousUser
) -> dict[tuple[int, int | None], str]:
    """Where the records are that still exist and that someone may see: a query for each kind."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    types: dict[type[Model], int] = {}
    for entry in entries:
        model = entry.kind.model_class()
        if model is not None and entry.object_id is not None and _may_see(model, to):
            wanted[model].add(entry.object_id)
            types[model] = entry.content_type_id
    return {
        (types[model], pk): address
        for model, pks in wanted.items()
        for pk, record in model._meta.base_manager.in_bulk(pks).items()
        if (address := _address(record))
    }


def _may_see(model: type[Model], user: User | AnonymousUser) -> bool:
    has_page = model in _PAGES or hasattr(model, "get_absolute_url")
    return has_page and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def _address(record: Any) -> str:
    if page := _PAGES.get(type(record)):
        return reverse(page, args=[record.pk])
    return str(record.get_absolute_url())


def csv_lines(entries: Any) -> Iterator[str]:
    """The record as CSV; the mark in front tells Excel that it is UTF-8."""
    yield "\ufeff"
    yield csv_line(
        [
            *(_("Entry"), _("When"), _("Who"), _("What"), _("About"), _("Name"), _("ID")),
            *(_("Details"), _("From where"), _("Action code")),
        ]
    )
    for entry in entries.iterator(chunk_size=_AT_ONCE):
        yield csv_line(
            [
                entry.pk,
                formats.moment(timezone.localtime(entry.timestamp)),
                who_of(entry),
                entry.what,
                kinds.words_of(entry.kind),
                words.about(entry),
                entry.object_id or "",
                "; ".join(words.details(entry)),
                entry.remote_addr or "",
                entry.cid or "",
            ]
        )
