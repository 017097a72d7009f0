"""Batches, the queue of requests to Sociair, and sent messages, the calls with their answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.phone import Operator
from messaging.answers.outcomes import Outcome
from messaging.models.campaign import TEXT_REMOVED, Campaign
from messaging.models.gateway import Gateway
from messaging.text import codes, links
from sociair_portal.common import formats

OUTCOME_CHOICES = [(outcome.value, outcome.label) for outcome in Outcome]


class BatchState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    PARTLY_REFUSED = "partly_refused", _("Partly refused")
    UNCONFIRMED = "unconfirmed", _("Not known")
    SPLIT = "split", _("Split in two")
    CANCELLED = "cancelled", _("Cancelled")
    SETTLED = "settled", _("Decided")


class Verdict(models.TextChoices):
    """What a person decided about unconfirmed messages."""

    ACCEPTED = "accepted", _("They went out")
    NOT_SENT = "not_sent", _("They did not go out")


class Batch(models.Model):
    """One future `POST /sms`: one text for up to SOCIAIR_BATCH_SIZE numbers."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="batches",
        db_index=False,  # the index by state begins with it
        verbose_name=_("campaign"),
    )
    text = models.TextField(_("message"))
    parts = models.PositiveSmallIntegerField(_("parts"))
    size = models.PositiveIntegerField(_("recipients"))
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4)
    # The rates of its call, if its campaign was signed at other rates later.
    rates = models.JSONField(
        _("rates"), null=True, blank=True, editable=False, help_text=_("Rupees per part.")
    )
    state = models.CharField(
        _("state"), max_length=14, choices=BatchState.choices, default=BatchState.QUEUED
    )
    outcome = models.CharField(
        _("what happened"), max_length=16, choices=OUTCOME_CHOICES, blank=True
    )
    tries = models.PositiveIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(_("sending began"), null=True, blank=True)
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)

    # What a person decided, where Sociair had not told.
    settled_as = models.CharField(_("decision"), max_length=8, choices=Verdict.choices, blank=True)
    settled_at = models.DateTimeField(_("decided"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    settled_why = models.TextField(_("reason for the decision"), blank=True)

    # What the code in its text is made of, if it has one: the text has stars in its place.
    code_key = models.UUIDField(null=True, blank=True, editable=False)
    # The same for the secret of a link.
    link_key = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            models.Index(
                fields=["campaign", "id"], name="batch_queued", condition=Q(state="queued")
            ),
            models.Index(fields=["deadline"], name="batch_in_flight", condition=Q(state="sending")),
            models.Index(
                fields=["deadline"], name="batch_lost", condition=Q(outcome="worker_lost")
            ),
            models.Index(
                fields=["id"],
                name="batch_undecided",
                condition=Q(state__in=["unconfirmed", "partly_refused"]),
            ),
            models.Index(fields=["claimed_at"], name="batch_settled", condition=Q(state="settled")),
            models.Index(fields=["campaign", "state", "id"], name="batch_by_state"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def letter(self) -> str:
        """The text as it goes out, for the call alone: what is shown or kept is `text`."""
        letter = self.text
        for mark, secret in self._masked():
            letter = letter.replace(mark, secret)
        return letter

    @property
    def secrets(self) -> tuple[str, ...]:
        """What stands in its letter and nowhere else: no answer that repeats it is kept."""
        return tuple(secret for _mark, secret in self._masked())

    def _masked(self) -> list[tuple[str, str]]:
        """What stands in the text for each secret, and the secret."""
        ours = settings.SECRET_KEY
        masked = []
        if self.link_key is not None:
            masked.append((links.MARK, links.secret_of(str(self.link_key), secret=ours)))
        if self.code_key is not None:
            masked.append((codes.MARK, codes.code_of(str(self.code_key), secret=ours)))
        return masked

    @property
    def shown_text(self) -> str:
        """Its text, or what is said of one that was removed."""
        return self.text or str(TEXT_REMOVED)

    @property
    def what_happened(self) -> str:
        """One sentence. A batch that became doubtful by a restore has no outcome."""
        if self.state == BatchState.UNCONFIRMED and not self.outcome:
            return str(_("It may have gone out after the backup was made."))
        return str(self.get_outcome_display())


class SentMessage(models.Model):
    """One call of `POST /sms` and its answer; append-only."""

    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="calls", verbose_name=_("request")
    )
    # The batch's gateway again, so that calls since a moment are found without a join.
    gateway = models.ForeignKey(
        Gateway,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("connection to Sociair"),
    )
    attempt = models.PositiveIntegerField(_("attempt"))
    numbers = models.JSONField(_("numbers in the request"), default=list)
    outcome = models.CharField(_("outcome"), max_length=16, choices=OUTCOME_CHOICES)
    words = models.TextField(_("Sociair's words"), blank=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    error = models.CharField(_("network error"), max_length=200, blank=True)
    raw = models.TextField(_("raw answer"), blank=True)
    withheld = models.PositiveIntegerField(
        _("size of an answer that was not kept"), null=True, help_text=_("In bytes.")
    )
    ntc = models.PositiveIntegerField("NTC", null=True)
    ncell = models.PositiveIntegerField("Ncell", null=True)
    smartcell = models.PositiveIntegerField("Smart Cell", null=True)
    other = models.PositiveIntegerField(_("other operators"), null=True)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, default=0)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), default=timezone.now)

    class Meta:
        verbose_name = _("attempt to send")
        verbose_name_plural = _("attempts to send")
        constraints = [
            models.UniqueConstraint(fields=["batch", "attempt"], name="sent_message_once")
        ]
        indexes = [
            models.Index(fields=["-started_at"], name="sent_message_latest"),
            models.Index(fields=["gateway", "started_at"], name="sent_message_since"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}"

    @property
    def took(self) -> float:
        """Seconds from the call's start to its end."""
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def why_not_kept(self) -> str:
        """Why there is no raw answer though one came; empty if there is no such reason."""
        if self.withheld is None:
            return ""
        return _(
            "The answer repeated a secret (the portal's token, or the code or link in the "
            "message), so it was not kept. The portal worked out the outcome first, so it is "
            "as reliable as any other. The answer was %(length)s bytes long."
        ) % {"length": formats.count(self.withheld)}

    @property
    def counts(self) -> dict[Operator, int | None]:
        return {operator: getattr(self, operator.value) for operator in Operator}
