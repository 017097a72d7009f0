"""The forms for the user's own number, which tests go to, and for the code that proves it."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.forms.people import MobileField
from messaging.models import Profile
from messaging.text.codes import read_code
from sociair_portal.common.bases import ModelForm


class OwnNumberForm(forms.Form):
    mobile = MobileField(
        label=gettext_lazy("Your mobile number"),
        required=False,
        help_text=gettext_lazy(
            "Tests of your messages go to this number. Leave it empty to remove it."
        ),
    )


class CodeForm(forms.Form):
    """The six digits, with spaces and in Devanagari if someone types them so."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": gettext_lazy("Type the code that was sent to your phone.")},
    )

    def clean_code(self) -> str:
        if code := read_code(self.cleaned_data["code"]):
            return code
        raise forms.ValidationError(_("A code has six digits. Check the message again."))


class ProfileForm(ModelForm):
    """What a manager enters for a colleague."""

    mobile = MobileField(label=gettext_lazy("Own mobile number"), required=False)

    class Meta:
        model = Profile
        fields = ["user", "mobile"]
