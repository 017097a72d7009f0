"""Pages and buttons for tables of recipients: give one, choose its columns, drop it."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts.forms.imports import HeadingForm
from contacts.forms.uploads import UploadForm
from contacts.importing import jobs, report
from contacts.importing.meanings import choice_for
from contacts.models import ContactImport, FilePurpose, ImportState
from messaging.forms.ids import ids_of
from messaging.forms.tables import RecipientColumnsForm
from messaging.models import Campaign, RecipientTable
from messaging.services.audience import tables
from messaging.services.audience.table_rows import TableRefused
from messaging.views.compose import changed_page, typed_form, with_draft
from messaging.views.compose_changes import button_of_the_form
from sociair_portal.common.uploads import takes_a_file


@require_http_methods(["GET", "HEAD", "POST"])
@takes_a_file("messaging.send_campaign")
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a file or pasted rows, then back to Compose with the table and its draft; over the
    columns, if it is not clear what they mean.
    """
    named = _draft_in(request)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        take = partial(tables.take_in, by=request.user)
        refusals = (TableRefused,)
        if form.is_valid() and (source := form.taken_in(take, refusals=refusals)) is not None:
            return _as_guessed(request, source, named)
    else:
        form = UploadForm(initial={"sheet": request.GET.get("sheet", "")})
    context = {"form": form, "back": _compose(named), "sheet": form["sheet"].value()}
    return render(request, "messaging/tables/upload.html", context)


def _draft_in(request: HttpRequest) -> dict[str, str]:
    """The draft that is being written, as a part of an address."""
    draft = request.GET.get("draft", "")
    return {"draft": draft} if ids_of([draft]) else {}


def _compose(named: Mapping[str, str], table: RecipientTable | None = None) -> str:
    query = {**named, "table": str(table.pk)} if table else named
    return f"{reverse('messaging:compose')}?{urlencode(query)}"


def _as_guessed(
    request: HttpRequest, source: ContactImport, named: Mapping[str, str]
) -> HttpResponse:
    try:
        table = tables.as_guessed(source, by=request.user)
    except TableRefused as refused:
        messages.error(request, str(refused))
        table = None
    if table is not None:
        return redirect(_compose(named, table))
    return redirect(f"{reverse('messaging:table_columns', args=[source.pk])}?{urlencode(named)}")


def _own_files(request: HttpRequest) -> QuerySet[ContactImport]:
    """Files that the user has given for messages, while their rows are kept."""
    return ContactImport.objects.filter(
        purpose=FilePurpose.RECIPIENTS, state=ImportState.READY, created_by=request.user.pk
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns of a file mean; then back to Compose with the table of its rows."""
    source = get_object_or_404(_own_files(request), pk=pk)
    heading = HeadingForm(source, request.POST)
    if heading.is_chosen:
        if not heading.use():
            messages.error(request, _("This row cannot be the headings. Choose another row."))
        return redirect(request.get_full_path())
    choice = choice_for(source)
    form = RecipientColumnsForm(source, choice, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.options:
        try:
            if request.POST.get("action") == "use":
                table = tables.made_of(source, form.options, by=request.user)
                return redirect(_compose(_draft_in(request), table))
        except TableRefused as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form,
        "choice": choice,
        "source": source,
        "possible_headings": jobs.possible_headings(source),
        "accounts": report.accounts(source),
        "back": _compose(_draft_in(request)),
    }
    return render(request, "messaging/tables/columns.html", context)


@button_of_the_form()
def choose_table(request: HttpRequest) -> HttpResponse:
    """Go to the page where a table is given; what is written so far waits as a draft."""
    sheet = request.POST.get("sheet", "")
    query = {"sheet": sheet} if sheet else {}

    def to_tables(draft: Campaign | None) -> HttpResponse:
        named = query if draft is None else {**query, "draft": str(draft.pk)}
        address = reverse("messaging:table")
        return redirect(f"{address}?{urlencode(named)}" if named else address)

    typed = typed_form(request)
    if not typed.is_begun or "form_uuid" in typed.errors:
        return to_tables(None)
    return with_draft(request, typed, to_tables)


@button_of_the_form()
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Go to the file's columns; what is written so far waits as a draft."""
    typed = typed_form(request)
    table = typed.chosen_table
    kept = table.source_id if table else None
    source = _own_files(request).filter(pk=kept).first() if kept else None
    if source is None:
        messages.error(request, _("The file is no longer kept. Choose it again."))
        return changed_page(request, typed)
    address = reverse("messaging:table_columns", args=[source.pk])
    return with_draft(
        request, typed, lambda draft: redirect(f"{address}?{urlencode({'draft': draft.pk})}")
    )


@button_of_the_form()
def use_columns(request: HttpRequest) -> HttpResponse:
    """Read the same rows by the columns that were chosen; every button does that."""
    return changed_page(request, typed_form(request))


@button_of_the_form()
def drop_table(request: HttpRequest) -> HttpResponse:
    """Go back to groups and contacts, as they were."""
    return changed_page(request, typed_form(request, table=""))
