"""Links with a secret in them that were sent by SMS."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.campaign import Campaign
from messaging.text.links import fingerprint_of, secret_of


class SentLink(models.Model):
    """One text with a link that was sent to a number. What is secret in the link is nowhere: it is
    made of `key` and the portal's SECRET_KEY, for the call that sends it.
    """

    key = models.UUIDField(_("key"), editable=False)
    mobile = models.CharField(_("mobile number"), max_length=10)
    # Of the secret: after another SECRET_KEY the letter would hold a link that opens nothing.
    fingerprint = models.CharField(max_length=64, editable=False)
    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, related_name="link", verbose_name=_("campaign")
    )
    sent_at = models.DateTimeField(_("requested"), default=timezone.now)
    works_until = models.DateTimeField(_("works until"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        default_permissions = ()
        indexes = [
            models.Index(fields=["key"], name="sent_link_by_key"),
            models.Index(fields=["mobile", "sent_at"], name="sent_link_of_number"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_dead(self) -> bool:
        """Whether the link that its letter would hold opens nothing, as far as is known here."""
        secret = secret_of(str(self.key), secret=settings.SECRET_KEY)
        return self.works_until <= timezone.now() or fingerprint_of(secret) != self.fingerprint
