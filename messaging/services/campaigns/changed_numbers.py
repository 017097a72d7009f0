"""Messages that wait for people whose number was changed since: they stay on the old number."""

from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q, QuerySet

from contacts.models import Contact
from messaging.models import Campaign, CampaignState, Recipient, RecipientState

_SHOWN: Final = 5
# Campaign pages stay quick: everyone's number is compared while nothing of it is sent, and only
# where those who wait are not very many. A person's own page always tells.
_COMPARED: Final = (CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.OVERDUE)
_MOST_COMPARED: Final = 10_000  # people


@dataclass(frozen=True, slots=True)
class AtOldNumbers:
    """Recipients with their campaigns and contacts: how many there are, and the first of them."""

    count: int
    first: list[Recipient]

    @classmethod
    def of(cls, rows: QuerySet[Recipient]) -> "AtOldNumbers":
        count = rows.count()
        kept = rows.select_related("contact", "campaign__created_by").order_by("id")
        return cls(count, list(kept[:_SHOWN]) if count else [])


def of_contact(contact: Contact) -> AtOldNumbers:
    """What still goes to a number that a contact no longer has."""
    return AtOldNumbers.of(_at_old_numbers().filter(contact=contact.pk))


def of_campaign(campaign: Campaign) -> AtOldNumbers:
    """Whom a waiting campaign would still send to an old number."""
    if campaign.state not in _COMPARED or not 0 < campaign.pending <= _MOST_COMPARED:
        return AtOldNumbers(0, [])
    return AtOldNumbers.of(_at_old_numbers().filter(campaign=campaign))


def _at_old_numbers() -> QuerySet[Recipient]:
    queued = Recipient.objects.filter(state=RecipientState.QUEUED, contact__isnull=False)
    return queued.filter(~Q(mobile=F("contact__mobile")))
