"""Contacts: the list, one person, and who joins or leaves a group."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from contacts.forms import ContactFilterForm, ContactWithGroupsForm, MembershipForm
from contacts.models import Contact, OptOut
from contacts.phone import format_mobile
from contacts.searching import with_opt_outs
from contacts.views.membership import join, leave
from contacts.views.saving import saved
from sociair_portal.paging import page_by_key

BY_NAME = ("name", "id")
_SHARING_SHOWN = 5


@permission_required("contacts.view_contact", raise_exception=True)
def contact_list(request: HttpRequest) -> HttpResponse:
    """Everybody, or whom a search finds; those who are ticked join a group or leave it."""
    membership = MembershipForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm("contacts.change_group"):
            raise PermissionDenied
        if membership.is_valid():
            change = join if membership.cleaned_data["action"] == "add" else leave
            change(request, membership.cleaned_data["group"], membership.cleaned_data["contact"])
            return redirect(request.get_full_path())
    filters = ContactFilterForm(request.GET)
    found = with_opt_outs(filters.found()).prefetch_related("groups")
    page = page_by_key(found, order=BY_NAME, at=request.GET.get("page", ""))
    context = {"filters": filters, "page": page, "membership": membership}
    return render(request, "contacts/contact_list.html", context)


@permission_required("contacts.add_contact", raise_exception=True)
def contact_create(request: HttpRequest) -> HttpResponse:
    form = ContactWithGroupsForm(request.POST or None)
    if request.method == "POST" and saved(form):
        _say_saved(request, form.instance)
        return redirect("contacts:list")
    return render(request, "contacts/contact_form.html", {"form": form})


@permission_required("contacts.change_contact", raise_exception=True)
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    context = {
        "name": contact.name,
        "mobile": contact.mobile,
        "opt_out": OptOut.objects.filter(mobile=contact.mobile).first(),
        "sharing": list(_others_at(contact)),
    }
    form = ContactWithGroupsForm(request.POST or None, instance=contact)
    if request.method == "POST" and saved(form):
        _say_saved(request, form.instance)
        return redirect("contacts:list")
    return render(request, "contacts/contact_form.html", {**context, "form": form})


@permission_required("contacts.delete_contact", raise_exception=True)
def contact_delete(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    if request.method == "POST":
        contact.delete()
        messages.success(request, _("%(name)s is deleted.") % {"name": contact.name})
        return redirect("contacts:list")
    return render(request, "contacts/contact_delete.html", {"contact": contact})


def _say_saved(request: HttpRequest, contact: Contact) -> None:
    messages.success(request, _("%(name)s is saved.") % {"name": contact.name})
    if names := [other.name for other in _others_at(contact)]:
        said = _("%(mobile)s is also the number of %(names)s: a message goes there only once.")
        mobile = format_mobile(contact.mobile)
        messages.info(request, said % {"mobile": mobile, "names": ", ".join(names)})


def _others_at(contact: Contact) -> QuerySet[Contact]:
    """Others on the same number, as in a family."""
    same = Contact.objects.filter(mobile=contact.mobile).exclude(pk=contact.pk)
    return same.order_by("name", "id")[:_SHARING_SHOWN]
