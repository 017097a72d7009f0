"""Users' profiles: the number that tests go to, and the codes that prove whose it is."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.campaign import Campaign

MOST_GUESSES: Final = 5  # of one code


class Profile(models.Model):
    """A user's own number, to which tests go once it is known that it is the user's."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="profile",
        verbose_name=_("user"),
    )
    mobile = models.CharField(_("own mobile number"), max_length=10, blank=True)
    # None: not yet, and no test goes there.
    proved_at = models.DateTimeField(_("confirmed, or entered by a manager"), null=True, blank=True)
    # None: its owner proved it by a code.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by"),
    )

    class Meta:
        verbose_name = _("own number")
        verbose_name_plural = _("own numbers")
        constraints = [
            models.CheckConstraint(
                name="profile_proved_number",
                condition=Q(proved_at__isnull=True, entered_by__isnull=True) | ~Q(mobile=""),
            )
        ]

    def __str__(self) -> str:
        return self.user.get_username()

    @property
    def is_proved(self) -> bool:
        return bool(self.mobile) and self.proved_at is not None


class NumberCode(models.Model):
    """One code that was sent to a number. The code itself is nowhere: it is made of `key` and the
    portal's SECRET_KEY, for the call that sends it and for the comparison.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    mobile = models.CharField(_("mobile number"), max_length=10)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, related_name="code", verbose_name=_("campaign")
    )
    sent_at = models.DateTimeField(_("requested"), default=timezone.now)
    guesses = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Used, or replaced by another one.
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at__isnull=True), name="number_code_one_a_user"
            ),
            models.CheckConstraint(
                name="number_code_guesses", condition=Q(guesses__lte=MOST_GUESSES)
            ),
        ]
        indexes = [
            models.Index(fields=["user", "sent_at"], name="number_code_of_user"),
            models.Index(fields=["mobile", "sent_at"], name="number_code_of_number"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
