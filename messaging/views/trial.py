"""Tests: sending a message to the user's own number before it goes to everyone."""

import uuid
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from contacts.phone import format_mobile
from messaging import tasks
from messaging.models import Campaign
from messaging.services.audience.addressees import Addressee
from messaging.services.campaigns import trial
from messaging.services.campaigns.own_number import profile_of
from messaging.services.campaigns.review import Review
from messaging.services.money import affordability, prices
from messaging.text.validity import InvalidText
from messaging.views.lookups import own_draft
from messaging.views.typed_times import review_with_time
from sociair_portal.common.buttons import by_button

_OFFERED: Final = 100


def test_context(request: HttpRequest, campaign: Campaign, found: Review) -> dict[str, Any]:
    """The messages that can be tried, the longest first, each signed with what it costs."""
    own = profile_of(request.user)
    if own is None or not own.is_proved or found.longest is None:
        return {"own": own}
    rates = prices.rates_of(found.reading)
    people = [found.longest, *found.first_people] if found.is_personal else [found.longest]
    trials: list[tuple[Addressee, trial.Trial, str]] = []
    seen: set[str] = set()
    for person in people:
        if person.text in seen or len(trials) == _OFFERED:
            continue
        seen.add(person.text)
        offer = trial.trial_for(person, own.mobile, rates)
        if offer.cost is not None and offer.cost <= found.available:
            signed = signing.dumps(offer.to_json(), salt=_salt(campaign))
            trials.append((person, offer, signed))
    return {"own": own, "trials": trials}


def _salt(campaign: Campaign) -> str:
    return f"messaging.test.{campaign.pk}"


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message that was shown to the user's own number; the review says if that fails."""
    draft = own_draft(request, pk)
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
        messages.error(request, _("Choose again whose message you want to test."))
    except (affordability.SendRefused, InvalidText) as refused:
        messages.error(request, str(refused))
    else:
        tasks.kick_for(test)
        number = format_mobile(test.audience["numbers"])
        messages.success(request, _("A test is on its way to %(number)s.") % {"number": number})
    return redirect(review_with_time(request, draft))
