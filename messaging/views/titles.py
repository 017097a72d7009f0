"""The page that gives a draft or a campaign its title."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts.shown_numbers import is_masked
from messaging.forms.titles import TitleForm
from messaging.services.campaigns import titles
from messaging.views.lookups import titled_campaign


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def title(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = titled_campaign(request, pk)
    suggested = titles.suggested(campaign)
    if is_masked(suggested):
        messages.error(
            request,
            _("You cannot change this title, because you are not allowed to see whole numbers."),
        )
        return redirect(campaign)
    form = TitleForm(request.POST or None, initial={"title": suggested})
    if request.method == "POST" and form.is_valid():
        if titles.change(campaign, form.cleaned_data["title"], by=request.user):
            messages.success(request, _("The title is saved."))
        return redirect(campaign)
    return render(request, "messaging/titles/title.html", {"campaign": campaign, "form": form})
