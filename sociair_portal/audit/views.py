"""The page of the record, and its export."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.entries import csv_lines, shown
from sociair_portal.audit.filters import ORDER
from sociair_portal.audit.forms import RecordForm
from sociair_portal.audit.models import Entry
from sociair_portal.audit.record import record
from sociair_portal.common.kept_searches import searched
from sociair_portal.common.pages import page_by_key


@require_safe
@permission_required("audit.view_entry", raise_exception=True)
def entries(request: HttpRequest) -> HttpResponse:
    search = RecordForm(searched(request))
    found = search.found()
    page = page_by_key(found, order=ORDER, at=request.GET.get("page", ""))
    rows = shown(page.items, to=request.user)
    return render(request, "audit/record.html", {"search": search, "page": page, "rows": rows})


@require_safe
@permission_required("audit.view_entry", raise_exception=True)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the page shows, as CSV; who takes it away is in the record as well."""
    search = RecordForm(searched(request))
    found = search.found()
    if request.method == "GET":
        count = found.count()
        taken = record(
            Deed.EXPORTED,
            by=request.user,
            kind=Entry,
            words=search.sentence,
            entries=count,
            file="csv",
        )
        found = found.filter(pk__lt=taken.pk)
    response = StreamingHttpResponse(csv_lines(found), content_type="text/csv; charset=utf-8")
    name = f"record-{localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
