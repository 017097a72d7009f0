"""The form of a campaign's title."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy

from contacts.names import clean_name

_LONGEST: Final = 80


class TitleForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Title"),
        required=False,
        max_length=_LONGEST,
        help_text=gettext_lazy(
            "Only your colleagues see it. It is never sent. Without a title, lists show how the "
            "message begins."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_title(self) -> str:
        return clean_name(self.cleaned_data["title"])
