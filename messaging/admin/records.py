"""The records in the admin: to be searched and read, never to be changed."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_mobile, shown_text
from messaging.admin.lists import (
    Days,
    OfCampaigns,
    RecordAdmin,
    RecordsOfNumbers,
    StatusFilter,
    bounded,
    first_of,
)
from messaging.models import (
    BalanceReading,
    Batch,
    Campaign,
    Event,
    Gateway,
    LeftOut,
    Machine,
    MessageTemplate,
    Recipient,
    RecipientTable,
    SentMessage,
)
from messaging.models.campaign import visible_to
from messaging.services.audience import visible_tables


@admin.register(Campaign)
class CampaignAdmin(RecordsOfNumbers):
    list_display = [
        "titled",
        "state",
        "created_by",
        "sent_at",
        "total",
        "accepted",
        "refused",
        "unconfirmed",
        "cost",
    ]
    list_filter = [Days, "state", "gateway", "is_large", "is_test", "is_invitation"]
    list_select_related = ["created_by"]
    # `chosen` has the audience in words.
    for_the_portal = frozenset(
        {
            *("audience", "fingerprint", "signed_people", "people_mark", "again_of"),
            *("form_uuid", "version", "rules", "request_id", "prepared_up_to"),
        }
    )
    search_fields = ["text", "own_title"]
    search_help_text = bounded(_("Part of the text or title, or the number of a recipient."))
    moment = "sent_at"

    @admin.display(description=_("title"))
    def titled(self, campaign: Campaign) -> str:
        return campaign.title

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Nobody's drafts but the user's own: not even that there are others."""
        return super().get_queryset(request).filter(visible_to(request.user.pk))

    def of_numbers(self, queryset: QuerySet[Any], numbers: Q) -> QuerySet[Any]:
        return queryset.filter(pk__in=first_of(numbers).values("campaign"))


@admin.register(Batch)
class BatchAdmin(OfCampaigns, RecordsOfNumbers):
    list_display = [
        "__str__",
        "campaign",
        "state",
        "outcome",
        "size",
        "parts",
        "cost",
        "claimed_at",
    ]
    list_filter = [Days, "state", "outcome"]
    list_select_related = ["campaign"]
    for_the_portal = frozenset({"code_key", "link_key"})
    search_fields = ["text"]
    search_help_text = bounded(_("Part of the text, or a number in the request."))

    def of_numbers(self, queryset: QuerySet[Any], numbers: Q) -> QuerySet[Any]:
        return queryset.filter(pk__in=first_of(numbers).values("batch"))


@admin.register(SentMessage)
class SentMessageAdmin(RecordsOfNumbers):
    list_display = ["batch", "attempt", "outcome", "status", "error", "words", "cost", "started_at"]
    list_filter = [Days, "outcome", StatusFilter]
    list_select_related = ["batch"]
    search_fields = ["words", "error"]
    search_help_text = bounded(
        _("Part of Sociair's words or of a network error, or a number in the request.")
    )
    moment = "started_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("raw", "numbers")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The answer as it came is for who settles; others know what it means."""
        may_read = request.user.has_perm("messaging.settle_campaign")
        return [
            "raw_answer" if name == "raw" else name
            for name in super().get_fields(request, obj)
            if name != "raw" or may_read
        ]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """An address that filters by the answer would tell what is in it."""
        return lookup.partition("__")[0] != "raw" and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("raw answer"))
    def raw_answer(self, row: SentMessage) -> str:
        return shown_text(row.why_not_kept or row.raw)

    def of_numbers(self, queryset: QuerySet[Any], numbers: Q) -> QuerySet[Any]:
        return queryset.filter(batch__in=first_of(numbers).values("batch"))


@admin.register(Recipient)
class RecipientAdmin(OfCampaigns, RecordsOfNumbers):
    list_display = ["number", "name", "operator", "state", "campaign", "batch"]
    list_filter = [Days, "state", "operator"]
    list_select_related = ["campaign", "batch"]
    search_fields = ["name"]
    search_help_text = bounded(_("Part of a name, or the start of a number (five digits or more)."))

    @admin.display(description=_("mobile number"))
    def number(self, row: Recipient) -> str:
        return shown_mobile(row.mobile)


@admin.register(LeftOut)
class LeftOutAdmin(OfCampaigns):
    list_display = ["entry", "reason", "words", "campaign"]
    list_filter = [Days, "reason"]
    list_select_related = ["campaign"]
    search_fields = ["entry", "words"]
    search_help_text = bounded(_("Part of the entry, or of why it was left out."))


@admin.register(RecipientTable)
class RecipientTableAdmin(RecordAdmin):
    """Which tables were given; a random id has no order, so the newest come by their day."""

    list_display = ["file_name", "size", "unreadable", "created_at", "created_by"]
    for_the_portal = frozenset({"columns", "odd_cells", "number_key", "name_key"})
    list_select_related = ["created_by"]
    ordering = ["-created_at"]
    search_fields = ["file_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """None that stands in a colleague's draft alone."""
        found = super().get_queryset(request)
        return found.filter(visible_tables.visible_to(request.user.pk))


@admin.register(MessageTemplate)
class MessageTemplateAdmin(RecordAdmin):
    """Templates are written in the portal, where a text is checked."""

    list_display = ["name", "text", "created_by", "changed_at", "changed_by", "used_at"]
    list_select_related = ["created_by", "changed_by"]
    search_fields = ["name", "text"]


@admin.register(BalanceReading)
class BalanceReadingAdmin(RecordAdmin):
    list_display = ["read_at", "balance", "ntc_rate", "ncell_rate", "smartcell_rate", "gateway"]
    list_filter = [Days, "gateway"]
    list_select_related = ["gateway"]
    search_fields = ["gateway__base_url"]
    moment = "read_at"


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ["at", "kind", "campaign", "gateway", "by", "words"]
    list_filter = [Days, "kind"]
    list_select_related = ["campaign", "gateway", "by"]
    search_fields = ["words"]
    search_help_text = bounded(_("Part of the reason."))
    moment = "at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """None of a colleague's draft, whose text would stand beside it."""
        return super().get_queryset(request).filter(visible_to(request.user.pk, of="campaign__"))


@admin.register(Gateway)
class GatewayAdmin(RecordAdmin):
    list_display = ["base_url", "hold_kind", "hold_reason", "held_until", "calls", "swept_at"]
    list_filter = ["hold_kind"]
    search_fields = ["base_url"]
    for_the_portal = frozenset(
        {
            *("installation", "era", "era_began_at", "cleared", "silent_since", "looked_at_call"),
            *("bills_mark", "balance_asked_at", "balance_error_at"),
        }
    )


@admin.register(Machine)
class MachineAdmin(RecordAdmin):
    """Machines that send, and those that are not waited for any more."""

    list_display = ["name", "joined_at", "seen_at", "vouched_at", "retired_at", "gateway"]
    list_filter = ["gateway"]
    list_select_related = ["gateway"]
    for_the_portal = frozenset({"key", "agreed"})
    search_fields = ["name"]
