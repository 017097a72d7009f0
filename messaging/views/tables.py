"""A table to be written to: given as a file or pasted, without contacts being made of it."""

from functools import partial
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from contacts.forms.imports import UploadForm
from messaging.services.audience import tables
from sociair_portal.common.uploads import was_too_large


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def upload(request: HttpRequest) -> HttpResponse:
    """Back to the message with the table, and with the draft that it was given for."""
    draft = request.GET.get("draft", "")
    named = {"draft": draft} if draft.isdecimal() else {}
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, was_too_large=was_too_large(request))
        take = partial(tables.take_in, by=request.user)
        if (
            form.is_valid()
            and (table := form.taken_in(take, refusals=(tables.TableRefused,))) is not None
        ):
            query = urlencode({**named, "table": str(table.pk)})
            return redirect(f"{reverse('messaging:compose')}?{query}")
    else:
        form = UploadForm(initial={"sheet": request.GET.get("sheet", "")})
    back = f"{reverse('messaging:compose')}?{urlencode(named)}"
    context = {"form": form, "back": back, "sheet": form["sheet"].value()}
    return render(request, "messaging/table.html", context)
