"""Forms of the privacy page: whose number, which of those who share it, and the signature."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.forms.people import MobileField
from contacts.models import Contact


class PersonForm(forms.Form):
    """Whom it is about."""

    mobile = MobileField(
        label=gettext_lazy("The person's mobile number"),
        help_text=gettext_lazy("You can write it as 9841234567, +977 984-1234567 or ९८४१२३४५६७."),
    )


class HiddenPersonForm(forms.Form):
    """The same number, on a page that is about it already."""

    mobile = MobileField(widget=forms.HiddenInput)


class ForgetForm(HiddenPersonForm):
    """A signature for anonymising a person: the number typed again, a tick and the reason."""

    people = forms.MultipleChoiceField(
        label=gettext_lazy("Which people with this number"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one person."),
            "invalid_choice": gettext_lazy("One of these contacts was deleted. Choose again."),
        },
    )
    again = MobileField(
        label=gettext_lazy("Type the number again"),
        widget=forms.TelInput(attrs={"autocomplete": "off", "data-not-kept": "true"}),
        error_messages={"required": gettext_lazy("Type the number again.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy(
            "For example: asked by letter on 12 March. It is kept in the record, so do not write a "
            "name in it."
        ),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("I understand that this cannot be undone"),
        widget=forms.CheckboxInput(attrs={"data-not-kept": "true"}),
        error_messages={"required": gettext_lazy("Tick the box if you are sure.")},
    )

    def __init__(self, *args: Any, sharing: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(sharing) < 2:
            del self.fields["people"]
            return
        people: Any = self.fields["people"]
        people.choices = [(str(one.pk), one.name) for one in sharing]
        people.required = True

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("again") and found["again"] != found.get("mobile"):
            self.add_error("again", _("This is a different number. Type the same one."))
        return found

    @property
    def chosen(self) -> list[int] | None:
        """Those who were chosen of several; None if the number has one person or none."""
        chosen = self.cleaned_data.get("people")
        return None if chosen is None else [int(pk) for pk in chosen]
