"""The pages that an invitation leads to."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from sociair_portal.accounts.guesses import wait_words
from sociair_portal.accounts.invitations import accept, invitation_of, still_open
from sociair_portal.accounts.limits import TooManyTries, count_try, opening
from sociair_portal.accounts.roles import managers
from sociair_portal.common.clients import address_of, neighbourhood

_KEPT: Final = "invitation"

if TYPE_CHECKING:
    _SetPasswordForm = SetPasswordForm[User]
else:
    _SetPasswordForm = SetPasswordForm


class ChoosePasswordForm(_SetPasswordForm):
    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.fields["new_password1"].label = gettext_lazy("Your password")
        self.fields["new_password1"].help_text = gettext_lazy(
            "Use 10 characters or more, not only digits. Three unrelated words are a good password."
        )
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = gettext_lazy("Repeat your password")

    def validate_password_for_user(self, user: User, *_field: str) -> None:
        """What is wrong with a password stands beside it, and not beside its repetition."""
        super().validate_password_for_user(user, "new_password1")


@login_not_required
@sensitive_variables("secret")
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address first; looking does not use the link up, as programs
    that check links look too.
    """
    try:
        tries = count_try(opening(neighbourhood(address_of(request))))
    except TooManyTries as refused:
        return _over(request, status=429, wait=wait_words(refused))
    invitation = invitation_of(secret)
    if invitation is None:
        return _over(request, status=410)
    tries.forget()
    request.session[_KEPT] = invitation.pk
    return redirect("join")


@login_not_required
@sensitive_post_parameters("new_password1", "new_password2")
def join(request: HttpRequest) -> HttpResponse:
    """Choose a password; then sign in with it."""
    invitation = still_open(request.session.get(_KEPT))
    if invitation is None:
        return _over(request, status=410)
    form = ChoosePasswordForm(invitation.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not accept(invitation, form.cleaned_data["new_password1"]):
            return _over(request, status=410)
        name = invitation.user.get_username()
        request.session.flush()
        messages.success(
            request, _("Your password is saved. Sign in as %(name)s.") % {"name": name}
        )
        return redirect("account_login")
    return render(request, "account/join.html", {"form": form, "colleague": invitation.user})


def _over(request: HttpRequest, status: int, wait: str = "") -> HttpResponse:
    context = {"wait": wait, "managers": managers()[:5]}
    return render(request, "account/join_over.html", context, status=status)
