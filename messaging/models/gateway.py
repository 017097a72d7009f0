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

# Moments that lie in the future by up to this much are still believed: clocks are corrected.
CLOCK_TOLERANCE: Final = timedelta(minutes=1)


class HoldKind(models.TextChoices):
    """Who can end a hold: time, a token that works, or a person; each outranks the one before."""

    NONE = "", _("not held")
    TIMED = "timed", _("for a while")
    TOKEN = "token", _("until the token works")
    PERSON = "person", _("until somebody releases it")


class HoldReason(models.TextChoices):
    UNREACHABLE = "unreachable", _("Sociair cannot be reached. Nothing was sent.")
    THROTTLED = "throttled", _("Sociair asked us to slow down. Nothing was sent.")
    TOKEN_REFUSED = "token_refused", _("Sociair refused the token. Nothing was sent.")
    MAY_NOT_SEND = (
        "may_not_send",
        _("Sociair tells the balance with this token, but does not let it send. Nothing was sent."),
    )
    CERTIFICATE = "certificate", _("Sociair's certificate could not be trusted. Nothing was sent.")
    MISCONFIGURED = "misconfigured", _("Sociair does not allow our requests. Nothing was sent.")
    CONTRACT_CHANGED = (
        "contract_changed",
        _("Sociair's answers do not fit its documentation any more."),
    )
    RESTORED = (
        "restored",
        _("The database is older than what was sent from here: a backup has been restored."),
    )
    NOT_SAVED = (
        "not_saved",
        _("An answer of Sociair could not be saved. Its messages may have gone out."),
    )
    RECORD_MISSING = (
        "record_missing",
        _(
            "This machine has no record of what went out, and no other machine is there to ask. "
            "Nothing was sent."
        ),
    )
    MACHINE_SILENT = (
        "machine_silent",
        _(
            "The database was restarted, and a machine that sends has not answered since. It may "
            "know of messages that the database does not. Nothing was sent."
        ),
    )
    UNEXPLAINED = (
        "unexplained",
        _(
            "While no worker was running, the balance changed in a way that this database does not "
            "explain. Messages may have gone out that it does not know."
        ),
    )
    NO_RECORD = (
        "no_record",
        _("This machine cannot keep its record of what it sends. Nothing was sent."),
    )
    UNCONFIRMED = (
        "unconfirmed",
        _("Sociair left two requests in a row, or three of the last ten, without a clear answer."),
    )


# What a person can do about a hold, said beside it.
ADVICE = {
    HoldReason.UNREACHABLE: _("It is tried again by itself; check the internet connection."),
    HoldReason.THROTTLED: _("It goes on by itself."),
    HoldReason.TOKEN_REFUSED: _(
        "Put a valid token into the settings and restart the portal; "
        "sending goes on when Sociair accepts it."
    ),
    HoldReason.MAY_NOT_SEND: _(
        "Ask Sociair what this token may do, or put another one into the settings and restart the "
        "portal; then start sending again."
    ),
    HoldReason.CERTIFICATE: _(
        "Check the address of Sociair and this machine's clock, then start sending again."
    ),
    HoldReason.MISCONFIGURED: _(
        "Check the address of Sociair and what the account may do, then start sending again."
    ),
    HoldReason.CONTRACT_CHANGED: _(
        "Look at the last answers in the admin and ask Sociair, then start sending again."
    ),
    HoldReason.RESTORED: _(
        "What was under way is paused, because it may have gone out since the backup was taken. "
        "What was written since is not here any more: look at Sociair's own list before you write "
        "to the same people. Start sending again, and say of each campaign what went out before it "
        "goes on."
    ),
    HoldReason.RECORD_MISSING: _(
        "If the folder in which the worker keeps its record was moved, put it back and restart the "
        "worker. If it is lost, or a backup was restored: start sending again, and say of each "
        "campaign what went out before it goes on."
    ),
    HoldReason.MACHINE_SILENT: _(
        "Start its worker: sending goes on by itself if nothing is missing. If it is gone for "
        "good, start sending again, and say of each campaign what went out before it goes on."
    ),
    HoldReason.UNEXPLAINED: _(
        "If the account was topped up, and nothing was restored, start sending again. If a backup "
        "or an older copy of this machine was restored, do the same. Either way, say of each "
        "campaign what went out before it goes on. If other programs use the account, "
        "whoever runs the portal can tell it so."
    ),
    HoldReason.NOT_SAVED: _(
        "Look at the database and at the disk it is on, then start sending again. An answer "
        "that waits in a file is saved by itself; what is lost is shown under Needs a decision."
    ),
    HoldReason.NO_RECORD: _(
        "It is tried again by itself; make room on the disk, and let the worker write to the "
        "folder in which it keeps its record."
    ),
    HoldReason.UNCONFIRMED: _(
        "Look at the balance and at the campaigns' unconfirmed messages, then start sending again."
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
        _("calls"), default=0, help_text=_("How many calls were ever given a slot.")
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
        _("calls that the database does not know"), default=0, editable=False
    )
    # Rises with whatever can change what the check of a bill found (`services/gateway/bills.py`).
    bills_mark = models.BigIntegerField(default=0, db_default=0, editable=False)
    next_slot = models.DateTimeField(_("next free moment"), null=True, editable=False)
    active_at = models.DateTimeField(_("last slot given"), null=True, editable=False)
    swept_at = models.DateTimeField(_("worker last seen"), null=True, editable=False)
    wake_at = models.DateTimeField(_("worker wakes at"), null=True, editable=False)

    hold_kind = models.CharField(_("hold"), max_length=6, choices=HoldKind.choices, blank=True)
    hold_reason = models.CharField(_("why"), max_length=16, choices=HoldReason.choices, blank=True)
    hold_words = models.TextField(_("Sociair's words"), blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    held_until = models.DateTimeField(_("held until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    unconfirmed = models.PositiveIntegerField(_("unconfirmed in a row"), default=0)
    # The last call when somebody looked; unclear calls up to it count no more.
    looked_at_call = models.BigIntegerField(default=0, editable=False)
    token_refusals = models.PositiveIntegerField(_("token refused in a row"), default=0)

    balance_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    balance_error = models.TextField(_("why the balance could not be read"), blank=True)
    balance_error_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        permissions = [("release_gateway", _("Can release a gateway that is held"))]

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
        Gateway, on_delete=models.PROTECT, related_name="readings", verbose_name=_("gateway")
    )
    balance = models.DecimalField(_("balance"), max_digits=14, decimal_places=4)
    ntc_rate = models.DecimalField(_("NTC rate"), max_digits=10, decimal_places=4)
    ncell_rate = models.DecimalField(_("Ncell rate"), max_digits=10, decimal_places=4)
    smartcell_rate = models.DecimalField(_("Smart Cell rate"), max_digits=10, decimal_places=4)
    # The balance is that of some moment between the two.
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
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
