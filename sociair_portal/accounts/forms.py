"""The library's forms, with our limits and words."""

import unicodedata
from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sociair_portal.accounts.guesses import guess
from sociair_portal.accounts.second_step import lacks_second_step
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record


def _plain(code: str) -> str:
    """A code as it is compared: Devanagari digits are digits, and spaces are nothing."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in code if not sign.isspace())


def _without_placeholders(form: forms.BaseForm) -> None:
    """A placeholder that says the label again goes away as soon as it is needed."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignInForm(account_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = _("Name or e-mail"), _("Password")
        login.widget.attrs |= {"autocomplete": "username", "autofocus": True}
        password.help_text = ""


class ForgottenPasswordForm(account_forms.ResetPasswordForm):
    """Not for who is above senders and has no second step yet: a manager might have entered an
    e-mail of their own before the colleague was promoted.
    """

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = [user for user in self.users if not lacks_second_step(user)]
        return email


class ConfirmPasswordForm(account_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        self.fields["password"].label = _("Your password")
        self.fields["password"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""


class NewPasswordForm(account_forms.ChangePasswordForm):
    """The old password is counted like one at the door: someone may sit at another's machine."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        old, new, again = (self.fields[name] for name in ("oldpassword", "password1", "password2"))
        old.label, new.label, again.label = (
            _("Current password"),
            _("New password"),
            _("Repeat new password"),
        )
        old.help_text = ""

    def clean_oldpassword(self) -> str:
        with guess(context.request, "") as was_right:
            try:
                password: str = super().clean_oldpassword()
            except ValidationError:
                was_right(False)
                raise
            was_right(True)
        return password


class _Code(BaseAuthenticateForm):
    """A code of an app or a recovery code, counted before it is compared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code")
        field.widget.attrs |= {"autofocus": True, "inputmode": "numeric", "spellcheck": "false"}
        field.widget.attrs.pop("placeholder", None)

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _plain(self.cleaned_data["code"])
        with guess(context.request, "", of=self.user) as was_right:
            try:
                code: str = super().clean_code()
            except ValidationError:
                was_right(False)
                raise
            was_right(True)
        return code


class SecondStepForm(_Code, AuthenticateForm):
    """While signing in."""


class ConfirmCodeForm(_Code, ReauthenticateForm):
    """While signed in."""


class ConfirmPasskeyForm(ReauthenticateWebAuthnForm):
    def save(self) -> None:
        super().save()
        record(Deed.IDENTITY_CONFIRMED, by=self.user, about=self.user)


class NewPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")


class FirstCodeForm(ActivateTOTPForm):
    """Shows that the app has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        self.fields["code"].label = _("Code from the app")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _plain(self.cleaned_data["code"])
        return str(super().clean_code())
