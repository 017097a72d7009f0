"""Everything that is kept about one person, in words: to be looked at, or handed to her."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contacts.fields import FieldKind, show_value
from contacts.models import Contact, ContactField, ContactImport, FilePurpose, ImportState, OptOut
from contacts.phone import format_mobile
from contacts.services import forgotten
from messaging.models import Profile
from messaging.services.privacy import recipients
from messaging.services.privacy.everywhere import PLACES
from messaging.services.privacy.places import Place
from messaging.services.privacy.traces import Traces
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import formats
from sociair_portal.common.actors import Actor

MOST_COUNTED: Final = 1000  # where a page counts; a file has all
_FIRST: Final = 5


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing: how many there are (`is_more`: at least so many), and some or all of them
    as rows of words. What tells of other people as well is only counted.
    """

    title: str
    count: int
    rows: list[list[str]]
    columns: tuple[str, ...] = ()
    is_more: bool = False
    # Why it stays when the person is anonymised.
    stays: str = ""

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """The rows, each cell with the name of its column."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def overview(traces: Traces) -> list[Section]:
    """What a manager sees before deciding: counts, and the first of each kind."""
    return [one for one in _sections(traces, MOST_COUNTED) if one.count]


def whole(traces: Traces) -> list[Section]:
    """All of it, for the person herself."""
    return [one for one in _sections(traces, None) if one.count]


def note_look(traces: Traces, *, by: Actor) -> None:
    """Write into the record that someone looked at what is kept about a person."""
    record(Deed.LOOKED_AT, by=by, kind=Contact, mark=_mark(traces))


def hand_out(traces: Traces, *, by: Actor) -> list[Section]:
    """All of it, and an entry in the record that someone collected it."""
    found = whole(traces)
    counted = sum(section.count for section in found)
    record(Deed.HANDED_OUT, by=by, kind=Contact, mark=_mark(traces), entries=counted)
    return found


def to_json(sections: list[Section]) -> list[dict[str, Any]]:
    """The same for a program: each section's rows by the names of their columns."""
    return [
        {
            "what": one.title,
            "count": one.count,
            "entries": [dict(zip(one.columns, row, strict=True)) for row in one.rows],
        }
        for one in sections
    ]


def _mark(traces: Traces) -> str:
    return forgotten.mark_of(traces.mobile)


def _sections(traces: Traces, most: int | None) -> Iterator[Section]:
    first = _FIRST if most else None
    yield _contacts(traces)
    yield _opt_outs(traces)
    yield _messages(traces, first)
    for place in PLACES:
        yield _of_place(place, traces, most, first)
    yield from _others(traces)


def _contacts(traces: Traces) -> Section:
    fields = list(ContactField.objects.all())
    rows = []
    found = Contact.objects.filter(pk__in=traces.contacts).prefetch_related("groups")
    for one in found.order_by("pk"):
        values = [
            f"{field.name}: {show_value(FieldKind(field.kind), one.fields[field.key])}"
            for field in fields
            if one.fields.get(field.key) not in (None, "")
        ]
        groups = ", ".join(group.name for group in one.groups.all())
        rows.append([one.name, format_mobile(one.mobile), "; ".join(values), groups])
    columns = (_("Name"), _("Mobile number"), _("Other details"), _("Groups"))
    return Section(_("Contacts"), len(rows), rows, columns)


def _opt_outs(traces: Traces) -> Section:
    found = OptOut.objects.filter(pk__in=traces.opt_outs)
    rows = [[formats.moment(localtime(one.created_at)), one.reason] for one in found]
    return Section(_("Opt-out (wants no messages)"), len(rows), rows, (_("When"), _("Reason")))


def _messages(traces: Traces, first: int | None) -> Section:
    found = recipients.of(traces).select_related("batch", "campaign").order_by("-id")
    rows = [
        [
            formats.moment(localtime(one.batch.claimed_at)) if one.batch.claimed_at else "",
            one.batch.shown_text,
            str(one.get_state_display()),
            one.name,
        ]
        for one in found[:first]
    ]
    columns = (_("When"), _("Message"), _("State"), _("Name at the time"))
    return Section(_("Messages"), found.count(), rows, columns)


def _of_place(place: Place, traces: Traces, most: int | None, first: int | None) -> Section:
    found = list(islice(place.rows(traces), None if most is None else most + 1))
    count = len(found) if most is None else min(len(found), most)
    told = filter(None, (place.told(row, traces) for row in found) if place.told else ())
    rows = [[words] for words in islice(told, first)]
    columns = (_("Content"),)
    return Section(str(place.label), count, rows, columns, len(found) > count, str(place.stays))


def _others(traces: Traces) -> Iterator[Section]:
    """What stays: a colleague's own number, and files that go by themselves."""
    if not traces.of_number:
        return
    own = Profile.objects.filter(mobile=traces.mobile).count()
    why = _(
        "This is a colleague's own number, for test messages. They can change it in the user menu."
    )
    yield Section(_("A colleague's own number"), own, [], stays=why)
    files = ContactImport.objects.filter(state=ImportState.READY)
    waiting = files.filter(purpose=FilePurpose.CONTACTS).count()
    why = _(
        "No one has imported these yet. They are deleted after a day, or imported without "
        "this person."
    )
    yield Section(_("Files waiting to be imported"), waiting, [], stays=why)
