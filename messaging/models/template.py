"""Templates: texts that are saved to be sent again and again."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageTemplate(models.Model):
    """A saved text with its placeholders. A campaign keeps the words that it was written with."""

    name = models.CharField(_("name"), max_length=100)
    text = models.TextField(_("message"))
    created_at = models.DateTimeField(_("saved"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("saved by"),
    )
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    # Counts its changes, so that of two people who change it at once, the second is told.
    version = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [models.UniqueConstraint(Lower("name"), name="template_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("messaging:template", args=[self.pk])
