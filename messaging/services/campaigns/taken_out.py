"""Taking people out of what is queued: they opted out, or were anonymised, after the review."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F

from messaging.models import Batch, BatchState, Campaign, Recipient, RecipientState
from messaging.services import states
from messaging.services.money import prices
from messaging.services.states import finish_if_empty


def take_out(campaign_id: int, batch_id: int, mobiles: Collection[str]) -> int:
    """Take numbers out of a queued batch; an empty one ends. Returns how many were in it."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != BatchState.QUEUED:
            return 0
        left = Recipient.objects.filter(
            batch=batch, mobile__in=mobiles, state=RecipientState.QUEUED
        )
        saved = prices.cost_of_recipients(left)
        people = left.update(state=RecipientState.OPTED_OUT)
        same = Batch.objects.filter(pk=batch.pk)
        same.update(size=F("size") - people, cost=F("cost") - saved)
        if people == batch.size:
            states.move_batches(same, [BatchState.QUEUED], BatchState.CANCELLED)
        campaign.pending -= people
        campaign.opted_out += people
        campaign.cost -= saved
        finish_if_empty(campaign)
    return people
