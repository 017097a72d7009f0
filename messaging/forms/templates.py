"""Forms that save and find templates."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.names import clean_name
from messaging.models import MessageTemplate
from messaging.services import templates
from messaging.text.placeholders import check_wording
from messaging.text.validity import InvalidText
from sociair_portal.common.actors import Actor
from sociair_portal.common.searches import SearchField, SearchForm


class TemplateForm(forms.Form):
    """A template's name and text. `version` is the one that its author saw."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy(
            "Use a name you would search for, such as Fee reminder, Holiday or Meeting."
        ),
        error_messages={"required": gettext_lazy("Enter a name for the template.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Message"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write the message.")},
    )
    # Kept with the text when the language is changed (typed.js): what was typed belongs to it.
    version = forms.IntegerField(
        required=False, widget=forms.HiddenInput(attrs={"data-kept": "true"})
    )

    def __init__(self, *args: Any, template: MessageTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._template = template

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Enter a name for the template."))
        return name

    def clean_text(self) -> str:
        try:
            return check_wording(self.cleaned_data["text"])
        except InvalidText as invalid:
            raise forms.ValidationError(invalid.reason) from invalid

    def kept(self, *, by: Actor) -> MessageTemplate | None:
        """Save a new template; None, with the reason beside its field, if that cannot be."""
        if not self.is_valid():
            return None
        try:
            return templates.keep(
                name=self.cleaned_data["name"], text=self.cleaned_data["text"], by=by
            )
        except templates.NameTaken as taken:
            self.add_error("name", str(taken))
            return None

    def changed(self, *, by: Actor) -> bool:
        """Save the changed template; False if its name is taken, or its version is not the last."""
        if self._template is None:
            return False
        try:
            return templates.change(
                self._template,
                seen=self.cleaned_data["version"] or 0,
                name=self.cleaned_data["name"],
                text=self.cleaned_data["text"],
                by=by,
            )
        except templates.NameTaken as taken:
            self.add_error("name", str(taken))
            return False


class TemplateSearchForm(SearchForm):
    q = SearchField(label=gettext_lazy("Name or words"))

    def found(self) -> QuerySet[MessageTemplate]:
        if not self.is_valid():
            return MessageTemplate.objects.none()
        return templates.find(self.cleaned_data["q"])
