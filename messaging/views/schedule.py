"""Pages of the schedule: the list by day, moving to another time, opening again, copying."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messaging import tasks
from messaging.forms.schedule import MoveForm
from messaging.models import Campaign, CampaignState
from messaging.services.campaigns import quiet_days, schedule
from messaging.services.campaigns.quiet_times import QuietTimes
from messaging.services.gateway import holds
from messaging.services.money import affordability, balance, new_prices
from messaging.views.freshness import recent_reading
from messaging.views.large_sends import must_confirm
from messaging.views.lookups import controlled_campaign, handed_over_campaign
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import to_confirm


@require_safe
@permission_required("messaging.view_campaign", raise_exception=True)
def scheduled(request: HttpRequest) -> HttpResponse:
    gateway = holds.current_gateway()
    days = schedule.coming()
    names = quiet_days.names_of(day.day for day in days)
    context = {
        "days": [(day, names.get(day.day, "")) for day in days],
        "balance_reading": balance.latest(gateway),
        "committed": balance.committed(gateway),
    }
    return render(request, "messaging/schedule/scheduled.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move to another time, or send now.

    The form has the time that was shown, so that only one of two people moves it.
    """
    campaign = controlled_campaign(request, pk)
    if campaign.state != CampaignState.SCHEDULED or campaign.scheduled_for is None:
        messages.info(request, _("This campaign is no longer scheduled."))
        return redirect(campaign)
    initial = {
        "at": timezone.localtime(campaign.scheduled_for),
        "seen": campaign.scheduled_for.isoformat(),
    }
    if campaign.gateway_id != holds.current_gateway().pk:
        said = _("This campaign belongs to another connection to Sociair. It can be cancelled.")
        messages.error(request, said)
        return redirect(campaign)
    form = MoveForm(request.POST or None, initial=initial)
    if request.method == "POST" and must_confirm(request, campaign.total, campaign.cost):
        return to_confirm(request.path)
    if request.method == "POST" and form.is_valid() and _moved(request, campaign, form):
        return redirect(campaign)
    bill = new_prices.bill_of(campaign, recent_reading(campaign.gateway))
    context = {
        "campaign": campaign,
        "form": form,
        "times": QuietTimes().handy_times(),
        "bill": bill,
        "cost_now": campaign.cost if bill is None else bill.cost,
    }
    return render(request, "messaging/schedule/move.html", context)


def _moved(request: HttpRequest, campaign: Campaign, form: MoveForm) -> bool:
    """Move it, or say why not; False if the page must ask again."""
    try:
        moved = schedule.move(
            campaign,
            form.moment,
            seen=form.cleaned_data["seen"],
            seen_cost=form.cleaned_data["cost"],
            by=request.user,
        )
    except affordability.SendRefused as refused:
        form.add_error(None, str(refused))
        tasks.kick_balance()
        return False
    if moved:
        tasks.kick_for(campaign)
        said = _("It is being sent.") if form.moment is None else _("The new time is saved.")
        messages.success(request, said)
    else:
        messages.error(request, _("It has started, or someone else moved it. Nothing was changed."))
    return True


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def open_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it a draft again, to be changed and reviewed; nothing of it goes out until then."""
    campaign = controlled_campaign(request, pk)
    gateway = holds.current_gateway()
    draft = schedule.open_again(campaign, gateway=gateway, by=request.user)
    if draft is None:
        messages.error(request, _("This campaign is no longer scheduled. Nothing was changed."))
        return redirect(campaign)
    messages.success(request, _("It is a draft again and is not sent. Change it, then review it."))
    return redirect(draft)


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a draft with the text and the people of a campaign."""
    campaign = handed_over_campaign(request, pk)
    gateway = holds.current_gateway()
    try:
        return redirect(schedule.copy(campaign, gateway=gateway, by=request.user))
    except affordability.SendRefused as refused:
        messages.error(request, str(refused))
        return redirect(campaign)
