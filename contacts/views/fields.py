"""Pages of the office's own fields: the list, a new one, renaming and deleting one."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from contacts.fields import FieldKind
from contacts.forms.people import FieldForm
from contacts.forms.unique_rows import saved
from contacts.models import ContactField
from contacts.services.field_values import filled, forget, try_styles
from sociair_portal.common.pages import Page


@permission_required("contacts.view_contactfield", raise_exception=True)
def field_list(request: HttpRequest) -> HttpResponse:
    page = Page(list(ContactField.objects.all()))
    return render(request, "contacts/fields/field_list.html", {"page": page})


@permission_required("contacts.add_contactfield", raise_exception=True)
def field_create(request: HttpRequest) -> HttpResponse:
    form = FieldForm(request.POST or None)
    if request.method == "POST" and saved(form):
        messages.success(request, _("%(field)s was created.") % {"field": form.instance})
        return redirect("contacts:fields")
    return render(request, "contacts/fields/field_form.html", {"form": form})


@permission_required("contacts.change_contactfield", raise_exception=True)
def field_edit(request: HttpRequest, pk: int) -> HttpResponse:
    field = get_object_or_404(ContactField, pk=pk)
    name = field.name
    form = FieldForm(request.POST or None, instance=field)
    if request.method == "POST" and saved(form):
        messages.success(request, _("%(field)s was saved.") % {"field": field})
        return redirect("contacts:fields")
    context = {"form": form, "name": name, "pk": pk}
    if field.kind != FieldKind.DATE:
        context["tried"] = try_styles(field)
    return render(request, "contacts/fields/field_form.html", context)


@permission_required("contacts.delete_contactfield", raise_exception=True)
def field_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a field and everyone's value of it."""
    field = get_object_or_404(ContactField, pk=pk)
    if request.method == "POST":
        forget(field, by=request.user)
        messages.success(request, _("%(field)s was deleted.") % {"field": field})
        return redirect("contacts:fields")
    context = {"field": field, "filled": filled(field).count()}
    return render(request, "contacts/fields/field_delete.html", context)
