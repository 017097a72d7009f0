"""The time that was typed on a review for sending later, while other buttons there are pressed."""

from urllib.parse import urlencode

from django.http import HttpRequest

from messaging.forms.review import LaterForm
from messaging.models import Campaign
from messaging.services.campaigns.quiet_times import QuietTimes
from messaging.services.campaigns.quiet_words import objection
from sociair_portal.common import typed_days


def review_with_time(request: HttpRequest, campaign: Campaign) -> str:
    """The address of the review, with the time that was typed if there is one."""
    typed = request.POST.get("at", "")
    if not typed and "later" not in request.POST:
        return campaign.get_absolute_url()
    return f"{campaign.get_absolute_url()}?{urlencode({'later': 1, 'at': typed})}"


def typed_time(request: HttpRequest, quiet: QuietTimes) -> dict[str, str]:
    """The time that was typed before, and what is wrong with it."""
    typed = request.GET.get("at", "")
    if not typed:
        return {}
    later = LaterForm({"later": "1", "at": typed})
    if not later.is_valid():
        wrong = " ".join(str(one) for errors in later.errors.values() for one in errors)
    else:
        why = quiet.why(later.moment)
        wrong = objection(why, later.moment) if why else ""
    return {"typed_at": typed_days.shown_again(typed), "at_error": wrong}
