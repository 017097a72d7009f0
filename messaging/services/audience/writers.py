"""Which placeholders a message may have, and the writer of its letters."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import FieldKind
from contacts.models import ContactField
from messaging.models import Campaign, RecipientTable
from messaging.services.audience.letters import Writer, show_day
from messaging.text.placeholders import DATE, NAME, NUMBER, parse, read_wording


def known_keys(table: RecipientTable | None = None) -> dict[str, str]:
    """Placeholders and what they are called, the office's own fields last, or a table's columns."""
    always = {NAME: _("Name"), NUMBER: _("Mobile number"), DATE: _("Day it is sent")}
    if table is None:
        return always | dict(ContactField.objects.values_list("key", "name"))
    if not table.name_key:
        del always[NAME]
    return always | table.headings


def writer_for(text: str, table: RecipientTable | None, *, day: datetime | None = None) -> Writer:
    """Raises `text.InvalidText` for a text that cannot be sent."""
    _text, wording = read_wording(text, known_keys(table))
    day = day or timezone.now()
    if table is not None:
        return Writer(wording, day=day, own=_own(table))
    return Writer(wording, day=day, kinds=_kinds() if wording.keys else {})


def _own(table: RecipientTable) -> set[str]:
    """A table's columns stand before what every recipient has, if they are called the same."""
    meant = {NAME} if table.name_key == NAME else set()
    if table.number_key == NUMBER:
        meant.add(NUMBER)
    return set(table.headings) - meant


def _kinds() -> dict[str, FieldKind]:
    return {key: FieldKind(kind) for key, kind in ContactField.objects.values_list("key", "kind")}


def says_day(campaign: Campaign) -> bool:
    """Whether its letters say the day that they are sent."""
    if "{" not in campaign.text:
        return False
    is_own = campaign.table is not None and DATE in campaign.table.headings
    return DATE in parse(campaign.text).keys and not is_own


def day_of(campaign: Campaign, at: datetime | None) -> str:
    """The day that its letters say if they go out at a time (None: now); empty if they say none."""
    return show_day(_not_past(at)) if says_day(campaign) else ""


def stale_day(campaign: Campaign) -> str:
    """The day that its letters say, if it would not be that day; else empty."""
    written = campaign.written_for
    if written is None or not says_day(campaign):
        return ""
    day = show_day(written)
    return "" if day == show_day(_not_past(written)) else day


def _not_past(at: datetime | None) -> datetime:
    now = timezone.now()
    return now if at is None else max(at, now)


def writer_of(campaign: Campaign) -> Writer:
    """For what was handed over, the day is the one that it goes out on; a draft's is the one that
    it would go out on.
    """
    if campaign.sent_at is None:
        day = _not_past(campaign.scheduled_for)
    else:
        day = campaign.written_for or campaign.sent_at
    return writer_for(campaign.text, campaign.table, day=day)
