"""The states of campaigns and of their recipients, and what a person can do in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PREPARING = "preparing", _("Preparing")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    OVERDUE = "overdue", _("Overdue")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


# Campaigns under way: handed over, and not yet at their end.
OPEN_STATES = [
    CampaignState.PREPARING,
    CampaignState.SCHEDULED,
    CampaignState.SENDING,
    CampaignState.PAUSED,
    CampaignState.OVERDUE,
]


# What a person can do with them.
PAUSABLE_STATES = [CampaignState.PREPARING, CampaignState.SCHEDULED, CampaignState.SENDING]
RESUMABLE_STATES = [CampaignState.PAUSED, CampaignState.OVERDUE]


class RecipientState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    UNCONFIRMED = "unconfirmed", _("Not known")
    NOT_SENT = "not_sent", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")
    OPTED_OUT = "opted_out", _("Opted out")
