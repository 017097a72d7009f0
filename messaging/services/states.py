"""A campaign's counters: recipients by state, kept by whatever changes one."""

from typing import Final

from messaging.models import Campaign, CampaignState, Event, EventKind, RecipientState

_COUNTERS: Final = [
    "pending",
    "accepted",
    "refused",
    "unconfirmed",
    "not_sent",
    "cancelled",
    "opted_out",
    "cost",
    "answered_at",
]


def count(campaign: Campaign, state: RecipientState, people: int) -> None:
    """Change a campaign's counter; queued and sending both count as pending."""
    pending = state in (RecipientState.QUEUED, RecipientState.SENDING)
    counter = "pending" if pending else state.value
    setattr(campaign, counter, getattr(campaign, counter) + people)


def finish_if_empty(campaign: Campaign) -> None:
    """Save the counters; a campaign with nothing pending is done. The caller holds its lock."""
    campaign.save(update_fields=_COUNTERS)
    if campaign.pending:
        return
    finished = Campaign.objects.filter(
        pk=campaign.pk,
        pending=0,
        state__in=[CampaignState.SENDING, CampaignState.PAUSED, CampaignState.OVERDUE],
        prepared_up_to=Campaign.PREPARED,
    ).update(state=CampaignState.DONE, pause_reason="")
    if finished:
        Event.objects.create(campaign=campaign, kind=EventKind.DONE)
