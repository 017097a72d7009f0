"""Titles: what colleagues call a campaign, before and after it is sent. Never part of its text."""

from django.db import transaction

from messaging.models import Campaign, CampaignState
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.actors import Actor


def suggested(campaign: Campaign) -> str:
    """The title it has; for a draft without one, the name of its template."""
    is_draft = campaign.state == CampaignState.DRAFT
    if campaign.own_title or not is_draft or campaign.template is None:
        return campaign.own_title
    return campaign.template.name


def change(campaign: Campaign, title: str, *, by: Actor) -> bool:
    """Give it a title, or none; False if it has that one. The record says that it was changed, but
    not the title, which may name a person. A draft is its author's own: nothing is recorded.
    """
    with transaction.atomic():
        other = Campaign.objects.filter(pk=campaign.pk).exclude(own_title=title)
        if not other.update(own_title=title):
            return False
        if campaign.state != CampaignState.DRAFT:
            record(Deed.TITLED, by=by, about=campaign, change="titled" if title else "untitled")
    return True
