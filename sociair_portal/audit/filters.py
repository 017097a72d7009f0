"""What of the record is shown: the filters of its page. Each of them has an index to walk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.models import Entry

# Instead of someone's id.
NOBODY: Final = "nobody"  # a request of who was not signed in
PORTAL: Final = "portal"
ORDER: Final = ("-timestamp", "-id")
# Changes of single records, beside the deeds.
ACTIONS: Final = {
    "created": Entry.Action.CREATE,
    "changed": Entry.Action.UPDATE,
    "deleted": Entry.Action.DELETE,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted: `who` is someone's id, NOBODY or PORTAL, `what` a deed or one of
    ACTIONS, `about` the key of one record of that kind, `request` the name of a request.
    """

    who: str = ""
    what: str = ""
    kind: ContentType | None = None
    about: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    request: str = ""

    def found(self) -> QuerySet[Entry]:
        entries = Entry.objects.order_by(*ORDER)
        if self.who:
            entries = entries.filter(_by(self.who))
        if self.what:
            action = ACTIONS.get(self.what, Entry.Action.ACCESS)
            deed = "" if self.what in ACTIONS else Deed(self.what)
            if self.who:  # an index has both
                entries = entries.filter(action=action, deed=deed)
            else:
                entries = entries.filter(deed=deed) if deed else entries.filter(action=action)
        if self.kind is not None:
            entries = entries.filter(content_type=self.kind)
            if self.about is not None:
                entries = entries.filter(object_id=self.about)
        if self.since is not None:
            entries = entries.filter(timestamp__gte=self.since)
        if self.until is not None:
            entries = entries.filter(timestamp__lte=self.until)
        return entries.filter(cid=self.request) if self.request else entries


def _by(who: str) -> Q:
    """As `entries.who_of` says it; the name stays when someone's account is gone."""
    if who in (NOBODY, PORTAL):
        return Q(actor=None, actor_name="", cid__isnull=who == PORTAL)
    return Q(actor=int(who))
