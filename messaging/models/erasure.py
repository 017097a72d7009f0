"""Erasures, each of a person who is anonymised; and what was removed because it was old."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """A person who is being anonymised, or was. While it goes on, the row knows the number, and
    in `traces` the names and the keys of contacts; when it is over, only what was counted.
    """

    mobile = models.CharField(max_length=10, blank=True, editable=False)
    traces = models.JSONField(default=dict, editable=False)
    # Whether the number itself is forgotten: nobody is left who has it.
    of_number = models.BooleanField(_("including the number"), default=True)
    mark = models.CharField(_("start of the fingerprint"), max_length=8, blank=True)
    counts = models.JSONField(_("what was removed"), default=dict)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("anonymisation")
        verbose_name_plural = _("anonymisations")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["mobile"], condition=~Q(mobile=""), name="erasure_of_number_once"
            ),
            models.CheckConstraint(
                name="erasure_forgets_when_finished",
                condition=Q(finished_at__isnull=True) | Q(mobile=""),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class RetentionDay(models.Model):
    """One day on which what was old was removed, and how much of what."""

    day = models.DateField(_("day"), unique=True)
    counts = models.JSONField(_("what was removed"), default=dict)
    is_over = models.BooleanField(_("finished"), default=False)

    class Meta:
        verbose_name = _("removal of old data")
        verbose_name_plural = _("removals of old data")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
