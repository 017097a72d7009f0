"""Campaigns: what someone sent once, to whom, in which state, and how far it has come."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_text
from messaging.models.campaign_states import OPEN_STATES, CampaignState, RecipientState
from messaging.models.gateway import Gateway
from messaging.models.table import RecipientTable
from messaging.models.template import MessageTemplate
from messaging.text.placeholders import outline
from sociair_portal.common.request_ids import current_id
from sociair_portal.common.sentence_fields import SentenceField

TEXT_REMOVED = _("The text has been removed.")


def visible_to(user: int | None, *, of: str = "") -> Q:
    """The campaigns that a user may see: what was handed over, and the user's own drafts.

    A draft is private work: nobody else's, no manager's and no superuser's. `of` is the way to the
    campaign from another row.
    """
    is_own = Q(**{f"{of}created_by": user, f"{of}created_by__isnull": False})
    return ~Q(**{f"{of}state": CampaignState.DRAFT}) | is_own


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: int | None) -> "CampaignQuerySet":
        return self.filter(visible_to(user))

    def handed_over(self) -> "CampaignQuerySet":
        """Everything but drafts."""
        return self.exclude(state=CampaignState.DRAFT)

    def under_way(self) -> "CampaignQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def drafts_of(self, user: int | None) -> "CampaignQuerySet":
        """A user's own drafts, the last saved first."""
        mine = self.filter(
            state=CampaignState.DRAFT, created_by=user, created_by__isnull=False, is_test=False
        )
        return mine.order_by("-saved_at", "-id")

    def claimable(self, gateway: Gateway | int) -> "CampaignQuerySet":
        """Those that may have something to send now, the best first: small ones, then oldest."""
        sending = self.filter(gateway=gateway, state=CampaignState.SENDING, pending__gt=0)
        return sending.filter(doubted_at__isnull=True).order_by("is_large", "id")


