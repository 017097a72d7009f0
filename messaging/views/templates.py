"""Pages of templates: the list, a new one, changing and deleting one."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from messaging.forms.templates import TemplateForm, TemplateSearchForm
from messaging.models import MessageTemplate
from messaging.services import templates
from messaging.services.audience.known_keys import offered
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import page_by_key


@require_safe
@permission_required("messaging.view_messagetemplate", raise_exception=True)
def template_list(request: HttpRequest) -> HttpResponse:
    search = TemplateSearchForm(searched(request))
    page = page_by_key(search.found(), order=("name", "id"), at=request.GET.get("page", ""))
    return render(
        request, "messaging/templates/template_list.html", {"search": search, "page": page}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.add_messagetemplate", raise_exception=True)
def template_create(request: HttpRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if request.method == "POST" and (template := form.kept(by=request.user)) is not None:
        messages.success(request, _("%(name)s is saved.") % {"name": template.name})
        say_strange(request, template.text)
        return redirect("messaging:templates")
    return render(request, "messaging/templates/template_form.html", {"form": form, **_fields()})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.change_messagetemplate", raise_exception=True)
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a template. If someone else has changed it since, their text is shown first."""
    template = get_object_or_404(MessageTemplate.objects.select_related("changed_by"), pk=pk)
    now = {"name": template.name, "text": template.text, "version": template.version}
    form = TemplateForm(request.POST or None, initial=now, template=template)
    context = {"template": template, **_fields()}
    if request.method == "POST" and form.is_valid():
        if form.changed(by=request.user):
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            say_strange(request, form.cleaned_data["text"])
            return redirect("messaging:templates")
        if not form.errors:
            template.refresh_from_db()
            form = TemplateForm({**request.POST.dict(), "version": template.version})
            form.full_clean()
            context["is_changed"] = True
    return render(request, "messaging/templates/template_form.html", {**context, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.delete_messagetemplate", raise_exception=True)
def template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(MessageTemplate, pk=pk)
    if request.method == "POST":
        with transaction.atomic():  # of two who delete, one has
            get_object_or_404(MessageTemplate.objects.select_for_update(), pk=pk).delete()
        messages.success(request, _("%(name)s is deleted.") % {"name": template.name})
        return redirect("messaging:templates")
    return render(request, "messaging/templates/template_delete.html", {"template": template})


def _fields() -> dict[str, object]:
    return {"placeholders": offered()}


def say_strange(request: HttpRequest, text: str) -> None:
    """Warn of placeholders that only a spreadsheet can fill, or that were mistyped."""
    if strange := templates.strange_keys(text):
        named = ", ".join(f"{{{key}}}" for key in strange)
        said = ngettext(
            "%(fields)s is not a field of your contacts. Use it only with a spreadsheet that has "
            "this column.",
            "%(fields)s are not fields of your contacts. Use them only with a spreadsheet that has "
            "these columns.",
            len(strange),
        )
        messages.warning(request, said % {"fields": named})
