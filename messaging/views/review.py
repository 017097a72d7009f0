"""The review: the receipt before a send, and the send itself."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from messaging import tasks
from messaging.forms.review import LaterForm
from messaging.models import BalanceReading, Campaign, CampaignState, PeopleCount
from messaging.services.audience import letters
from messaging.services.audience.choice import Audience, GroupGone
from messaging.services.audience.known_keys import known_keys
from messaging.services.audience.odd_cells import odd_cells
from messaging.services.audience.other_days import other_days
from messaging.services.campaigns import (
    drafts,
    guards,
    handover,
    refused_people,
    review_counts,
)
from messaging.services.campaigns.handover import Reviewed
from messaging.services.campaigns.quiet_times import QuietTimes
from messaging.services.campaigns.quiet_words import why_not_now
from messaging.services.campaigns.review import Review, review_of
from messaging.services.gateway import doubts, holds, machines
from messaging.services.money import affordability, balance
from messaging.text.characters import has_link
from messaging.text.validity import InvalidText
from messaging.views.freshness import recent_reading
from messaging.views.large_sends import must_confirm
from messaging.views.lookups import own_draft, visible_campaign
from messaging.views.trial import test_context
from messaging.views.typed_times import review_with_time, typed_time
from sociair_portal.common.identity import refreshes_itself, to_confirm

# How often the open page looks again (seconds): for a balance, after Sociair said no, for changes.
_WAITING: Final = 1
_WAITING_LONGER: Final = 5
_READY: Final = 25


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """What the draft will reach and cost; a POST signs for it."""
    campaign = visible_campaign(request, pk)
    if campaign.state != CampaignState.DRAFT:
        return redirect(campaign)
    if campaign.is_unfinished:
        return redirect(campaign)  # to go on writing
    if request.method == "POST":
        return _send(request, campaign)
    context = _receipt_context(request, campaign, recent_reading(campaign.gateway), QuietTimes())
    context["to_fill"] = [said.extra_tags for said in messages.get_messages(request)]
    return render(request, "messaging/review/review.html", context)


@refreshes_itself
@require_GET
@permission_required("messaging.send_campaign", raise_exception=True)
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt again, while its page is open; 204 if nothing has changed."""
    campaign = visible_campaign(request, pk)
    if campaign.state != CampaignState.DRAFT:
        return HttpResponseClientRedirect(campaign.get_absolute_url())
    reading, quiet = recent_reading(campaign.gateway), QuietTimes()
    counted = request.GET.get("counted")
    if counted is None and request.GET.get("seen") == _seen(campaign, reading, quiet):
        return HttpResponse(status=204)
    context = _receipt_context(request, campaign, reading, quiet)
    count = context.get("count")  # None if there is a receipt, or nothing to count
    if counted is None or count is None or context["standing"] != request.GET.get("standing"):
        answer = render(request, "messaging/review/_receipt.html", context)
        return reswap(retarget(answer, "#receipt"), "outerHTML")
    if counted == str(count.counted):
        return HttpResponse(status=204)
    return render(request, "messaging/review/_counting.html", context)


def _receipt_context(
    request: HttpRequest, campaign: Campaign, reading: BalanceReading | None, quiet: QuietTimes
) -> dict[str, Any]:
    """What the receipt says, or why there is none yet; `again` is when to look again (seconds)."""
    context: dict[str, Any] = {
        "campaign": campaign,
        "forgotten_calls": doubts.forgotten_calls(campaign.gateway),
    }
    if campaign.gateway != holds.current_gateway():
        return {**context, "is_elsewhere": True}
    if campaign.doubted_at is not None:
        return {**context, "is_doubted": True}
    if campaign.is_unfinished:
        return {**context, "gone": _("This message is still being written.")}
    if reading is None or not balance.is_fresh(reading):
        again = _WAITING_LONGER if campaign.gateway.balance_error else _WAITING
        seen = _seen(campaign, reading, quiet)
        return {**context, "is_waiting": True, "again": again, "seen": seen}
    try:
        count = review_counts.count_of(campaign, reading)
        if count is not None and not count.is_done:
            tasks.kick_count(count)
            return {**context, "count": count, "standing": _standing(count, campaign)}
        if count is None:
            found = review_of(campaign, reading)
        else:
            found = review_counts.review_from(count, campaign, reading)
    except (GroupGone, InvalidText) as wrong:
        return {**context, "gone": str(wrong)}
    why = quiet.why()
    reviewed = Reviewed.of(campaign, found, why.mark)
    return {
        **context,
        "review": found,
        "missing": -found.balance_after,
        "refused_words": refused_people.words_of_refusal(campaign.follows),
        "missing_values": _missing_values(found, campaign),
        "odd_cells": odd_cells(Audience.from_json(campaign.audience), campaign.text),
        "other_days": other_days(campaign.text, campaign.table, campaign.scheduled_for),
        "has_link": found.has_link or has_link(campaign.text),
        "is_again": campaign.audience["again"],
        "is_told": bool(campaign.audience["first"] or campaign.audience["preferred"]),
        "planned": campaign.scheduled_for,
        "said_day": reviewed.day,
        "is_later": campaign.scheduled_for is not None or "later" in request.GET,
        "times": quiet.handy_times(),
        **typed_time(request, quiet),
        "hours": settings.SAME_TEXT_HOURS,
        "must_type": guards.is_large(found.people, found.cost),
        "confirms": must_confirm(request, reviewed.people, reviewed.cost),
        "morning": quiet.morning_after(),
        "why_not_now": why_not_now(why) if why else "",
        "quiet_mark": why.mark,
        "signed": signing.dumps(reviewed.to_json(), salt=_salt(campaign)),
        **test_context(request, campaign, found),
        "again": _READY,
        "seen": _seen(campaign, reading, quiet, found.committed),
    }


