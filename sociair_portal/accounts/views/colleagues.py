"""Colleagues: who has an account, and what a manager does with it."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from sociair_portal.accounts import colleagues
from sociair_portal.accounts.colleague_forms import ColleagueForm, ReasonForm
from sociair_portal.accounts.devices import account_of
from sociair_portal.accounts.invitation_texts import save_number
from sociair_portal.accounts.invitations import open_invitation
from sociair_portal.accounts.limits import slowed_down
from sociair_portal.accounts.roles import may_manage, role_of
from sociair_portal.accounts.second_step import has_second_step, with_second_step
from sociair_portal.accounts.views.links import show_link, sms_context
from sociair_portal.accounts.views.managed import for_managers_of_them, signed_in
from sociair_portal.common.identity import is_confirmed, to_confirm
from sociair_portal.common.pages import page_by_key


@permission_required("auth.view_user", raise_exception=True)
def colleague_list(request: HttpRequest) -> HttpResponse:
    everyone = User.objects.prefetch_related("groups")
    page = page_by_key(everyone, order=("username",), at=request.GET.get("page", ""))
    two_steps = with_second_step(page.items)
    rows = [(user, role_of(user), user.pk in two_steps) for user in page.items]
    return render(request, "colleagues/list.html", {"page": page, "rows": rows})


@permission_required("auth.add_user", raise_exception=True)
def colleague_new(request: HttpRequest) -> HttpResponse:
    by = signed_in(request)
    if not by.has_perm("auth.change_user"):
        raise PermissionDenied  # who adds accounts gives roles
    if not is_confirmed(request):
        return to_confirm(request.path)
    form = ColleagueForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            user = form.save(commit=False)
            user.set_unusable_password()
            user.save()
            _save_number(request, user, form, by)
            colleagues.set_role(user, form.cleaned_data["role"], by)
        return show_link(request, user, by)
    return render(request, "colleagues/new.html", {"form": form})


@permission_required("auth.view_user", raise_exception=True)
def colleague(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    by = signed_in(request)
    may = may_manage(by, user)
    form = ColleagueForm(request.POST or None, instance=user, by=by) if may else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if not is_confirmed(request):
            return to_confirm(request.path)
        if form.is_valid():
            with transaction.atomic():
                form.save()
                _save_number(request, user, form, by)
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
        "sms": sms_context(request, user, by) if may else None,
    }
    return render(request, "colleagues/colleague.html", context)


def _save_number(request: HttpRequest, user: User, form: ColleagueForm, by: User) -> None:
    """If another one was typed."""
    if "mobile" not in form.changed_data:
        return
    if save_number(user, form.cleaned_data["mobile"], by):
        said = _("The link went to another number, so it no longer works. Make a new one.")
        messages.warning(request, said)


@for_managers_of_them
def close(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.close(user, by)
    said = _("The account of %(name)s is closed, and signed out everywhere.")
    messages.success(request, said % {"name": user.get_username()})
    return redirect("colleague", user.pk)


@for_managers_of_them
def open_again(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.open_again(user, by)
    messages.success(request, _("The account is open again."))
    return redirect("colleague", user.pk)


@for_managers_of_them
def let_try_again(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.let_try_again(user, by)
    said = _("%(name)s can try again now.") % {"name": user.get_full_name() or user.get_username()}
    messages.success(request, said)
    return redirect("colleague", user.pk)


@for_managers_of_them
def sign_out(request: HttpRequest, user: User, by: User) -> HttpResponse:
    colleagues.sign_out(user, by)
    said = _("%(name)s is signed out everywhere.")
    messages.success(request, said % {"name": user.get_username()})
    return redirect("colleague", user.pk)


@permission_required("auth.change_user", raise_exception=True)
def reset_second_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Of another manager too: this gives nobody a password, and is recorded with the reason."""
    user, by = get_object_or_404(User, pk=pk), signed_in(request)
    if user.pk == by.pk or (user.is_superuser and not by.is_superuser):
        raise PermissionDenied
    if not is_confirmed(request):
        return to_confirm(reverse("reset_second_step", args=[pk]))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        colleagues.reset_second_step(user, by, form.cleaned_data["reason"])
        said = _(
            "The second step of %(name)s has been removed. The next sign-in asks for a new one."
        )
        messages.success(request, said % {"name": user.get_username()})
        return redirect("colleague", pk)
    return render(request, "colleagues/reset.html", {"form": form, "colleague": user})
