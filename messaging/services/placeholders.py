"""Which placeholders a message may have, and the writer of its letters."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import FieldKind
from contacts.models import ContactField
from messaging.models import Campaign
from messaging.services.letters import Writer
from messaging.wording import DATE, NAME, NUMBER, read_wording


def known_keys() -> dict[str, str]:
    """Placeholders and what they are called, the office's own fields last."""
    always = {NAME: _("Name"), NUMBER: _("Mobile number"), DATE: _("Day it is sent")}
    return always | dict(ContactField.objects.values_list("key", "name"))


def writer_for(text: str, *, day: datetime | None = None) -> Writer:
    """Raises `text.InvalidText` for a text that cannot be sent."""
    _text, wording = read_wording(text, known_keys())
    return Writer(wording, day=day or timezone.now(), kinds=_kinds() if wording.keys else {})


def _kinds() -> dict[str, FieldKind]:
    return {key: FieldKind(kind) for key, kind in ContactField.objects.values_list("key", "kind")}


def writer_of(campaign: Campaign) -> Writer:
    """For what was handed over: the day is the one that it goes out on."""
    return writer_for(campaign.text, day=campaign.scheduled_for or campaign.sent_at)
