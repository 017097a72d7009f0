"""Pages of contacts: the list with its bulk actions, exports, one person."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts.forms.lists import BulkForm, ContactFilterForm
from contacts.forms.people import ContactWithGroupsForm
from contacts.forms.unique_rows import saved
from contacts.models import Contact, ContactField, OptOut
from contacts.services import export
from contacts.services.bulk_actions import Action
from contacts.services.search import with_opt_outs
from contacts.shown_numbers import PERMISSION, shown_mobile, shown_text
from contacts.views.bulk_actions import act
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common import formats
from sociair_portal.common.kept_searches import searched, without_its_search
from sociair_portal.common.pages import page_by_key
from sociair_portal.common.ways_back import way_back

_SHARING_SHOWN = 5
_COUNTED = 10_000  # how many more there are is not counted at every view


@permission_required("contacts.view_contact", raise_exception=True)
def contact_list(request: HttpRequest) -> HttpResponse:
    """Everyone, or whom a filter finds; bulk actions are for those ticked, or for all found."""
    search, bulk = ContactFilterForm(searched(request)), BulkForm(request.POST or None)
    if request.method == "POST" and not _may_act(request):
        raise PermissionDenied
    if request.method == "POST" and bulk.is_valid():
        return act(request, search, bulk)
    found = with_opt_outs(search.found()).prefetch_related("groups")
    everybody = Contact.objects.all() if search.is_narrowed else None
    page = page_by_key(found, among=everybody, order=search.order, at=request.GET.get("page", ""))
    may_tick = _may_act(request)
    context = {"search": search, "page": page, "selection": bulk, "may_tick": may_tick}
    if not search.is_narrowed:
        context["total"] = Contact.objects.all()[: _COUNTED + 1].count()
        context["counted"] = _COUNTED
    return render(request, "contacts/people/contact_list.html", context)


def _may_act(request: HttpRequest) -> bool:
    return any(request.user.has_perm(action.permission) for action in Action)


@without_its_search("contacts:list")
@require_safe
@permission_required("contacts.view_contact", raise_exception=True)
def contact_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A file of the people that the list shows, for a spreadsheet or to be imported again."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    if not request.user.has_perm(PERMISSION):
        messages.error(
            request,
            _("You cannot download this file, because you are not allowed to see whole numbers."),
        )
        return redirect("contacts:list")
    filters = ContactFilterForm(searched(request))
    people = export.People(filters.found(), ContactField.objects.all())
    if kind == "xlsx":
        if people.are_more_than(export.MOST_IN_XLSX):
            said = _(
                "An XLSX file can have up to %(most)s contacts. Choose CSV, or narrow the list."
            )
            messages.error(request, said % {"most": formats.count(export.MOST_IN_XLSX)})
            return redirect(f"{reverse('contacts:list')}?{request.GET.urlencode()}")
        spreadsheet = FileResponse(people.xlsx(), as_attachment=True, filename=_file_name(kind))
        return _exported(request, spreadsheet, filters, kind)
    response = StreamingHttpResponse(people.csv_lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(kind)}"'
    return _exported(request, response, filters, kind)


def _exported(
    request: HttpRequest, file: HttpResponseBase, filters: ContactFilterForm, kind: str
) -> HttpResponseBase:
    """The file, once it is written down who gets it."""
    if request.method == "GET":
        record(
            Deed.EXPORTED,
            by=request.user,
            kind=Contact,
            words=filters.sentence,
            people=filters.found().count(),
            file=kind,
        )
    return file


def _file_name(kind: str) -> str:
    return f"contacts-{localdate():%Y-%m-%d}.{kind}"


@permission_required("contacts.add_contact", raise_exception=True)
def contact_create(request: HttpRequest) -> HttpResponse:
    form = ContactWithGroupsForm(request.POST or None)
    if request.method == "POST" and saved(form):
        _say_saved(request, form.instance)
        return redirect("contacts:list")
    context = {"form": form, "back": reverse("contacts:list")}
    return render(request, "contacts/people/contact_form.html", context)


@permission_required("contacts.change_contact", raise_exception=True)
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    back = way_back(request, reverse("contacts:list"))
    context = {
        "name": shown_text(contact.name),
        "mobile": contact.mobile,
        "opt_out": OptOut.objects.filter(mobile=contact.mobile).first(),
        "sharing": list(_others_at(contact)),
        "back": back,
    }
    form = ContactWithGroupsForm(request.POST or None, instance=contact)
    if request.method == "POST" and saved(form):
        _say_saved(request, form.instance)
        if "mobile" in form.changed_data:  # her page shows what still goes to the old number
            return redirect(f"{contact.get_absolute_url()}?{urlencode({'next': back})}")
        return redirect(back)
    return render(request, "contacts/people/contact_form.html", {**context, "form": form})


@permission_required("contacts.delete_contact", raise_exception=True)
def contact_delete(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    if request.method == "POST":
        with transaction.atomic():  # of two who delete, one has
            get_object_or_404(Contact.objects.select_for_update(), pk=pk).delete()
        messages.success(request, _("%(name)s was deleted.") % {"name": shown_text(contact.name)})
        return redirect("contacts:list")
    return render(request, "contacts/people/contact_delete.html", {"contact": contact})


def _say_saved(request: HttpRequest, contact: Contact) -> None:
    messages.success(request, _("%(name)s was saved.") % {"name": shown_text(contact.name)})
    if names := [other.name for other in _others_at(contact)]:
        said = _("%(mobile)s is also the number of %(names)s. It gets each message only once.")
        named = {"mobile": shown_mobile(contact.mobile), "names": shown_text(", ".join(names))}
        messages.info(request, said % named)


def _others_at(contact: Contact) -> QuerySet[Contact]:
    """Other contacts with the same number, as in a family."""
    same = Contact.objects.filter(mobile=contact.mobile).exclude(pk=contact.pk)
    return same.order_by("name", "id")[:_SHARING_SHOWN]
