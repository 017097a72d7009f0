"""Forms after a restore: how much of a campaign in doubt may have gone out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, ngettext


class DoubtForm(forms.Form):
    """How many of those still waiting may have got it, counted in sending order."""

    people = forms.IntegerField(
        label=gettext_lazy("How many of them may have gone out already?"),
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Type a number. Type 0 if none of them went out."),
            "invalid": gettext_lazy("Type a number. Type 0 if none of them went out."),
            "min_value": gettext_lazy("Type a number. Type 0 if none of them went out."),
        },
        help_text=gettext_lazy(
            "Count from the first in sending order. Type 0 if none went out. If you are not sure, "
            "type a larger number, so that nobody gets the message twice."
        ),
    )

    def __init__(self, *args: Any, waiting: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = waiting

    def clean_people(self) -> int:
        people: int = self.cleaned_data["people"]
        if people > self._waiting:
            raise forms.ValidationError(
                ngettext(
                    "Only %(waiting)d message is waiting.",
                    "Only %(waiting)d messages are waiting.",
                    self._waiting,
                )
                % {"waiting": self._waiting}
            )
        return people


class UnsentForm(forms.Form):
    """For a draft, which may have gone out as a whole: nobody has got it."""

    is_unsent = forms.BooleanField(
        label=gettext_lazy("Nobody waiting for this message has got it"),
        widget=forms.CheckboxInput(attrs={"data-not-kept": "true"}),
        error_messages={"required": gettext_lazy("Tick this if nobody has got it.")},
    )
    people = forms.IntegerField(initial=0, widget=forms.HiddenInput, min_value=0, max_value=0)


class EndedForm(UnsentForm):
    """For ended campaigns: nobody whom they did not reach has been messaged again."""

    is_unsent = forms.BooleanField(
        label=gettext_lazy("I have checked Sociair's list: nobody has been messaged again"),
        widget=forms.CheckboxInput(attrs={"data-not-kept": "true"}),
        error_messages={"required": gettext_lazy("Check Sociair's list, then tick this.")},
    )


class LookedUpForm(forms.Form):
    """How many requests that belong to no message here were checked, as the page said."""

    calls = forms.IntegerField(min_value=1)
