"""The pages of one campaign: overview, requests, recipients, who was left out."""

import uuid
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch, Q
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from messaging.forms.history import BatchesForm, CampaignRecipientsForm
from messaging.models import (
    PAUSABLE_STATES,
    RESUMABLE_STATES,
    Batch,
    Campaign,
    CampaignState,
    LeftOut,
    Recipient,
    SentMessage,
)
from messaging.services import history
from messaging.services.audience import letters
from messaging.services.campaigns import (
    changed_numbers,
    follow_ups,
    quiet_days,
    refused_people,
    resend,
    rights,
)
from messaging.services.decisions import bill_checks
from messaging.services.decisions.settlement import undecided_with_calls
from messaging.services.gateway import holds
from messaging.services.money import balance, new_prices, prices
from messaging.views.freshness import recent_reading
from messaging.views.lookups import handed_over_campaign, visible_campaign
from sociair_portal.common.identity import refreshes_itself
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import page_by_key

_UNDECIDED_SHOWN: Final = 20
_REFUSALS_SHOWN: Final = 3
_EVENTS_SHOWN: Final = 50
_CALLS_SHOWN: Final = 20
_RAW_SHOWN: Final = 4000  # characters of an answer; the admin has all of it
_BATCHES_A_PAGE: Final = 20


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """The overview: progress, what needs a decision, and what has happened so far."""
    found = visible_campaign(request, pk)
    if found.state == CampaignState.DRAFT:
        return redirect(found)
    return render(request, "messaging/campaign/campaign.html", _live_context(request, found))


@refreshes_itself
@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures again; the whole overview, if the state has changed; 204, if nothing has."""
    found = handed_over_campaign(request, pk)
    seen, now = request.GET.get("seen", ""), _seen(found)
    if seen == now:
        return HttpResponse(status=204)
    if seen.partition("/")[0] == now.partition("/")[0]:
        context = {"campaign": found, "seen": now}
        return render(request, "messaging/campaign/_progress.html", context)
    everything = render(request, "messaging/campaign/_live.html", _live_context(request, found))
    return reswap(retarget(everything, "#live"), "outerHTML")


def _seen(campaign: Campaign) -> str:
    """A mark that changes with whatever the progress shows.

    Before its first slash stands what the rest of the page shows: the state, and what may change
    the sum on a button.
    """
    held = campaign.gateway.hold_kind if campaign.gateway.is_held else ""
    counts = (str(number) for _state, _label, number in campaign.counts)
    waits = f"{campaign.waits_for_balance}{campaign.gateway.balance_error}"
    return "/".join([_state_and_rates(campaign), held, waits, str(campaign.total), *counts])


def _state_and_rates(campaign: Campaign) -> str:
    if campaign.state not in RESUMABLE_STATES:
        return campaign.state
    reading = balance.latest(campaign.gateway)
    return " ".join([campaign.state, *map(str, reading.rates.values() if reading else [])])


def _live_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    may_resume = campaign.state in RESUMABLE_STATES
    is_elsewhere = campaign.gateway != holds.current_gateway()
    check = bill_checks.check(campaign)
    return {
        "campaign": campaign,
        "tab": "overview",
        "seen": _seen(campaign),
        "is_elsewhere": is_elsewhere,
        "is_controlled": rights.may_control(request.user, campaign),
        "may_pause": campaign.state in PAUSABLE_STATES,
        "may_resume": may_resume,
        "bill": new_prices.bill_of(campaign, recent_reading(campaign.gateway))
        if may_resume and not is_elsewhere
        else None,
        "must_decide": follow_ups.waits_for_a_decision(campaign),
        "day_off": quiet_days.name_at(campaign.scheduled_for)
        if campaign.state == CampaignState.SCHEDULED
        else "",
        "stale_day": letters.stale_day(campaign),
        "at_old_numbers": changed_numbers.of_campaign(campaign),
        "may_follow": follow_ups.can_be_followed(campaign),
        "undecided": undecided_with_calls(campaign)[:_UNDECIDED_SHOWN]
        if campaign.unconfirmed
        else [],
        **(_refusal_context(campaign) if campaign.refused else {}),
        "counts_differ": check.lines,
        "gap": check.gap,
        "cause_of_counts": check.cause_of_counts(),
        "cause_of_gap": check.cause_of_gap(campaign),
        "events": campaign.events.select_related("by").order_by("-id")[:_EVENTS_SHOWN],
        "followed_by": campaign.followed_by.exclude(state=CampaignState.DRAFT).order_by("id")[
            :_EVENTS_SHOWN
        ],
    }


def _refusal_context(campaign: Campaign) -> dict[str, Any]:
    """Why some were refused, and what sending again costs where the balance was too low."""
    context: dict[str, Any] = {"refusals": refused_people.refusals(campaign)[:_REFUSALS_SHOWN]}
    people = refused_people.refused_for_balance(campaign)
    if not people.exists():
        return context
    if (reading := recent_reading(campaign.gateway)) is not None:
        rates = prices.rates_now(campaign, reading)
        context["again"] = resend.price_again(people, rates)
    return {
        **context,
        "refused_for_balance": people.count(),
        "refused_words": refused_people.words_of_refusal(campaign),
        "again_uuid": uuid.uuid4(),
    }


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def recipients(request: HttpRequest, pk: int) -> HttpResponse:
    """Each recipient, by number."""
    found = handed_over_campaign(request, pk)
    search = CampaignRecipientsForm(searched(request))
    rows = Recipient.objects.filter(campaign=found).select_related("batch")
    if not search.is_valid():
        rows = rows.none()
    if state := search.cleaned_data.get("state"):
        rows = rows.filter(state=state)
    if words := search.cleaned_data.get("q"):
        numbers = history.numbers_like(words)
        rows = rows.filter(Q(name__icontains=words) if numbers is None else numbers)
    page = page_by_key(rows, order=["mobile"], at=request.GET.get("page", ""))
    context = {
        "campaign": found,
        "tab": "recipients",
        "search": search,
        "page": page,
        "shows_texts": "{" in found.text,
    }
    return render(request, "messaging/campaign/recipients.html", context)


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def batches(request: HttpRequest, pk: int) -> HttpResponse:
    """Each request to Sociair with its attempts and answers."""
    found = handed_over_campaign(request, pk)
    calls = SentMessage.objects.defer("raw")
    if request.user.has_perm("messaging.settle_campaign"):  # whoever decides may read the answers
        calls = calls.annotate(beginning=Substr("raw", 1, _RAW_SHOWN))
    rows = Batch.objects.filter(campaign=found).prefetch_related(
        Prefetch("calls", calls.order_by("-attempt")[:_CALLS_SHOWN], to_attr="last_calls")
    )
    search = BatchesForm(searched(request))
    if not search.is_valid():
        rows = rows.none()
    if state := search.cleaned_data.get("state"):
        rows = rows.filter(state=state)
    page = page_by_key(rows, order=["id"], at=request.GET.get("page", ""), size=_BATCHES_A_PAGE)
    context = {"campaign": found, "tab": "batches", "search": search, "page": page}
    return render(request, "messaging/campaign/batches.html", context)


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def left_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Each entry that was left out, and why."""
    found = handed_over_campaign(request, pk)
    rows = LeftOut.objects.filter(campaign=found)
    page = page_by_key(rows, order=["id"], at=request.GET.get("page", ""))
    context = {"campaign": found, "tab": "left_out", "page": page}
    return render(request, "messaging/campaign/left_out.html", context)
