"""Days off that the office has entered: the portal asks before a message goes out on one."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sociair_portal.common import formats


class QuietDay(models.Model):
    """A day off in the whole office, such as a public holiday, under the name that it was given."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("day off")
        verbose_name_plural = _("days off")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.name} ({formats.day(self.day)})"

    def get_absolute_url(self) -> str:
        return reverse("messaging:day_off", args=[self.pk])
