"""Numbers that are never sent messages: opted out, or anonymised."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_mobile


class OptOut(models.Model):
    """A number that is never sent messages. It outlives the contact who has it."""

    mobile = models.CharField(
        _("mobile number"),
        max_length=10,
        unique=True,
        error_messages={"unique": _("This number is already opted out.")},
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("entered by"),
        related_name="+",
    )
    # The import that made it.
    source = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return shown_mobile(self.mobile)


class ForgottenNumber(models.Model):
    """A number whose person was anonymised, as a keyed fingerprint (services/forgotten.py): it is
    never sent messages again, and no one can read it here.
    """

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    # Of the key that made it: with another key no one is recognised.
    key_mark = models.CharField(_("key mark"), max_length=8, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    # Empty while it must still be looked for everywhere: it came back with a backup.
    looked_for_at = models.DateTimeField(
        _("searched for everywhere"), default=timezone.now, null=True, editable=False
    )
    let_back_at = models.DateTimeField(_("messages allowed again since"), null=True, editable=False)

    class Meta:
        verbose_name = _("anonymised number")
        verbose_name_plural = _("anonymised numbers")
        default_permissions = ()
        permissions = [("forget_person", _("Can anonymise a person"))]

    def __str__(self) -> str:
        return self.fingerprint[:8]