def _missing_values(found: Review, campaign: Campaign) -> list[tuple[str, str, int]]:
    """Each field that has no value for some people: its key, what it is called, how many."""
    labels = known_keys(campaign.table) if found.missing else {}
    return [(key, labels.get(key, key), people) for key, people in sorted(found.missing.items())]


def _standing(count: PeopleCount, campaign: Campaign) -> str:
    """How it is with a count that is not done; while that is the same, only its number changes."""
    if count.is_given_up:
        return "given up"
    return "silent" if machines.nobody_looks_in(campaign.gateway) else "counting"


def _seen(
    campaign: Campaign,
    reading: BalanceReading | None,
    quiet: QuietTimes,
    committed: balance.Committed | None = None,
) -> str:
    """A mark that changes with whatever the receipt shows of the account and of this moment."""
    if reading is None or not balance.is_fresh(reading):
        said = campaign.gateway.balance_error or machines.nobody_looks_in(campaign.gateway)
        return f"waiting: {said}"
    rates = (str(rate) for rate in reading.rates.values())
    cost = (committed or balance.committed(campaign.gateway)).cost
    why = quiet.why()
    waits = f"{why.mark} {why.day_off} {quiet.morning_after()}"
    day = letters.day_of(campaign, campaign.scheduled_for)
    planned = f"{campaign.scheduled_for} {day}"
    return "/".join([str(reading.balance), *rates, str(cost), campaign.fingerprint, waits, planned])


def _salt(campaign: Campaign) -> str:
    return f"messaging.review.{campaign.pk}"


def _send(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Send or schedule what was signed for. If something prevents it, the receipt says what."""
    why = field = ""
    later = LaterForm(request.POST)
    if not later.is_valid():
        for sentence in (one for errors in later.errors.values() for one in errors):
            messages.error(request, str(sentence))
        return redirect(review_with_time(request, campaign))
    if campaign.state == CampaignState.DRAFT and drafts.plan(campaign, later.moment):
        day = letters.day_of(campaign, later.moment)
        said = _("This message includes the sending date. It now says %(day)s. Review it again.")
        messages.info(request, said % {"day": day})
        return redirect(campaign)
    try:
        signed = signing.loads(request.POST.get("signed", ""), salt=_salt(campaign))
        reviewed = Reviewed.from_json(signed)
        if must_confirm(request, reviewed.people, reviewed.cost):
            return to_confirm(campaign.get_absolute_url())
        why, field = later.objection(reviewed.people, reviewed.cost, reviewed.quiet)
        if not why:
            handover.hand_over(campaign, reviewed=reviewed, by=request.user, at=later.moment)
    except signing.BadSignature:
        why = _("Check the cost again, then send.")
    except (affordability.SendRefused, GroupGone, InvalidText) as refused:
        why = str(refused)
    campaign.refresh_from_db()
    if campaign.state != CampaignState.DRAFT:  # now, or by an earlier click
        tasks.kick_for(campaign)
    else:
        messages.error(request, why, extra_tags=field)
        if later.moment is not None:
            return redirect(review_with_time(request, campaign))
    return redirect(campaign)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def delete_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own draft, after asking; what was sent stays."""
    mine = Campaign.objects.drafts_of(request.user.pk)
    if request.method != "POST":
        context = {"campaign": own_draft(request, pk)}
        return render(request, "messaging/review/delete_draft.html", context)
    with transaction.atomic():
        get_object_or_404(mine.select_for_update(), pk=pk).delete()
    messages.success(request, _("The draft is deleted."))
    return redirect("messaging:dashboard")
