"""Pages of an import: choose a file, see what will happen, start it, see the result."""

from collections import Counter
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts import tasks
from contacts.forms.imports import ColumnsForm, HeadingForm
from contacts.forms.uploads import UploadForm
from contacts.importing import jobs, report, undo
from contacts.importing.meanings import Choice, choice_for
from contacts.importing.options import Options
from contacts.importing.outlook import SHOWN, outlook
from contacts.importing.plan import Planned, RowOutcome, plan
from contacts.models import ContactImport, FilePurpose, ImportState
from contacts.shown_numbers import PERMISSION
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.record import record
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import refreshes_itself
from sociair_portal.common.pages import page_by_key
from sociair_portal.common.uploads import takes_a_file

_SHOWN: Final = 20  # rows of a preview
_RECENT: Final = 10


def _imports() -> QuerySet[ContactImport]:
    """Files of contacts; those for one message are their owner's."""
    return ContactImport.objects.filter(purpose=FilePurpose.CONTACTS)


def _may_import(request: HttpRequest) -> bool:
    return request.user.has_perms(("contacts.add_contact", "contacts.change_contact"))


def _may_undo(request: HttpRequest) -> bool:
    return _may_import(request) and request.user.has_perm("contacts.delete_contact")


@takes_a_file("contacts.add_contact", "contacts.change_contact")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file, or paste rows; they are kept until someone has seen the preview."""
    take = partial(jobs.take_in, by=request.user)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid() and (source := form.taken_in(take)) is not None:
            return redirect(source)
    else:
        form = UploadForm(initial={"sheet": request.GET.get("sheet", "")})
    recent = _imports().select_related("created_by")[:_RECENT]
    context = {"form": form, "recent": recent}
    return render(request, "contacts/imports/upload.html", context)


@permission_required("contacts.view_contact", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: what will happen, how far it is, or its result."""
    source = get_object_or_404(_imports(), pk=pk)
    if source.state == ImportState.READY:
        return _preview(request, source)
    if request.method == "POST":
        return redirect(source)
    if not source.is_over:
        return render(request, "contacts/imports/progress.html", {"source": source})
    page = page_by_key(source.left_out.all(), order=("id",), at=request.GET.get("page", ""))
    context = {
        "source": source,
        "page": page,
        "accounts": report.accounts(source),
        "can_be_undone": _may_undo(request) and undo.has_undoable(source),
    }
    return render(request, "contacts/imports/report.html", context)


def _preview(request: HttpRequest, source: ContactImport) -> HttpResponse:
    if not _may_import(request):
        raise Http404
    heading = HeadingForm(source, request.POST)
    if heading.is_chosen:
        if not heading.use():
            messages.error(request, _("This row cannot be used as headings. Choose another."))
        return redirect(source)
    choice = choice_for(source)
    form = ColumnsForm(source, choice, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.options:
        if request.POST.get("action") == "start":
            opts_out = form.options.opt_out or form.options.opted_out is not None
            if opts_out and not request.user.has_perm("contacts.add_optout"):
                raise PermissionDenied
            if jobs.start(source, form.options):
                tasks.kick_imports()
            return redirect(source)
        planned = _planned(source, form.options)
    elif request.method == "POST":
        planned = []
    else:
        planned = _first_look(source, choice)
    context = {
        "source": source,
        "choice": choice,
        "form": form,
        "planned": sorted(planned, key=_is_as_expected)[:_SHOWN],
        "counts": Counter(one.outcome.value for one in planned),
        "looked_at": len({one.row.line for one in planned}),
        "values_left_out": sum(len(one.left_out) for one in planned),
        "possible_headings": jobs.possible_headings(source),
        "accounts": report.accounts(source),
        "shares": sum(bool(one.shares) for one in planned),
        "outcomes": RowOutcome,
    }
    return render(request, "contacts/imports/preview.html", context)


def _is_as_expected(one: Planned) -> bool:
    """Whether nothing of a row is left out; those of which something is are shown first."""
    return one.outcome is not RowOutcome.REJECTED and not one.left_out


def _first_look(source: ContactImport, choice: Choice) -> list[Planned]:
    """The plan for what is guessed; empty while something must be chosen."""
    form = ColumnsForm(source, choice, _as_sent(ColumnsForm(source, choice)))
    return _planned(source, form.options) if form.is_valid() and form.options else []


def _as_sent(form: ColumnsForm) -> dict[str, Any]:
    return {field.name: field.value() for field in form}


def _planned(source: ContactImport, options: Options) -> list[Planned]:
    return plan(jobs.sample_of(source, hidden=options.take_hidden), options)


@refreshes_itself
@require_safe
@permission_required("contacts.view_contact", raise_exception=True)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is; when it is over, the page is loaded again."""
    source = get_object_or_404(_imports(), pk=pk)
    response = render(request, "contacts/imports/_progress.html", {"source": source})
    if source.is_over:
        response["HX-Refresh"] = "true"
    return response


@by_button
@permission_required(["contacts.add_contact", "contacts.change_contact"], raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(_imports(), pk=pk)
    was_ready = source.state == ImportState.READY
    if jobs.cancel(source, by=request.user) and was_ready:
        messages.info(request, _("Nothing was imported from this file."))
        return redirect("contacts:upload")
    return redirect(source)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.view_contact", raise_exception=True)
def undo_import(request: HttpRequest, pk: int) -> HttpResponse:
    """What undoing an import would do, and what would stay; then do it."""
    source = get_object_or_404(_imports(), pk=pk)
    if not _may_undo(request):
        raise PermissionDenied
    seen = outlook(source) if undo.has_undoable(source) else None
    if seen is None or not seen.is_anything:
        messages.info(request, _("Nothing from this import can be undone."))
        return redirect(source)
    if seen.opt_outs and not request.user.has_perm("contacts.delete_optout"):
        messages.info(request, _("This import opted numbers out, so only a manager can undo it."))
        return redirect(source)
    if request.method == "POST":
        if undo.begin(source, by=request.user, with_opt_outs="opt_outs" in request.POST):
            tasks.kick_imports()
        return redirect(source)
    context = {
        "source": source,
        "outlook": seen,
        "first": seen.first[:SHOWN],
        "later": seen.later[:SHOWN],
        "is_busy": jobs.waiting(),
        "staying": [
            (seen.changed, _("Contacts changed since the import")),
            (seen.texted, _("Contacts sent messages since the import")),
        ],
    }
    return render(request, "contacts/imports/undo.html", context)


@require_safe
@permission_required("contacts.view_contact", raise_exception=True)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were left out, in the shape of their file, to be corrected and imported."""
    source = get_object_or_404(_imports(), pk=pk)
    if not request.user.has_perm(PERMISSION):
        messages.error(
            request,
            _("You cannot download this file, because you are not allowed to see whole numbers."),
        )
        return redirect(source)
    if request.method == "GET":
        rows = source.left_out.filter(column="").count()
        record(Deed.EXPORTED, by=request.user, about=source, rows=rows, file=source.kind)
    if source.kind != "csv":
        return FileResponse(report.xlsx(source), as_attachment=True, filename="left-out.xlsx")
    response = StreamingHttpResponse(report.csv_lines(source), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="left-out.csv"'
    return response
