"""Looking back: campaigns, and recipients."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging import history
from messaging.forms import CampaignHistoryForm, RecipientHistoryForm
from sociair_portal.paging import page_by_key


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def campaigns(request: HttpRequest) -> HttpResponse:
    form = CampaignHistoryForm(request.GET)
    rows = history.campaigns(form.wanted)
    page = page_by_key(rows, order=["-id"], at=request.GET.get("page", ""))
    context = {"form": form, "page": page, "tab": "campaigns"}
    return render(request, "messaging/history.html", context)


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def recipients(request: HttpRequest) -> HttpResponse:
    form = RecipientHistoryForm(request.GET)
    back_from = request.GET.get("back_from", "")
    found = history.recipients(
        form.wanted,
        at=request.GET.get("page", ""),
        back_from=int(back_from) if back_from.isdecimal() else None,
    )
    context = {"form": form, "found": found, "page": found.page, "tab": "recipients"}
    return render(request, "messaging/history_recipients.html", context)
