"""Pages after a restore: how much of a message may have gone out already."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from messaging.forms.doubts import DoubtForm, EndedForm, LookedUpForm, UnsentForm
from messaging.models import Campaign, CampaignState
from messaging.services.gateway import doubts, holds
from messaging.views.freshness import recent_reading
from messaging.views.lookups import visible_campaign
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import confirmed_first


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.view_campaign", raise_exception=True)
@confirmed_first()
def doubt(request: HttpRequest, pk: int) -> HttpResponse:
    """One message in doubt: a manager says what went out; of a draft, its author does."""
    campaign = visible_campaign(request, pk)
    if campaign.doubted_at is None:
        return redirect(campaign)
    if not _may_say(request, campaign):
        raise PermissionDenied
    form = _form(request, campaign)
    if request.method == "POST" and form.is_valid():
        said = doubts.say(campaign, form.cleaned_data["people"], by=request.user)
        messages.success(request, _answer(said))
        return redirect(campaign)
    recent_reading(campaign.gateway)
    context = {
        "campaign": campaign,
        "form": form,
        "is_ended": campaign.state in (CampaignState.DONE, CampaignState.CANCELLED),
        "is_whole": isinstance(form, UnsentForm),
        "suggested": doubts.suggested(campaign),
        "now": timezone.now(),
    }
    return render(request, "messaging/doubts/doubt.html", context)


@by_button
@permission_required("messaging.settle_campaign", raise_exception=True)
@confirmed_first()
def ended_certain(request: HttpRequest) -> HttpResponse:
    """Note that nobody whom an ended message did not reach has been messaged again."""
    form = EndedForm(request.POST)
    if form.is_valid():
        doubts.say_of_the_ended(holds.current_gateway(), by=request.user)
        messages.success(request, _("Saved. You can now send to the people who were not reached."))
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect("messaging:undecided")


@by_button
@permission_required("messaging.settle_campaign", raise_exception=True)
@confirmed_first()
def forgotten_looked_up(request: HttpRequest) -> HttpResponse:
    """Note that a manager checked at Sociair the messages that are no longer here."""
    form, gateway = LookedUpForm(request.POST), holds.current_gateway()
    if form.is_valid() and doubts.look_up_forgotten(
        gateway, form.cleaned_data["calls"], by=request.user
    ):
        messages.success(request, _("Saved. Reviews no longer warn about these messages."))
    else:
        messages.error(request, _("The number of requests has changed. Check it again."))
    return redirect("messaging:undecided")


def _may_say(request: HttpRequest, campaign: Campaign) -> bool:
    is_own_draft = campaign.state == CampaignState.DRAFT
    return is_own_draft or request.user.has_perm("messaging.settle_campaign")


def _form(request: HttpRequest, campaign: Campaign) -> DoubtForm | UnsentForm:
    posted = request.POST if request.method == "POST" else None
    if campaign.state in (CampaignState.DONE, CampaignState.CANCELLED):
        return EndedForm(posted)
    if not campaign.is_open or campaign.prepared_up_to != Campaign.PREPARED:
        return UnsentForm(posted)  # a draft, or one that is not prepared: not everybody is known
    suggested = doubts.suggested(campaign)
    return DoubtForm(posted, waiting=campaign.pending, initial={"people": suggested})


def _answer(people: int) -> str:
    if not people:
        return _("Saved. You can go on with this message.")
    return ngettext(
        "Saved. %(people)d message waits under Needs a decision. It is not sent again "
        "automatically.",
        "Saved. %(people)d messages wait under Needs a decision. They are not sent again "
        "automatically.",
        people,
    ) % {"people": people}
