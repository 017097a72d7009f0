"""The form that moves a scheduled campaign to another time, or sends it now."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from messaging.forms.review import LaterForm
from messaging.services.campaigns.quiet_times import QuietTimes
from messaging.services.campaigns.quiet_words import objection


class MoveForm(LaterForm):
    """Another time for a scheduled campaign, or now (`now`).

    `seen` is the time that was shown, `cost` the sum (rupees).
    """

    later = forms.BooleanField(required=False, disabled=True, initial=True)
    seen = forms.DateTimeField(widget=forms.HiddenInput)
    cost = forms.DecimalField(required=False, widget=forms.HiddenInput)
    now = forms.BooleanField(required=False)

    def clean_at(self) -> datetime | None:
        return None if "now" in self.data else super().clean_at()

    def clean(self) -> dict[str, Any]:
        why = None if "at" in self.errors else QuietTimes().why(self.moment)
        if why and not self.cleaned_data.get("at_night"):
            self.add_error(None, objection(why, self.moment))
        if "seen" in self.errors:
            self.add_error(None, _("This page is out of date. Open it again."))
        return self.cleaned_data
