"""The dashboard: the balance, campaigns under way, what needs a decision."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from messaging import tasks
from messaging.models import BalanceReading, Campaign, CampaignState, Gateway
from messaging.services.campaigns.first_day import FirstDay, first_day
from messaging.services.gateway import holds
from messaging.services.money import balance
from sociair_portal.common.actors import user_of
from sociair_portal.common.identity import refreshes_itself

_DRAFTS_SHOWN: Final = 5
_FIRST_DAY_OVER: Final = "first_day_over"
_WAIT: Final = timedelta(seconds=15)  # how long the card looks for a new reading
# The worker takes a reading of this age for a new one.
_SAME: Final = timedelta(seconds=5)


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """Lists are read only as far as the template shows them."""
    campaigns = Campaign.objects.order_by("-id").select_related("created_by")
    context = {
        "under_way": _under_way(),
        "undecided": campaigns.filter(unconfirmed__gt=0)[:5],
        "ended": campaigns.filter(state__in=[CampaignState.DONE, CampaignState.CANCELLED])[:6],
        "drafts": Campaign.objects.drafts_of(request.user.pk)[: _DRAFTS_SHOWN + 1],
        "drafts_shown": _DRAFTS_SHOWN,
        "first_day": _first_day(request),
        **_balance_context(holds.current_gateway()),
    }
    return render(request, "messaging/dashboard/dashboard.html", context)


def _first_day(request: HttpRequest) -> FirstDay | None:
    """The first steps, until somebody has sent a message; a session asks no more after that."""
    user = user_of(request.user)
    if user is None or not user.has_perm("messaging.send_campaign"):
        return None
    if request.session.get(_FIRST_DAY_OVER):
        return None
    found = first_day(user)
    if found.is_over:
        request.session[_FIRST_DAY_OVER] = True
        return None
    return found


def _under_way() -> QuerySet[Campaign]:
    return Campaign.objects.under_way().select_related("created_by").order_by("-id")[:10]


@refreshes_itself
@require_GET
@permission_required("messaging.view_campaign", raise_exception=True)
def under_way(request: HttpRequest) -> HttpResponse:
    """The campaigns under way, again; when the last has ended, the whole page."""
    found = list(_under_way())
    if not found:
        return HttpResponseClientRefresh()
    return render(request, "messaging/dashboard/_under_way.html", {"under_way": found})


@require_http_methods(["GET", "POST"])
def balance_widget(request: HtmxRequest) -> HttpResponse:
    """The balance card. A POST asks for a new reading; the card then looks until it is there."""
    is_asked = request.method == "POST"
    if is_asked:
        tasks.kick_balance()
    if not request.htmx:
        if is_asked:
            messages.info(request, _("The balance is being read. Refresh this page in a moment."))
        return redirect("messaging:dashboard")
    now = timezone.now()
    wait_until = now + _WAIT if is_asked else _moment(request.GET.get("until", ""))
    context = {**_balance_context(holds.current_gateway()), "oob": True}
    if wait_until is not None and not _answered(context, wait_until - _WAIT - _SAME):
        if now < wait_until and not is_asked:
            return HttpResponse(status=204)  # the card goes on looking
        context["wait_until"] = wait_until if is_asked else None
        context["is_late"] = not is_asked
    return render(request, "messaging/dashboard/_balance.html", context)


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _answered(context: dict[str, Any], since: datetime) -> bool:
    reading, gateway = context["reading"], context["gateway"]
    times = (reading and reading.read_at, gateway.balance_error_at)
    return any(at is not None and at >= since for at in times)


def _balance_context(gateway: Gateway) -> dict[str, Any]:
    reading = balance.latest(gateway)
    return {
        "gateway": gateway,
        "reading": reading,
        "committed": balance.committed(gateway),
        "buys": _buys(reading) if reading else None,
    }


def _buys(reading: BalanceReading) -> int | None:
    """How many one-part messages the balance pays for at the highest rate."""
    highest = max(reading.rates.values())
    if not highest:
        return None
    return math.floor(max(reading.balance, Decimal(0)) / highest)
