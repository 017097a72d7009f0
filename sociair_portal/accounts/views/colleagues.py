"""Colleagues: who has an account, and what a manager does with it."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from sociair_portal.accounts import colleagues
from sociair_portal.accounts.colleague_forms import ColleagueForm, ReasonForm
from sociair_portal.accounts.devices import account_of
from sociair_portal.accounts.invitations import HOURS, invite, open_invitation, take_back
from sociair_portal.accounts.limits import slowed_down
from sociair_portal.accounts.roles import may_manage, role_of
from sociair_portal.accounts.second_step import has_second_step, with_second_step
from sociair_portal.common.identity import is_confirmed, to_confirm
from sociair_portal.common.pages import page_by_key

logger: Final = logging.getLogger(__name__)


@permission_required("auth.view_user", raise_exception=True)
def colleague_list(request: HttpRequest) -> HttpResponse:
    everybody = User.objects.prefetch_related("groups")
    page = page_by_key(everybody, order=("username",), at=request.GET.get("page", ""))
    two_steps = with_second_step(page.items)
    rows = [(user, role_of(user), user.pk in two_steps) for user in page.items]
    return render(request, "colleagues/list.html", {"page": page, "rows": rows})


@permission_required("auth.add_user", raise_exception=True)
def colleague_new(request: HttpRequest) -> HttpResponse:
    by = _signed_in(request)
    if not by.has_perm("auth.change_user"):
        raise PermissionDenied  # who adds accounts gives roles
    if not is_confirmed(request):
        return to_confirm(request.path)
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save(commit=False)
            user.set_unusable_password()
            user.save()
            colleagues.set_role(user, form.cleaned_data["role"], by)
        return _show_link(request, user, by)
    return render(request, "colleagues/new.html", {"form": form})


@permission_required("auth.view_user", raise_exception=True)
def colleague(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    by = _signed_in(request)
    may = may_manage(by, user)
    form = ColleagueForm(request.POST or None, instance=user) if may else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if not is_confirmed(request):
            return to_confirm(request.path)
        if form.is_valid():
            with transaction.atomic():
                form.save()
                colleagues.forget_old_addresses(user)
                colleagues.set_role(user, form.cleaned_data["role"], by)
            messages.success(request, _("%(name)s is saved.") % {"name": user.get_full_name()})
            return redirect("colleague", pk)
    user.refresh_from_db()
    context = {
        "colleague": user,
        "form": form,
        "may": may,
        "role": role_of(user),
        "has_second_step": has_second_step(user),
        "invitation": open_invitation(user),
        "slowed": slowed_down(account_of(user)),
    }
    return render(request, "colleagues/colleague.html", context)


def _for_managers_of_them(
    view: Callable[[HttpRequest, User, User], HttpResponse],
) -> Callable[[HttpRequest, int], HttpResponse]:
    """For what is done to a colleague (the first of the two users) by somebody who may change the
    account (the second), and who confirms first who they are.
    """

    @require_POST
    @wraps(view)
    def managed(request: HttpRequest, pk: int) -> HttpResponse:
        user, by = get_object_or_404(User, pk=pk), _signed_in(request)
        if not may_manage(by, user):
            raise PermissionDenied
        if not is_confirmed(request):
            return to_confirm(reverse("colleague", args=[pk]))
        return view(request, user, by)

    return managed


@_for_managers_of_them
def new_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    return _show_link(request, user, by)


@_for_managers_of_them
def no_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    if take_back(user, by):
        messages.success(request, _("The link does not work any more."))
    return redirect("colleague", user.pk)


@_for_managers_of_them
def close(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.close(user, by)
    said = _("The account of %(name)s is closed. Nobody is signed in with it any more.")
    messages.success(request, said % {"name": user.get_username()})
    return redirect("colleague", user.pk)


@_for_managers_of_them
def open_again(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.open_again(user, by)
    messages.success(request, _("The account is open again."))
    return redirect("colleague", user.pk)


@_for_managers_of_them
def let_try_again(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.let_try_again(user, by)
    said = _("%(name)s can try again now.") % {"name": user.get_full_name() or user.get_username()}
    messages.success(request, said)
    return redirect("colleague", user.pk)


@_for_managers_of_them
def sign_out(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.sign_out(user, by)
    said = _("%(name)s is signed out everywhere.")
    messages.success(request, said % {"name": user.get_username()})
    return redirect("colleague", user.pk)


@permission_required("auth.change_user", raise_exception=True)
def reset_second_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Of another manager too: this gives nobody a password, and is recorded with the reason."""
    user, by = get_object_or_404(User, pk=pk), _signed_in(request)
    if user.pk == by.pk or (user.is_superuser and not by.is_superuser):
        raise PermissionDenied
    if not is_confirmed(request):
        return to_confirm(reverse("reset_second_step", args=[pk]))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        colleagues.reset_second_step(user, by, form.cleaned_data["reason"])
        said = _("The second step of %(name)s is taken away. The next sign-in asks for a new one.")
        messages.success(request, said % {"name": user.get_username()})
        return redirect("colleague", pk)
    return render(request, "colleagues/reset.html", {"form": form, "colleague": user})


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@sensitive_variables("secret", "link", "text")
def _show_link(request: HttpRequest, user: User, by: User) -> HttpResponse:
    """The only time that the link can be seen."""
    link = request.build_absolute_uri(reverse("open_link", args=[invite(user, by)]))
    context = {"colleague": user, "link": link, "hours": HOURS, "by": by}
    if user.email and settings.EMAIL_IS_SET_UP:
        text = render_to_string("account/email/invitation.txt", context)
        context["is_mailed"] = _mail(user, text)
        context["is_not_mailed"] = not context["is_mailed"]
    return render(request, "colleagues/link.html", context)


def _mail(user: User, text: str) -> bool:
    """Whether it went out; the link is on the page in any case."""
    try:
        send_mail(_("Your account of Sociair Portal"), text, None, [user.email])
    except OSError as error:  # SMTPException is one
        logger.warning("An invitation was not mailed: %s", type(error).__name__)
        return False
    return True
