"""Events: who did what to a campaign or to the gateway, and when; what an auditor reads."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.campaign import Campaign
from messaging.models.gateway import Gateway
from sociair_portal.common.request_ids import current_id
from sociair_portal.common.sentence_fields import SentenceField


class EventKind(models.TextChoices):
    SENT = "sent", _("Send confirmed")
    SCHEDULED = "scheduled", _("Scheduled")
    MOVED = "moved", _("Rescheduled")
    STARTED = "started", _("Sending started")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    CANCELLED = "cancelled", _("Cancelled")
    OVERDUE = "overdue", _("Overdue: waited too long")
    DONE = "done", _("Done")
    SETTLED = "settled", _("Decided")
    SENT_AGAIN = "again", _("Sent again")
    HELD = "held", _("Sending stopped")
    RELEASED = "released", _("Sending started again")


class Event(models.Model):
    """One change of state of a campaign or a gateway; append-only."""

    at = models.DateTimeField(_("when"), default=timezone.now)
    kind = models.CharField(_("what"), max_length=9, choices=EventKind.choices)
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        null=True,
        related_name="events",
        verbose_name=_("campaign"),
    )
    gateway = models.ForeignKey(
        Gateway,
        on_delete=models.PROTECT,
        null=True,
        related_name="events",
        verbose_name=_("connection to Sociair"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    words = SentenceField(_("reason"), blank=True)
    request_id = models.CharField(_("log ID"), max_length=12, default=current_id, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="event_when")]

    def __str__(self) -> str:
        return str(self.get_kind_display())
