"""Buttons of a campaign: pause, resume, cancel, follow up, send again; and ending a hold."""

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from messaging import tasks
from messaging.forms.decisions import RefusedForm
from messaging.models import Campaign, CampaignState, Gateway, HoldKind
from messaging.services.campaigns import control, follow_ups, refused_people
from messaging.services.gateway import doubts, holds
from messaging.services.money import affordability
from messaging.views.lookups import controlled_campaign, followed_campaign, handed_over_campaign
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import confirmed_first


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = controlled_campaign(request, pk)
    if control.pause(campaign, by=request.user):
        messages.success(request, _("Paused. Requests already on their way will finish."))
    return redirect(campaign)


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Resume a campaign; after a refused token the balance is read first."""
    campaign = controlled_campaign(request, pk)
    gateway = holds.current_gateway()
    if campaign.gateway_id != gateway.pk:
        said = _("This campaign belongs to another connection to Sociair. It can be cancelled.")
        messages.error(request, said)
    else:
        _resume(request, campaign, gateway)
    return redirect(campaign)


def _resume(request: HttpRequest, campaign: Campaign, gateway: Gateway) -> None:
    try:
        resumed = control.resume(
            campaign,
            by=request.user,
            seen=_amount(request, "cost"),
            seen_day=request.POST.get("day", ""),
        )
    except affordability.SendRefused as refused:
        messages.error(request, str(refused))
        tasks.kick_balance()
        return
    if resumed and gateway.hold_kind == HoldKind.TOKEN:
        tasks.kick_balance()
    if resumed:
        tasks.kick_for(campaign)


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a draft to the people a campaign did not reach; it is reviewed like any other."""
    campaign = followed_campaign(request, pk)
    try:
        return redirect(follow_ups.follow_up(campaign, by=request.user))
    except affordability.SendRefused as refused:
        messages.error(request, str(refused))
        return redirect(campaign)


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
@confirmed_first()
def send_refused(request: HttpRequest, pk: int) -> HttpResponse:
    """Send now to those refused for lack of balance, for the cost on the button."""
    campaign = handed_over_campaign(request, pk)
    form = RefusedForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This page is out of date. Open it again."))
        return redirect(campaign)
    try:
        follower = refused_people.send_to_refused(
            campaign, form_uuid=form.cleaned_data["form_uuid"], seen=form.seen, by=request.user
        )
    except affordability.SendRefused as refused:
        messages.error(request, str(refused))
        tasks.kick_balance()
        return redirect(campaign)
    tasks.kick_for(follower)
    return redirect(follower)


def _amount(request: HttpRequest, name: str) -> Decimal | None:
    """Rupees that a page has shown and sent back; None for anything else."""
    try:
        return Decimal(request.POST.get(name, ""))
    except InvalidOperation:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a campaign. The page asks first, because this cannot be undone."""
    campaign = controlled_campaign(request, pk)
    if not campaign.is_open:
        return redirect(campaign)
    if request.method == "POST":
        control.cancel(campaign, by=request.user)
        return redirect(campaign)
    return render(request, "messaging/control/cancel.html", {"campaign": campaign})


@by_button
@permission_required("messaging.release_gateway", raise_exception=True)
@confirmed_first()
def release(request: HttpRequest) -> HttpResponse:
    """End a hold that a person may end; a refused token's ends when Sociair gives the balance."""
    gateway = holds.current_gateway()
    if gateway.hold_kind == HoldKind.TOKEN:
        tasks.kick_balance()
        messages.info(
            request, _("Reading the balance. Sending starts again if Sociair accepts the token.")
        )
    elif holds.release(gateway, by=request.user):
        messages.success(request, _sending_goes_on(gateway))
    tasks.kick()
    gateway.refresh_from_db()
    is_in_doubt = doubts.doubted(gateway) or doubts.forgotten_calls(gateway)
    return redirect("messaging:undecided" if is_in_doubt else "messaging:dashboard")


def _sending_goes_on(gateway: Gateway) -> str:
    paused = Campaign.objects.filter(gateway=gateway, state=CampaignState.PAUSED).count()
    if not paused:
        return _("Sending has started again.")
    return ngettext(
        "Sending has started again, but %(paused)d message stays paused until you resume it.",
        "Sending has started again, but %(paused)d messages stay paused until you resume them.",
        paused,
    ) % {"paused": paused}
