"""Users' profiles: the number that tests go to."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_mobile


class Profile(models.Model):
    """A user's own number, to which tests go."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="profile",
        verbose_name=_("user"),
    )
    mobile = models.CharField(_("own mobile number"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return shown_mobile(self.mobile) if self.mobile else str(_("no number"))
