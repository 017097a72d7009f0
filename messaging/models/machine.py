"""Machines that send: one row for each with a worker, as the other machines know it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.gateway import Gateway


class MachineQuerySet(models.QuerySet["Machine"]):
    def trusted(self) -> "MachineQuerySet":
        """Those that may send: someone vouched for them, and nobody has ruled them out since."""
        return self.filter(vouched_at__isnull=False, retired_at__isnull=True)


class Machine(models.Model):
    """A folder `STATE_DIR` with a record of its own: what services/gateway/machines.py compares."""

    gateway = models.ForeignKey(
        Gateway,
        on_delete=models.PROTECT,
        related_name="machines",
        verbose_name=_("connection to Sociair"),
    )
    key = models.UUIDField(_("key"), default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, help_text=_("The name of the host."))
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    # The era of the database for which its record agreed with what the database says.
    agreed = models.CharField(_("agreed for"), max_length=100, blank=True, editable=False)
    vouched_at = models.DateTimeField(_("known to another machine since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("not waited for since"), null=True, blank=True)

    objects = MachineQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        constraints = [
            models.UniqueConstraint(fields=["gateway", "key"], name="machine_once"),
            models.CheckConstraint(
                name="machine_retired_after_vouched",
                condition=Q(retired_at__isnull=True) | Q(vouched_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name