class Campaign(models.Model):
    """One text (with its placeholders) to one audience, sent once."""

    form_uuid = models.UUIDField(_("form ID"), unique=True, editable=False)
    gateway = models.ForeignKey(
        Gateway,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("connection to Sociair"),
    )
    text = models.TextField(_("message"))
    # What colleagues call it; its text, where they have said nothing. Forms take fewer characters:
    # what stands for a number that was removed is longer than the number.
    own_title = models.CharField(_("title"), max_length=255, blank=True, default="", db_default="")
    audience = models.JSONField(
        _("chosen recipients"), help_text=_("Groups, contacts and numbers, as they were chosen.")
    )
    # The audience in words, with the names of groups as they were at the hand-over.
    chosen = SentenceField(_("recipients in words"), blank=True)
    fingerprint = models.CharField(_("fingerprint of text and recipients"), max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="campaigns",
        verbose_name=_("sender"),
    )
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    # The moment whose day its letters say.
    written_for = models.DateTimeField(_("sending date in the text"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent or scheduled"), null=True, blank=True)
    # What the worker does for it goes under this name in the log.
    request_id = models.CharField(_("log ID"), max_length=12, default=current_id, blank=True)
    resumed_at = models.DateTimeField(_("sending began or resumed"), null=True, blank=True)
    # When a batch of it last came to an end, of whatever kind.
    answered_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=9, choices=CampaignState.choices, default=CampaignState.DRAFT
    )
    # Since when it is not known what of it went out: the database had been set back.
    doubted_at = models.DateTimeField(_("in doubt since"), null=True, blank=True, editable=False)
    pause_reason = SentenceField(_("reason for the pause"), blank=True)
    follows = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("sends again"),
    )
    # Which batches of that campaign someone signed to be sent again (`id_runs.to_words`), and how
    # that person knows that they did not go out; only where the worker copies them.
    again_of = models.TextField(_("requests to send again"), blank=True, editable=False)
    again_why = models.TextField(_("reason for sending again"), blank=True, editable=False)
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("template"),
    )
    table = models.ForeignKey(
        RecipientTable,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("spreadsheet"),
    )
    # A test, a code or an invitation: sent by a button of its own, and never again from here.
    is_test = models.BooleanField(_("test message"), default=False)
    is_invitation = models.BooleanField(_("invitation"), default=False)
    # A draft that goes on in Compose: it cannot be signed for yet.
    is_unfinished = models.BooleanField(_("still being written"), default=False)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)
    # Rises with a draft's saves, so that a window knows whether another has saved since.
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    is_large = models.BooleanField(_("large send"), default=False)
    prepared_up_to = models.CharField(_("prepared up to"), max_length=10, blank=True)

    # As last signed. What went out before that keeps its own (`Batch.rates`).
    rates = models.JSONField(_("rates at review"), default=dict, help_text=_("Rupees per part."))
    # The rules that counted parts and operators when it was signed (`fingerprint_of_rules`).
    rules = models.CharField(_("counting rules"), max_length=16, blank=True, editable=False)
    reviewed_cost = models.DecimalField(
        _("cost at review"), max_digits=14, decimal_places=4, default=0
    )
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=4, default=0)
    # Of its calls, each added by the transaction that records its answer.
    spent = models.DecimalField(
        _("spent"), max_digits=14, decimal_places=4, default=0, db_default=0
    )
    # Marks of the people signed for and of those frozen so far; they differ if the people do.
    signed_people = models.CharField(
        _("people at review"), max_length=60, blank=True, editable=False
    )
    people_mark = models.BigIntegerField(_("people prepared"), default=0, editable=False)

    # Recipients by state, kept by whatever changes one; `pending` is queued or sending.
    total = models.PositiveIntegerField(_("recipients"), default=0)
    pending = models.PositiveIntegerField(_("pending"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    unconfirmed = models.PositiveIntegerField(_("not known"), default=0)
    not_sent = models.PositiveIntegerField(_("not sent"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    opted_out = models.PositiveIntegerField(_("opted out"), default=0)

    objects = CampaignQuerySet.as_manager()

    # What `prepared_up_to` says when no number is left to freeze.
    PREPARED = "prepared"

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        get_latest_by = "id"
        permissions = [
            ("send_campaign", _("Can compose and send")),
            ("settle_campaign", _("Can decide whether messages went out")),
            ("control_campaign", _("Can pause, reschedule and cancel colleagues' messages")),
        ]
        indexes = [
            models.Index(
                fields=["gateway", "is_large", "id"],
                name="campaign_claimable",
                condition=Q(state="sending"),
            ),
            models.Index(
                fields=["scheduled_for"], name="campaign_due", condition=Q(state="scheduled")
            ),
            models.Index(fields=["state", "id"], name="campaign_by_state"),
            models.Index(fields=["sent_at"], name="campaign_handed_over"),
            models.Index(fields=["id"], name="campaign_undecided", condition=Q(unconfirmed__gt=0)),
            models.Index(
                fields=["id"], name="campaign_in_doubt", condition=Q(doubted_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="campaign_adds_up",
                condition=Q(
                    total=F("pending")
                    + F("accepted")
                    + F("refused")
                    + F("unconfirmed")
                    + F("not_sent")
                    + F("cancelled")
                    + F("opted_out")
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        if self.is_unfinished:
            return f"{reverse('messaging:compose')}?draft={self.pk}"
        if self.state == CampaignState.DRAFT:
            return reverse("messaging:review", args=[self.pk])
        return reverse("messaging:campaign", args=[self.pk])

    @property
    def title(self) -> str:
        """Its own title as whoever looks may see it; else its text's beginning, on one line,
        without the values that differ.
        """
        if self.own_title:
            return shown_text(self.own_title)
        line = " ".join(outline(self.shown_text).split()) or str(_("No text yet"))
        return line if len(line) <= 60 else f"{line[:59].rstrip()}…"

    @property
    def shown_text(self) -> str:
        """Its text, or what is said of one that was removed; empty for a draft without any."""
        if self.text or self.state == CampaignState.DRAFT:
            return self.text
        return str(TEXT_REMOVED)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def waits_for_balance(self) -> bool:
        """Whether its time has come, and it begins when Sociair has told the prices."""
        is_due = self.scheduled_for is not None and self.scheduled_for <= timezone.now()
        return self.state == CampaignState.SCHEDULED and is_due

    @property
    def planned_for(self) -> datetime | None:
        """The time that it is scheduled for, while nothing of it has gone out."""
        has_begun = self.accepted or self.refused or self.unconfirmed
        return None if has_begun else self.scheduled_for

    @property
    def planned_cost(self) -> Decimal:
        """Rupees; while it is being prepared, what its review said."""
        return self.cost if self.prepared_up_to == self.PREPARED else self.reviewed_cost

    @property
    def counts(self) -> list[tuple[str, Any, int]]:
        """What its page shows: state, label and number; what is pending counts as queued."""
        return [
            (RecipientState.QUEUED.value, _("Queued or sending"), self.pending),
            *(
                (state.value, state.label, getattr(self, state.value))
                for state in RecipientState
                if state not in (RecipientState.QUEUED, RecipientState.SENDING)
            ),
        ]

    @property
    def ended(self) -> int:
        """How many of its recipients do not wait any more."""
        return self.total - self.pending

    @property
    def progress(self) -> int:
        """How many of its recipients do not wait any more, in per cent."""
        return 100 * self.ended // self.total if self.total else 0
