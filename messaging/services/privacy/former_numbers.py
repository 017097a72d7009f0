"""Numbers that a person had before. What was sent to her contact there is hers; whose the rest is,
someone must say: another person may have the number by now.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from auditlog.models import LogEntry as Action
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q

from contacts.models import Contact
from contacts.phone import REMOVED
from messaging.models import Recipient
from sociair_portal.audit.models import Entry
from sociair_portal.common.numbers import masked

MOST: Final = 20  # numbers of one person
_LOOKED_AT: Final = 200  # changes of a contact


@dataclass(frozen=True, slots=True)
class Former:
    """A number that she had before. `is_chosen`: someone said that it was hers alone then.
    `has_owner`: another contact has it now.
    """

    mobile: str
    is_chosen: bool = False
    has_owner: bool = False

    @property
    def is_hers(self) -> bool:
        """Whether everything at the number is hers, and it is forgotten with her."""
        return self.is_chosen and not self.has_owner


@dataclass(frozen=True, slots=True)
class Shown:
    """A former number for whoever decides: how many messages there name her contact and how many
    name nobody, and who has it now.
    """

    former: Former
    linked: int
    unlinked: int
    owners: list[Contact]


def formers_of(mobile: str, contacts: Collection[int], chosen: Collection[str]) -> list[Former]:
    """The former numbers of some contacts: those that their messages went to, and those that
    someone has named.
    """
    known = Recipient.objects.filter(contact__in=contacts).exclude(mobile=mobile)
    known = known.exclude(mobile__startswith=REMOVED).order_by("mobile")
    found = list(known.values_list("mobile", flat=True).distinct()[:MOST])
    named = [one for one in dict.fromkeys(chosen) if one != mobile]
    all_of_them = list(dict.fromkeys([*named, *found]))
    others = Contact.objects.filter(mobile__in=all_of_them).exclude(pk__in=contacts)
    owned = set(others.values_list("mobile", flat=True))
    return [Former(one, one in named, one in owned) for one in sorted(all_of_them)]


def shown(formers: Collection[Former], contacts: Collection[int]) -> list[Shown]:
    """Former numbers with what helps to decide."""
    mobiles = [one.mobile for one in formers]
    linked = dict(_counts(Q(mobile__in=mobiles, contact__in=contacts)))
    unlinked = dict(_counts(Q(mobile__in=mobiles, contact=None)))
    owners: dict[str, list[Contact]] = {}
    for one in Contact.objects.filter(mobile__in=mobiles).exclude(pk__in=contacts).order_by("id"):
        owners.setdefault(one.mobile, []).append(one)
    return [
        Shown(
            one, linked.get(one.mobile, 0), unlinked.get(one.mobile, 0), owners.get(one.mobile, [])
        )
        for one in formers
    ]


def _counts(wanted: Q) -> list[tuple[str, int]]:
    rows = Recipient.objects.filter(wanted).order_by().values("mobile").annotate(count=Count("pk"))
    return [(row["mobile"], row["count"]) for row in rows]


def only_in_the_record(
    mobile: str, formers: Collection[Former], contacts: Collection[int]
) -> list[str]:
    """Numbers of these contacts that only the record knows, which keeps some of their digits."""
    kind = ContentType.objects.get_for_model(Contact)
    entries = Entry.objects.filter(
        content_type=kind, object_id__in=contacts, action=Action.Action.UPDATE
    )
    seen: set[str] = set()
    for changes in entries.order_by("-id").values_list("changes", flat=True)[:_LOOKED_AT]:
        before, after = (changes or {}).get("mobile") or ("", "")
        seen.update(one for one in (before, after) if one)
    return sorted(seen - {masked(mobile)} - {masked(one.mobile) for one in formers})


def now_elsewhere(mobile: str, contacts: Collection[int]) -> list[Contact]:
    """Contacts who had this number before: what they were sent at it is theirs."""
    rows = Recipient.objects.filter(mobile=mobile, contact__isnull=False)
    keys = rows.exclude(contact__in=contacts).order_by().values("contact").distinct()
    return list(Contact.objects.filter(pk__in=keys).order_by("name", "id")[:MOST])
