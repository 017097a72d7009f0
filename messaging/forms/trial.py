"""The form for one's own number, to which tests go."""

from django import forms
from django.utils.translation import gettext_lazy

from contacts.forms.people import MobileField


class OwnNumberForm(forms.Form):
    mobile = MobileField(
        label=gettext_lazy("Your mobile number"),
        required=False,
        help_text=gettext_lazy("Tests of your messages go there. Leave it empty to remove it."),
    )
