"""Bulk actions: many people join a group, leave it, are opted out or deleted.

An action goes on in short transactions from key to key, so that a million people are no harder than
a thousand. If it is stopped in between, it is done for some and not for the rest; doing it again
goes on with the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Group, OptOut
from contacts.services import membership
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.many import many_at_once
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor, user_of
from sociair_portal.common.sentences import together

_AT_ONCE: Final = 1000  # people in one transaction


class Action(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    OPT_OUT = "opt_out"
    DELETE = "delete"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]

    @property
    def needs_group(self) -> bool:
        return self in (Action.ADD, Action.REMOVE)

    @property
    def permission(self) -> str:
        return _PERMISSIONS[self]


_LABELS: Final[dict[Action, Promise]] = {
    Action.ADD: _("Add to group"),
    Action.REMOVE: _("Remove from group"),
    Action.OPT_OUT: _("Stop messages"),
    Action.DELETE: _("Delete"),
}
_PERMISSIONS: Final = {
    Action.ADD: "contacts.change_group",
    Action.REMOVE: "contacts.change_group",
    Action.OPT_OUT: "contacts.add_optout",
    Action.DELETE: "contacts.delete_contact",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How many were done, up to which key, and whether no one is left."""

    done: int
    after: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class BulkAction:
    """One action and the people it is for; `group` where it needs one, `by` who does it, and
    `words` for how the people were chosen.
    """

    action: Action
    people: QuerySet[Contact]
    by: Actor
    group: Group | None = None
    reason: str = ""
    words: str = ""

    @property
    def to_do(self) -> QuerySet[Contact]:
        """Those of the people for whom the action changes something."""
        members = Group.members.through.objects.filter(group=self.group, contact=OuterRef("pk"))
        if self.action is Action.ADD:
            return self.people.filter(~Exists(members))
        if self.action is Action.REMOVE:
            return self.people.filter(Exists(members))
        if self.action is Action.OPT_OUT:
            return self.people.filter(
                ~Exists(OptOut.objects.filter(mobile=OuterRef("mobile"), source=None))
            )
        return self.people

    def count(self) -> int:
        """How many it changes something for: numbers for opt-outs, otherwise people."""
        if self.action is Action.OPT_OUT:
            return self.to_do.values("mobile").distinct().count()
        return self.to_do.count()

    def go_on(self, after: int, *, is_time_left: Callable[[], bool]) -> Progress:
        """Do it for those whose key is higher, until all are done or the time is up."""
        done = 0
        while True:
            with transaction.atomic():
                people = list(self._next(after))
                done += self._do(people)
            if len(people) < _AT_ONCE:
                return Progress(done, after, is_over=True)
            after = people[-1].pk
            if not is_time_left():
                return Progress(done, after, is_over=False)

    def _next(self, after: int) -> QuerySet[Contact]:
        """The next people, locked, so that none of them is deleted while they join a group."""
        later = self.to_do.filter(pk__gt=after).order_by("pk").only("pk", "mobile")
        return later.select_for_update(of=("self",))[:_AT_ONCE]

    def _do(self, people: list[Contact]) -> int:
        if self.action is Action.OPT_OUT:
            return self._opt_out({contact.mobile for contact in people})
        pks = [contact.pk for contact in people]
        if self.action is Action.DELETE:
            return self._delete(pks)
        if self.group is None:
            return 0
        if self.action is Action.REMOVE:
            return membership.leave(self.group, pks, by=self.by, words=self.words)
        return membership.join(self.group, pks, by=self.by, words=self.words)

    def _delete(self, pks: list[int]) -> int:
        with many_at_once():
            Contact.objects.filter(pk__in=pks).only("pk").delete()
        if pks:
            record(Deed.DELETED_MANY, by=self.by, kind=Contact, words=self.words, people=len(pks))
        return len(pks)

    def _opt_out(self, mobiles: set[str]) -> int:
        """Those that an import opted out are opted out by a person now: undoing it leaves them."""
        OptOut.objects.filter(mobile__in=mobiles).update(source=None)
        OptOut.objects.bulk_create(
            [
                OptOut(mobile=mobile, reason=self.reason, created_by=user_of(self.by))
                for mobile in sorted(mobiles)
            ],
            ignore_conflicts=True,
        )
        if mobiles:
            record(
                Deed.OPTED_OUT_MANY,
                by=self.by,
                kind=OptOut,
                words=together(self.words, self.reason, between="·"),
                numbers=len(mobiles),
            )
        return len(mobiles)
