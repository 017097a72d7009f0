"""Pages of tests: sending a message to one's own number, and entering that number."""

import uuid
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.phone import format_mobile
from messaging import tasks
from messaging.forms.trial import OwnNumberForm
from messaging.models import Campaign, CampaignState, Profile
from messaging.services.audience.addressees import Addressee
from messaging.services.campaigns import trial
from messaging.services.campaigns.review import Review
from messaging.services.money import affordability, prices
from messaging.text.validity import InvalidText
from sociair_portal.common.actors import user_of

_OFFERED: Final = 100


def test_context(request: HttpRequest, campaign: Campaign, found: Review) -> dict[str, Any]:
    """The messages that can be tried, the longest first, each signed with what it costs."""
    mobile = trial.own_number(request.user)
    if not mobile or found.longest is None:
        return {"own_number": mobile}
    rates = prices.rates_of(found.reading)
    people = [found.longest, *found.first_people] if found.is_personal else [found.longest]
    trials: list[tuple[Addressee, trial.Trial, str]] = []
    seen: set[str] = set()
    for person in people:
        if person.text in seen or len(trials) == _OFFERED:
            continue
        seen.add(person.text)
        offer = trial.trial_for(person, mobile, rates)
        if offer.cost is not None and offer.cost <= found.available:
            signed = signing.dumps(offer.to_json(), salt=_salt(campaign))
            trials.append((person, offer, signed))
    return {"own_number": mobile, "trials": trials}


def _salt(campaign: Campaign) -> str:
    return f"messaging.test.{campaign.pk}"


@require_POST
@permission_required("messaging.send_campaign", raise_exception=True)
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message that was shown to one's own number; the review says if that fails."""
    mine = Campaign.objects.filter(created_by=request.user.pk, state=CampaignState.DRAFT)
    draft = get_object_or_404(mine, pk=pk)
    try:
        text, cost, key = signing.loads(request.POST.get("trial", ""), salt=_salt(draft))
        test = trial.send_test(
            draft,
            form_uuid=uuid.UUID(key),
            text=text,
            cost=Decimal(cost),
            by=request.user,
        )
    except (signing.BadSignature, ValueError):
        messages.error(request, _("Choose once more whose message you want to try."))
    except (affordability.SendRefused, InvalidText) as refused:
        messages.error(request, str(refused))
    else:
        tasks.kick_for(test)
        number = format_mobile(trial.own_number(request.user))
        messages.success(request, _("A test is on its way to %(number)s.") % {"number": number})
    return redirect(draft)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def number(request: HttpRequest) -> HttpResponse:
    """The page of one's own number, for tests."""
    profile = Profile.objects.filter(user=request.user.pk).first()
    form = OwnNumberForm(
        request.POST or None,
        initial={"mobile": format_mobile(profile.mobile) if profile is not None else ""},
    )
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    if request.method == "POST" and form.is_valid():
        Profile.objects.update_or_create(
            user=user_of(request.user), defaults={"mobile": form.cleaned_data["mobile"]}
        )
        messages.success(request, _("Your number is saved."))
        return redirect(back)
    return render(request, "messaging/trial/number.html", {"form": form, "back_url": back})
