"""Pages and buttons for tables of recipients: give one, choose its columns, drop it."""

from functools import partial
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacts.forms.imports import UploadForm
from messaging.forms.ids import ids_of
from messaging.models import Campaign
from messaging.services.audience import tables
from messaging.views.compose import changed_page, typed_form, with_draft
from messaging.views.compose_changes import button_of_the_form
from sociair_portal.common.uploads import was_too_large


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def upload(request: HttpRequest) -> HttpResponse:
    """Take in a file or pasted rows, then back to Compose with the table and its draft."""
    draft = request.GET.get("draft", "")
    named = {"draft": draft} if ids_of([draft]) else {}
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, was_too_large=was_too_large(request))
        take = partial(tables.take_in, by=request.user)
        refusals = (tables.TableRefused,)
        if form.is_valid() and (table := form.taken_in(take, refusals=refusals)) is not None:
            query = urlencode({**named, "table": str(table.pk)})
            return redirect(f"{reverse('messaging:compose')}?{query}")
    else:
        form = UploadForm(initial={"sheet": request.GET.get("sheet", "")})
    back = f"{reverse('messaging:compose')}?{urlencode(named)}"
    context = {"form": form, "back": back, "sheet": form["sheet"].value()}
    return render(request, "messaging/tables/upload.html", context)


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
def use_columns(request: HttpRequest) -> HttpResponse:
    """Read the same rows by the columns that were chosen; every button does that."""
    return changed_page(request, typed_form(request))


@button_of_the_form()
def drop_table(request: HttpRequest) -> HttpResponse:
    """Go back to groups and contacts, as they were."""
    return changed_page(request, typed_form(request, table=""))
