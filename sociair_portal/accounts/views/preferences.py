"""The page on which somebody chooses how the portal writes dates and digits."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sociair_portal.accounts.preferences import (
    calendar_of,
    choose_calendar,
    choose_digits,
    has_devanagari_digits,
    may_choose_digits,
)
from sociair_portal.common import shown_days
from sociair_portal.common.actors import user_of
from sociair_portal.common.calendars import Calendar
from sociair_portal.common.ways_back import way_back


def _calendars() -> list[tuple[str, str]]:
    """Each with the day it is today."""
    today = timezone.localdate()
    written = {
        Calendar.GREGORIAN: shown_days.gregorian(today),
        Calendar.BIKRAM_SAMBAT: shown_days.bikram_sambat(today) or shown_days.gregorian(today),
    }
    return [(one.value, f"{one.label}: {written[one]}") for one in Calendar]


class PreferencesForm(forms.Form):
    calendar = forms.ChoiceField(
        label=gettext_lazy("Dates"),
        choices=_calendars,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "How pages write dates. Where a date decides something, both are shown. "
            "Messages and files stay as they are."
        ),
    )
    devanagari_digits = forms.BooleanField(
        label=gettext_lazy("Write numbers as १,२३,४५६"),
        required=False,
        help_text=gettext_lazy(
            "Dates, counts and rupees on pages. Phone numbers, IDs, messages and files stay as "
            "they are."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_choose_digits():
            del self.fields["devanagari_digits"]


def preferences(request: HttpRequest) -> HttpResponse:
    back = way_back(request, "/")
    form = PreferencesForm(
        request.POST or None,
        initial={
            "calendar": calendar_of(request),
            "devanagari_digits": has_devanagari_digits(request),
        },
    )
    user = user_of(request.user)
    if request.method == "POST" and user is not None and form.is_valid():
        choose_calendar(request, user, Calendar(form.cleaned_data["calendar"]))
        if "devanagari_digits" in form.cleaned_data:
            wanted = form.cleaned_data["devanagari_digits"]
            choose_digits(request, user, are_devanagari=wanted)
        messages.success(request, _("Your preferences are saved."))
        return redirect(back)
    return render(request, "account/preferences.html", {"form": form, "back": back})
