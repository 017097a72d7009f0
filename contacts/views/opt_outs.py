"""Pages of opt-outs, the numbers that are never sent messages."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from contacts.forms.lists import OptOutSearchForm
from contacts.forms.people import OptOutForm
from contacts.forms.unique_rows import saved
from contacts.models import Contact, OptOut
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import page_by_key


@permission_required("contacts.view_optout", raise_exception=True)
def optout_list(request: HttpRequest) -> HttpResponse:
    search = OptOutSearchForm(searched(request))
    found = search.found().select_related("created_by")
    page = page_by_key(found, order=("-id",), at=request.GET.get("page", ""))
    names = _names_at([opt_out.mobile for opt_out in page.items])
    rows = [(opt_out, names.get(opt_out.mobile, [])) for opt_out in page.items]
    context = {"search": search, "page": page, "rows": rows}
    return render(request, "contacts/opt_outs/optout_list.html", context)


def _names_at(mobiles: list[str]) -> dict[str, list[str]]:
    """The names of contacts with these numbers, by number."""
    names: dict[str, list[str]] = {}
    found = Contact.objects.filter(mobile__in=mobiles).order_by("name", "id")
    for mobile, name in found.values_list("mobile", "name"):
        names.setdefault(mobile, []).append(name)
    return names


@permission_required("contacts.add_optout", raise_exception=True)
def optout_create(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Opt a number out: any one, or a contact's."""
    if pk is not None and not request.user.has_perm("contacts.view_contact"):
        raise PermissionDenied
    contact = None if pk is None else get_object_or_404(Contact, pk=pk)
    form = OptOutForm(request.POST or None, contact=contact)
    form.instance.created_by = request.user
    if request.method == "POST" and saved(form):
        messages.success(
            request,
            _("%(mobile)s is opted out and will get no more messages.") % {"mobile": form.instance},
        )
        return redirect("contacts:optouts")
    return render(request, "contacts/opt_outs/optout_form.html", {"form": form})


@permission_required("contacts.delete_optout", raise_exception=True)
def optout_delete(request: HttpRequest, pk: int) -> HttpResponse:
    opt_out = get_object_or_404(OptOut, pk=pk)
    if request.method == "POST":
        with transaction.atomic():  # of two who do this, one has
            get_object_or_404(OptOut.objects.select_for_update(), pk=pk).delete()
        said = _("%(mobile)s can be sent messages again.") % {"mobile": opt_out}
        messages.success(request, said)
        return redirect("contacts:optouts")
    context = {"opt_out": opt_out, "names": _names_at([opt_out.mobile]).get(opt_out.mobile, [])}
    return render(request, "contacts/opt_outs/optout_delete.html", context)
