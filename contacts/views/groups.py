"""Pages of groups: the list, one group, and its members."""

from collections.abc import Collection

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.forms.lists import GroupSearchForm, MemberSearchForm, SelectionForm
from contacts.forms.people import GroupForm
from contacts.forms.unique_rows import saved
from contacts.models import Contact, Group
from contacts.services import membership
from contacts.services.filters import BY_NAME
from contacts.services.search import with_opt_outs
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import page_by_key


@permission_required("contacts.view_group", raise_exception=True)
def group_list(request: HttpRequest) -> HttpResponse:
    search = GroupSearchForm(searched(request))
    page = page_by_key(search.found(), order=("name",), at=request.GET.get("page", ""))
    sizes = membership.sizes(page.items)
    rows = [(group, sizes.get(group.pk, 0)) for group in page.items]
    context = {"search": search, "page": page, "rows": rows}
    return render(request, "contacts/groups/group_list.html", context)


@permission_required("contacts.add_group", raise_exception=True)
def group_create(request: HttpRequest) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and saved(form):
        messages.success(
            request, _("%(group)s was created. Add contacts to it.") % {"group": form.instance}
        )
        return redirect(form.instance)
    return render(request, "contacts/groups/group_form.html", {"form": form})


@permission_required("contacts.change_group", raise_exception=True)
def group_rename(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(Group, pk=pk)
    name = group.name
    form = GroupForm(request.POST or None, instance=group)
    if request.method == "POST" and saved(form):
        said = _("%(old)s is now called %(new)s.") % {"old": name, "new": group.name}
        messages.success(request, said)
        return redirect(group)
    return render(
        request, "contacts/groups/group_form.html", {"form": form, "pk": pk, "name": name}
    )


@permission_required("contacts.delete_group", raise_exception=True)
def group_delete(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(Group, pk=pk)
    if request.method == "POST":
        membership.dissolve(group, by=request.user)
        messages.success(request, _("%(group)s was deleted.") % {"group": group})
        return redirect("contacts:groups")
    context = {"group": group, "size": membership.sizes([group]).get(pk, 0)}
    return render(request, "contacts/groups/group_delete.html", context)


@permission_required("contacts.view_group", raise_exception=True)
def group_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A group's members; those who are ticked leave it."""
    group = get_object_or_404(Group, pk=pk)
    selection = SelectionForm(request.POST or None)
    may_tick = request.user.has_perm("contacts.change_group")
    if request.method == "POST":
        if not may_tick:
            raise PermissionDenied
        if selection.is_valid():
            _leave(request, group, selection.cleaned_data["contact"])
            return redirect(request.get_full_path())
    search = MemberSearchForm(searched(request))
    found = search.found(with_opt_outs(Contact.objects.filter(groups=group)))
    page = page_by_key(
        found, among=Contact.objects.all(), order=BY_NAME, at=request.GET.get("page", "")
    )
    context = {
        "group": group,
        "search": search,
        "page": page,
        "selection": selection,
        "may_tick": may_tick,
    }
    return render(request, "contacts/groups/group_page.html", context)


@permission_required("contacts.change_group", raise_exception=True)
def group_add(request: HttpRequest, pk: int) -> HttpResponse:
    """All who are not in the group; those who are ticked join it."""
    group = get_object_or_404(Group, pk=pk)
    selection = SelectionForm(request.POST or None)
    if request.method == "POST" and selection.is_valid():
        _join(request, group, selection.cleaned_data["contact"])
        return redirect(request.get_full_path())
    search = MemberSearchForm(searched(request))
    found = search.found(with_opt_outs(membership.outside(group)))
    page = page_by_key(
        found, among=Contact.objects.all(), order=BY_NAME, at=request.GET.get("page", "")
    )
    context = {
        "group": group,
        "search": search,
        "page": page,
        "selection": selection,
        "may_tick": True,
    }
    return render(request, "contacts/groups/group_add.html", context)


def _join(request: HttpRequest, group: Group, people: Collection[Contact]) -> None:
    count = membership.join(group, [person.pk for person in people], by=request.user)
    said = ngettext(
        "%(count)d contact was added to %(group)s.",
        "%(count)d contacts were added to %(group)s.",
        count,
    )
    messages.success(request, said % {"count": count, "group": group})


def _leave(request: HttpRequest, group: Group, people: Collection[Contact]) -> None:
    membership.leave(group, [person.pk for person in people], by=request.user)
    count = len(people)
    said = ngettext(
        "%(count)d contact is no longer in %(group)s.",
        "%(count)d contacts are no longer in %(group)s.",
        count,
    )
    messages.success(request, said % {"count": count, "group": group})
