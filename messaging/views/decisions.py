"""Needs a decision: the pages on which a manager decides about messages that are not known."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from messaging import tasks
from messaging.forms.decisions import AgainForm, DecisionForm
from messaging.forms.doubts import EndedForm
from messaging.models import Campaign
from messaging.services.campaigns import resend
from messaging.services.campaigns.guards import check_no_test
from messaging.services.decisions import second_try, settlement
from messaging.services.decisions.evidence import evidence_for, evidence_of
from messaging.services.gateway import doubts, holds
from messaging.services.money import prices
from messaging.services.money.affordability import SendRefused
from messaging.views.freshness import recent_reading
from messaging.views.lookups import visible_campaign
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import confirmed_first
from sociair_portal.common.pages import page_by_key

_CAMPAIGNS_A_PAGE: Final = 10
_BATCHES_SHOWN: Final = 5  # of each campaign in the list; its own page has all
_ENDED_SHOWN: Final = 20


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def undecided(request: HttpRequest) -> HttpResponse:
    """Every campaign with something unconfirmed, the latest first."""
    waiting = Campaign.objects.filter(unconfirmed__gt=0).select_related("created_by", "gateway")
    at = request.GET.get("page", "")
    page = page_by_key(waiting, order=["-id"], at=at, size=_CAMPAIGNS_A_PAGE)
    evidence = evidence_of(page.items)
    first = settlement.first_undecided(page.items, _BATCHES_SHOWN)
    cases = [
        {
            "campaign": campaign,
            "evidence": evidence.get(campaign.pk),
            "batches": first[campaign.pk].batches,
            "more": first[campaign.pk].more,
        }
        for campaign in page.items
    ]
    gateway = holds.current_gateway()
    recent_reading(gateway)
    ended = list(doubts.ended_in_doubt(gateway)[: _ENDED_SHOWN + 1])
    context = {
        "page": page,
        "cases": cases,
        "doubted": doubts.doubted(gateway),
        "ended_in_doubt": doubts.ended_in_doubt(gateway).count()
        if len(ended) > _ENDED_SHOWN
        else len(ended),
        "ended": ended[:_ENDED_SHOWN],
        "ended_form": EndedForm(),
        "unknown_messages": doubts.messages_in(gateway, gateway.unknown_calls),
        "forgotten_calls": doubts.forgotten_calls(gateway),
    }
    return render(request, "messaging/decisions/undecided.html", context)


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One campaign's undecided requests, to settle one, some or all."""
    campaign = visible_campaign(request, pk)
    recent_reading(campaign.gateway)
    return _decide_page(request, campaign, DecisionForm(campaign=campaign))


def _decide_page(request: HttpRequest, campaign: Campaign, form: DecisionForm) -> HttpResponse:
    page = page_by_key(
        settlement.undecided_with_calls(campaign), order=["id"], at=request.GET.get("page", "")
    )
    context = {
        "campaign": campaign,
        "form": form,
        "page": page,
        "chosen": set(form["batches"].value() or []),
        "evidence": evidence_for(campaign),
    }
    return render(request, "messaging/decisions/decide.html", context)


@by_button
@permission_required("messaging.settle_campaign", raise_exception=True)
@confirmed_first()
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Save whether messages went out, or go on to the page for sending them again."""
    campaign = visible_campaign(request, pk)
    form = DecisionForm(request.POST, campaign=campaign)
    if not form.is_valid():
        return _decide_page(request, campaign, form)
    batches = form.chosen()
    if form.sends_again:
        asked = AgainForm(
            initial={"form_uuid": uuid.uuid4(), "batches": batches, "why": form.cleaned_data["why"]}
        )
        return _again_page(request, campaign, asked)
    why = form.cleaned_data["why"]
    people = settlement.settle(campaign, batches, form.decided, by=request.user, why=why)
    said = ngettext(
        "Decision saved for %(people)d person.",
        "Decision saved for %(people)d people.",
        people,
    ) % {"people": people}
    messages.success(request, said if people else _("Someone else has already decided this."))
    return redirect("messaging:undecided")


def _again_page(request: HttpRequest, campaign: Campaign, form: AgainForm) -> HttpResponse:
    """What it costs to send these messages again, to be signed with the number of people."""
    try:
        check_no_test(campaign)
    except SendRefused as refused:
        messages.error(request, str(refused))
        return redirect("messaging:decide", campaign.pk)
    reading = recent_reading(campaign.gateway)
    context: dict[str, Any] = {"campaign": campaign, "form": form}
    context["evidence"] = evidence_for(campaign)
    if reading is not None:
        people = second_try.unconfirmed_of(campaign, form.chosen())
        context["again"] = resend.price_again(people, prices.rates_now(campaign, reading))
    return render(request, "messaging/decisions/send_again.html", context)


@by_button
@permission_required("messaging.settle_campaign", raise_exception=True)
@confirmed_first()
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the messages in a new campaign; before that they are settled as not sent."""
    campaign = visible_campaign(request, pk)
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _again_page(request, campaign, form)
    try:
        follower = second_try.send_again(
            campaign,
            form.chosen(),
            form_uuid=form.cleaned_data["form_uuid"],
            people=form.cleaned_data["people"],
            by=request.user,
            why=form.cleaned_data["why"],
        )
    except SendRefused as refused:
        form.add_error("people", str(refused))
        return _again_page(request, campaign, form)
    tasks.kick_for(follower)
    return redirect(follower)
