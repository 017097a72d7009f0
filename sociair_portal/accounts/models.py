"""Tries at secrets, invitations, and how somebody wants the portal to be."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sociair_portal.common.calendars import Calendar


class Try(models.Model):
    """One try at a secret (a password, a code), counted before it is looked at."""

    # What is counted together: a keyed hash, as names and addresses are nobody's business here.
    bucket = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    # Whose secret it was, as a keyed hash, empty if it is of no one account; and by which rule it
    # is counted, so that a colleague's page can say until when there were too many.
    whose = models.CharField(max_length=64, blank=True, default="")
    most = models.PositiveSmallIntegerField(default=0)
    counts_until = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["whose", "counts_until"], name="try_by_whose"),
            models.Index(fields=["bucket", "at"], name="try_by_bucket"),
            models.Index(fields=["at"], name="try_by_time"),
        ]


class Invitation(models.Model):
    """A link with which a colleague chooses a password: it works once, for some days."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="invitations",
        verbose_name=_("colleague"),
    )
    # What is secret in the link is made of this and SECRET_KEY, and kept nowhere. None: an older
    # portal made it.
    key = models.UUIDField(null=True, unique=True, editable=False)
    # A keyed hash of what is secret in the link, by which it is found.
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    # The role that the account had then: whoever got more since is taken over by no older link.
    role = models.CharField(max_length=30, blank=True, default="", editable=False)
    ends_at = models.DateTimeField(_("works until"))
    used_at = models.DateTimeField(_("used"), null=True)
    taken_back_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            # A new link makes the one before it useless.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(used_at=None, taken_back_at=None),
                name="invitation_open_once",
            )
        ]


class Preferences(models.Model):
    """How somebody wants the portal to be, wherever they sign in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="preferences",
        verbose_name=_("colleague"),
    )
    calendar = models.CharField(
        _("dates"),
        max_length=2,
        choices=[(calendar.value, calendar.label) for calendar in Calendar],
        default=Calendar.GREGORIAN.value,
    )

    # Where pages are in Nepali.
    devanagari_digits = models.BooleanField(_("Devanagari digits"), default=False, db_default=False)

    # None chosen: the browser's.
    language = models.CharField(_("language"), max_length=2, blank=True, default="")

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
