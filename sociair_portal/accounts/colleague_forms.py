"""What a manager types about a colleague."""

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from contacts.forms.people import MobileField
from contacts.names import clean_name
from contacts.phone import format_mobile
from contacts.shown_numbers import may_see_numbers
from messaging.services.campaigns import own_number
from sociair_portal.accounts.invitation_texts import number_for
from sociair_portal.accounts.roles import role_of
from sociair_portal.common.bases import ModelForm
from sociair_portal.roles import MANAGER, SENDER

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,148}[a-z0-9])?")
_ROLES: Final = [
    (SENDER, _("Sender: writes and sends messages, and manages contacts")),
    (
        MANAGER,
        _(
            "Manager: also decides whether messages went out when that is not known, starts "
            "sending again, and adds colleagues. Only a superuser can remove this role."
        ),
    ),
]


class ColleagueForm(ModelForm):
    """Name, e-mail, number and role of a colleague, as a manager (`by`) enters them."""

    mobile = MobileField(
        label=_("Mobile number (optional)"),
        required=False,
        help_text=_(
            "You can send the invitation to this number by SMS. Their test messages go there too."
        ),
    )
    role = forms.ChoiceField(label=_("Role"), choices=_ROLES, widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ["first_name", "username", "email"]
        labels = {
            "first_name": _("Full name"),
            "username": _("Sign-in name"),
            "email": _("E-mail (optional)"),
        }
        help_texts = {
            "username": _("Short and without spaces, such as sita or sita.thapa."),
        }

    field_order = ["first_name", "username", "email", "mobile", "role"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_number(by)
        self.fields["first_name"].required = True
        if settings.EMAIL_IS_SET_UP:
            said = _("The invitation is sent there. It can also be used to get a new password.")
        else:
            said = _(
                "It can be used to sign in. E-mail is not set up here, so the portal sends none."
            )
        self.fields["email"].help_text = said
        self.fields["username"].validators.clear()  # clean_username says it in the page's words
        self.fields["role"].initial = role_of(self.instance) if self.instance.pk else SENDER

    def _prepare_number(self, by: User) -> None:
        """Only for who vouches for numbers. One that is not proved has to be typed for that."""
        if not own_number.needs_no_code(by) or not may_see_numbers():
            del self.fields["mobile"]
        elif self.instance.pk and (mobile := number_for(self.instance)):
            self.fields["mobile"].initial = format_mobile(mobile)

    def clean_first_name(self) -> str:
        """On one line: it stands in lists, in mails and in the text of an invitation."""
        name = clean_name(self.cleaned_data["first_name"])
        if not name:
            raise forms.ValidationError(_("Enter the full name."))
        return name

    def clean_email(self) -> str:
        """Of one account: a new password is sent to who has it."""
        email: str = self.cleaned_data["email"]
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if email and others.exists():
            raise forms.ValidationError(_("Another colleague already has this e-mail address."))
        return email

    def clean_username(self) -> str:
        """In plain small letters: names that only look alike would be two people. Whoever has
        another name from before keeps it.
        """
        name: str = self.cleaned_data["username"].strip()
        if self.instance.pk and name == self.initial["username"]:
            return name
        if not _NAME.fullmatch(name):
            said = _("Use only small letters a to z, digits, dots and hyphens, such as sita.thapa.")
            raise forms.ValidationError(said)
        others = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(
                _("Another colleague already has this name. Choose a different one.")
            )
        return name


class ReasonForm(forms.Form):
    """Why a colleague's second step is removed: whoever asked may not be who they say."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For example: lost her phone, I spoke to her in person."),
    )
