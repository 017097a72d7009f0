"""History: lists of campaigns, recipients, drafts, and the messages to a contact."""

from typing import Final

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from contacts.models import Contact, OptOut
from messaging.forms.history import CampaignHistoryForm, RecipientHistoryForm
from messaging.forms.ids import ids_of
from messaging.models import Campaign, Recipient
from messaging.services import history
from sociair_portal.audit.record import record_look
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import Page, page_by_key

_SHARING_SHOWN: Final = 5


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def campaigns(request: HttpRequest) -> HttpResponse:
    search = CampaignHistoryForm(searched(request))
    rows = history.campaigns(search.wanted) if search.is_valid() else Campaign.objects.none()
    page = page_by_key(rows, order=["-id"], at=request.GET.get("page", ""))
    context = {"search": search, "page": page, "tab": "campaigns"}
    return render(request, "messaging/history/campaigns.html", context)


@require_safe
@permission_required("messaging.send_campaign", raise_exception=True)
def drafts(request: HttpRequest) -> HttpResponse:
    """The user's own drafts, the last saved first."""
    rows = Campaign.objects.drafts_of(request.user.pk)
    page = page_by_key(rows, order=["-saved_at", "-id"], at=request.GET.get("page", ""))
    return render(request, "messaging/history/drafts.html", {"page": page})


@require_safe
@permission_required(["messaging.view_campaign", "contacts.view_contact"], raise_exception=True)
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """What a contact was sent, at any number, and what the number was sent; the newest first."""
    found = get_object_or_404(Contact, pk=pk)
    sent = Recipient.objects.filter(Q(mobile=found.mobile) | Q(contact=found))
    rows = sent.select_related("campaign__created_by", "batch")
    page = page_by_key(rows, order=["-id"], at=request.GET.get("page", ""))
    if request.method == "GET":
        record_look(found, by=request.user)
    others = Contact.objects.filter(mobile=found.mobile).exclude(pk=pk).order_by("name", "id")
    context = {
        "contact": found,
        "page": page,
        "opt_out": OptOut.objects.filter(mobile=found.mobile).select_related("created_by").first(),
        "sharing": others[:_SHARING_SHOWN],
    }
    return render(request, "messaging/history/contact.html", context)


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def recipients(request: HttpRequest) -> HttpResponse:
    search = RecipientHistoryForm(searched(request))
    back_from = request.GET.get("back_from", "")
    if search.is_valid():
        found = history.recipients(
            search.wanted,
            at=request.GET.get("page", ""),
            back_from=next(iter(ids_of([back_from])), None),
        )
    else:
        found = history.FoundRecipients(Page([]))
    context = {"search": search, "found": found, "page": found.page, "tab": "recipients"}
    return render(request, "messaging/history/recipients.html", context)
