"""Recipients, one number in a campaign each, and entries that were left out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import OPERATOR_CHOICES, Contact
from contacts.phone import REMOVED
from contacts.shown_numbers import shown_mobile, shown_text
from messaging.models.campaign import Campaign
from messaging.models.campaign_states import RecipientState
from sociair_portal.common.sentence_fields import SentenceField

# Who still waits for a message, or may have got it without anyone's knowing.
NOT_OVER = [RecipientState.QUEUED, RecipientState.SENDING, RecipientState.UNCONFIRMED]


class Recipient(models.Model):
    """One number in a campaign; the contact's name is kept as it was then."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="recipients",
        db_index=False,  # the constraint's index begins with it
        verbose_name=_("campaign"),
    )
    batch = models.ForeignKey(
        "messaging.Batch",
        on_delete=models.CASCADE,
        related_name="recipients",
        verbose_name=_("request"),
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="received",
        verbose_name=_("contact"),
    )
    mobile = models.CharField(_("mobile number"), max_length=10)
    name = models.CharField(_("name"), max_length=200, blank=True)
    operator = models.CharField(_("operator"), max_length=9, choices=OPERATOR_CHOICES)
    state = models.CharField(
        _("state"),
        max_length=11,
        choices=RecipientState.choices,
        default=RecipientState.QUEUED,
    )

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "mobile"], name="recipient_once"),
            # What stands in the place of a number is never called.
            models.CheckConstraint(
                name="recipient_removed_is_over",
                condition=~Q(mobile__startswith=REMOVED) | ~Q(state__in=NOT_OVER),
            ),
        ]
        indexes = [
            models.Index(fields=["mobile", "id"], name="recipient_by_mobile"),
            models.Index(fields=["campaign", "state", "id"], name="recipient_by_state"),
        ]

    def __str__(self) -> str:
        return shown_text(self.name) or shown_mobile(self.mobile)


class LeftOutReason(models.TextChoices):
    INVALID = "invalid", _("Not a mobile number")
    OPTED_OUT = "opted_out", _("Opted out")
    NO_RATE = "no_rate", _("Sociair has no rate for this operator")
    DUPLICATE = "duplicate", _("Same number as another entry")
    MISSING = "missing", _("No value for a field")
    TEXT = "text", _("The text cannot be sent with these details")
    SHARED = "shared", _("Several people share this number")
    REPEATED = "repeated", _("Got the same text recently")


class LeftOut(models.Model):
    """One entry that got no message of its own, as it was typed, and why."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="left_out", verbose_name=_("campaign")
    )
    entry = SentenceField(_("entry"))
    reason = models.CharField(_("reason"), max_length=9, choices=LeftOutReason.choices)
    words = SentenceField(_("details"))

    class Meta:
        verbose_name = _("left out")
        verbose_name_plural = _("left out")
        ordering = ["id"]

    def __str__(self) -> str:
        return shown_text(f"{self.entry}: {self.words}")
