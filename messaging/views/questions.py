"""Answers to the review's questions: who of several gets the message, and missing values."""

from dataclasses import replace
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from contacts.names import clean_name
from messaging.forms.ids import ids_of
from messaging.services.audience.choice import Audience
from messaging.services.campaigns import drafts
from messaging.text.placeholders import with_default
from messaging.views.lookups import own_draft
from sociair_portal.common.buttons import by_button

_LONGEST_DEFAULT: Final = 200
_PREFERRED: Final = "prefer-"  # and the id of the first person whom the question is about


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Save an answer in the draft; the review looks everything up again."""
    campaign = own_draft(request, pk)
    audience = _answered(Audience.from_json(campaign.audience), request.POST)
    text = campaign.text
    if key := request.POST.get("key", ""):
        default = clean_name(request.POST.get("default", ""))[:_LONGEST_DEFAULT]
        if not default or set(default) & set("{}|"):
            messages.error(request, _("Type what to use instead, without braces or bars."))
            return redirect(campaign)
        text = with_default(text, key, default)
    seen = request.POST.get("seen", "")
    if not drafts.change_draft(campaign, text=text, audience=audience, seen=seen):
        messages.error(request, _("This message was changed in another window. Check it again."))
    return redirect(campaign)


def _answered(audience: Audience, posted: QueryDict) -> Audience:
    if "again" in posted:
        audience = replace(audience, again=posted["again"] == "yes")
    if "first" in posted:
        audience = replace(audience, first=True)
    if "ask" in posted:
        audience = replace(audience, first=False, preferred=())
    chosen = ids_of(posted[name] for name in posted if name.startswith(_PREFERRED))
    return replace(audience, preferred=(*audience.preferred, *chosen))
