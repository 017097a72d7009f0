"""Gateways, one row for each base URL of Sociair, their holds, and readings of the balance."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.phone import Operator
from sociair_portal.common import formats
from sociair_portal.common.sentence_fields import SentenceField

# Moments that lie in the future by up to this much are still believed: clocks are corrected.
CLOCK_TOLERANCE: Final = timedelta(minutes=1)


class HoldKind(models.TextChoices):
    """Who can end a hold: time, a token that works, or a person; each outranks the one before."""

    NONE = "", _("not on hold")
    TIMED = "timed", _("for a while")
    TOKEN = "token", _("until the token works")
    PERSON = "person", _("until a manager starts sending again")


class HoldReason(models.TextChoices):
    UNREACHABLE = "unreachable", _("Sociair cannot be reached. Nothing was sent.")
    THROTTLED = "throttled", _("Sociair asked the portal to slow down. Nothing was sent.")
    TOKEN_REFUSED = "token_refused", _("Sociair refused the token. Nothing was sent.")
    MAY_NOT_SEND = (
        "may_not_send",
        _("This token can read the balance but cannot send. Nothing was sent."),
    )
    CERTIFICATE = (
        "certificate",
        _("Sociair's security certificate is not trusted. Nothing was sent."),
    )
    MISCONFIGURED = (
        "misconfigured",
        _("Sociair does not allow the portal's requests. Nothing was sent."),
    )
    CONTRACT_CHANGED = (
        "contract_changed",
        _("Sociair gave an answer that does not match its documentation."),
    )
    RESTORED = (
        "restored",
        _("A backup was restored. The database does not know about everything that was sent."),
    )
    NOT_SAVED = (
        "not_saved",
        _("An answer from Sociair could not be saved. Its messages may have gone out."),
    )
    RECORD_MISSING = (
        "record_missing",
        _(
            "This machine has no record of what went out, and there is no other machine to "
            "ask. Nothing was sent."
        ),
    )
    MACHINE_SILENT = (
        "machine_silent",
        _(
            "The database was restarted, and a machine that sends has not been seen since. It "
            "may know about messages that the database does not. Nothing was sent."
        ),
    )
    UNEXPLAINED = (
        "unexplained",
        _(
            "While no worker was running, the balance changed, and this database does not "
            "explain why. Messages may have gone out that it does not know about."
        ),
    )
    NO_RECORD = (
        "no_record",
        _("This machine cannot save its record of what it sends. Nothing was sent."),
    )
    UNCONFIRMED = (
        "unconfirmed",
        _("Sociair gave no clear answer to two requests in a row, or to three of the last ten."),
    )


# What a person can do about a hold, said beside it.
ADVICE = {
    HoldReason.UNREACHABLE: _(
        "The portal tries again automatically. Check the internet connection."
    ),
    HoldReason.THROTTLED: _("Sending resumes automatically."),
    HoldReason.TOKEN_REFUSED: _(
        "Put a valid token into the settings and restart the portal. Sending resumes when "
        "Sociair accepts the token."
    ),
    HoldReason.MAY_NOT_SEND: _(
        "Ask Sociair what this token may do, or put another token into the settings and "
        "restart the portal. Then start sending again."
    ),
    HoldReason.CERTIFICATE: _(
        "Check Sociair's address and this machine's clock, then start sending again."
    ),
    HoldReason.MISCONFIGURED: _(
        "Check Sociair's address and what the account may do, then start sending again."
    ),
    HoldReason.CONTRACT_CHANGED: _(
        "See the last answers in the admin, ask Sociair, then start sending again."
    ),
    HoldReason.RESTORED: _(
        "Everything that was being sent or was scheduled is paused, because it may have gone "
        "out since the backup was made. Whatever was written since then is no longer here, so "
        "check Sociair's own list before you send to the same people. Start sending again. "
        "Before you resume a campaign, say how much of it went out."
    ),
    HoldReason.RECORD_MISSING: _(
        "If the folder with the worker's record was moved, move it back and restart the "
        "worker. If the folder is lost, or a backup was restored, start sending again. Before "
        "you resume a campaign, say how much of it went out."
    ),
    HoldReason.MACHINE_SILENT: _(
        "Start the worker on that machine. If nothing is missing, sending resumes "
        "automatically. If the machine is gone for good, start sending again. Before you "
        "resume a campaign, say how much of it went out."
    ),
    HoldReason.UNEXPLAINED: _(
        "The account may have been topped up, or a backup or an older copy of this machine may "
        "have been restored. In either case, start sending again. Before you resume a campaign, "
        "say how much of it went out. If other programs use the account too, tell whoever runs "
        "the portal."
    ),
    HoldReason.NOT_SAVED: _(
        "Check the database and its disk, then start sending again. An answer that was kept "
        "in a file is saved automatically. A lost one is shown under Needs a decision."
    ),
    HoldReason.NO_RECORD: _(
        "The portal tries again automatically. Make room on the disk, and let the worker "
        "save to the folder with its record."
    ),
    HoldReason.UNCONFIRMED: _(
        "Check the balance and the messages that are not known, then start sending again."
    ),
}


_OWN_WORDS: Final = {
    HoldReason.NO_RECORD,
    HoldReason.MACHINE_SILENT,
    HoldReason.UNEXPLAINED,
}


class GatewayQuerySet(models.QuerySet["Gateway"]):
    def not_held(self, now: datetime) -> "GatewayQuerySet":
        """Gateways that may be called at a moment.

        A timed hold does not count when it is over, nor if it begins in the future: then a clock
        was wrong.
        """
        over = Q(held_until__lte=now) | Q(held_at__gt=now + CLOCK_TOLERANCE)
        return self.filter(Q(hold_kind=HoldKind.NONE) | Q(over, hold_kind=HoldKind.TIMED))


class Gateway(models.Model):
    """One base URL of the Sociair API; campaigns and readings belong to one."""

    base_url = models.URLField(_("address"), unique=True)
    calls = models.BigIntegerField(
        _("requests"), default=0, help_text=_("How many requests have been given a slot.")
    )
    # Which database this is: a machine's record of another one says nothing about it.
    installation = models.UUIDField(default=uuid.uuid4, editable=False)
    # The era of the database, since when, and the last era in which every machine has agreed.
    era = models.CharField(max_length=100, blank=True, editable=False)
    era_began_at = models.DateTimeField(null=True, editable=False)
    cleared = models.CharField(max_length=100, blank=True, editable=False)
    # Since when no machine was there, until Sociair's balance has been compared.
    silent_since = models.DateTimeField(null=True, editable=False)
    unknown_calls = models.BigIntegerField(
        _("requests that the database does not know"), default=0, editable=False
    )
    # Rises with whatever can change what the check of a bill found (`services/gateway/bills.py`).
    bills_mark = models.BigIntegerField(default=0, db_default=0, editable=False)
    next_slot = models.DateTimeField(_("next free slot"), null=True, editable=False)
    active_at = models.DateTimeField(_("last slot given"), null=True, editable=False)
    swept_at = models.DateTimeField(_("worker last seen"), null=True, editable=False)
    wake_at = models.DateTimeField(_("worker starts next at"), null=True, editable=False)

    hold_kind = models.CharField(_("hold"), max_length=6, choices=HoldKind.choices, blank=True)
    hold_reason = models.CharField(
        _("reason"), max_length=16, choices=HoldReason.choices, blank=True
    )
    hold_words = SentenceField(_("Sociair's words"), blank=True)
    held_at = models.DateTimeField(_("on hold since"), null=True, blank=True)
    held_until = models.DateTimeField(_("on hold until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    unconfirmed = models.PositiveIntegerField(_("not known in a row"), default=0)
    # The last call when someone looked; unclear calls up to it count no more.
    looked_at_call = models.BigIntegerField(default=0, editable=False)
    token_refusals = models.PositiveIntegerField(_("token refused in a row"), default=0)

    balance_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    balance_error = SentenceField(_("reason the balance could not be read"), blank=True)
    balance_error_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection to Sociair")
        verbose_name_plural = _("connections to Sociair")
        permissions = [("release_gateway", _("Can start sending again after a hold"))]

    def __str__(self) -> str:
        return self.base_url

    @property
    def is_held(self) -> bool:
        if self.hold_kind == HoldKind.TIMED:
            now = timezone.now()
            began = self.held_at or now
            until = self.held_until or now
            return began <= now + CLOCK_TOLERANCE and until > now
        return self.hold_kind != HoldKind.NONE

    @property
    def needs_person(self) -> bool:
        return self.hold_kind == HoldKind.PERSON

    @property
    def words_are_sociairs(self) -> bool:
        """Whether `hold_words` come from Sociair, and not from the portal."""
        return self.hold_reason not in _OWN_WORDS

    @property
    def advice(self) -> Any:
        return ADVICE.get(HoldReason(self.hold_reason), "") if self.hold_reason else ""


class BalanceReading(models.Model):
    """One answer of `GET /balance`: rupees, and rupees per part for each operator."""

    gateway = models.ForeignKey(
        Gateway,
        on_delete=models.PROTECT,
        related_name="readings",
        verbose_name=_("connection to Sociair"),
    )
    balance = models.DecimalField(_("balance"), max_digits=14, decimal_places=4)
    ntc_rate = models.DecimalField(_("NTC rate"), max_digits=10, decimal_places=4)
    ncell_rate = models.DecimalField(_("Ncell rate"), max_digits=10, decimal_places=4)
    smartcell_rate = models.DecimalField(_("Smart Cell rate"), max_digits=10, decimal_places=4)
    # The balance is that of some moment between the two.
    asked_at = models.DateTimeField(_("requested"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), default=timezone.now)

    class Meta:
        verbose_name = _("balance reading")
        verbose_name_plural = _("balance readings")
        ordering = ["-id"]
        get_latest_by = "id"
        indexes = [
            models.Index(fields=["gateway", "-id"], name="reading_latest"),
            models.Index(fields=["read_at"], name="reading_when"),
        ]

    def __str__(self) -> str:
        at = formats.moment(timezone.localtime(self.read_at))
        return f"{formats.rupees(self.balance)} ({at})"

    @property
    def rates(self) -> dict[Operator, Decimal]:
        """Rupees per part; operators without a rate of Sociair's are not in it."""
        return {
            Operator.NTC: self.ntc_rate,
            Operator.NCELL: self.ncell_rate,
            Operator.SMARTCELL: self.smartcell_rate,
        }
