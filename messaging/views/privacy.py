"""Privacy: what is kept about one person, given to them or anonymised; and what is old.

A number is never in an address: every step about a person is a POST.
"""

import json
import time
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts.models import Contact
from contacts.services import forgotten
from messaging import tasks
from messaging.forms.privacy import ForgetForm, HiddenPersonForm, PersonForm
from messaging.models import Erasure
from messaging.services.privacy import dossier, erasing, hindrances, retention, rules
from messaging.services.privacy.traces import traces_of
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import confirmed_first
from sociair_portal.common.numbers import masked

_AT_ONCE: Final = 2.0  # seconds that a page goes on with an erasure before the worker does
_ERASURES_SHOWN: Final = 20

# These pages show everything about a person, the number included.
may_forget = permission_required(
    ["contacts.forget_person", "contacts.view_number"], raise_exception=True
)


@require_safe
@may_forget
def privacy(request: HttpRequest) -> HttpResponse:
    """The first page: whose number, and who was anonymised lately."""
    return _begin(request, PersonForm())


def _begin(request: HttpRequest, form: PersonForm) -> HttpResponse:
    erasures = Erasure.objects.select_related("created_by").order_by("-id")[:_ERASURES_SHOWN]
    context = {"form": form, "erasures": erasures, "tab": "person"}
    return render(request, "messaging/privacy/privacy.html", context)


@by_button
@may_forget
def person(request: HttpRequest) -> HttpResponse:
    """What is kept about a number's person, everywhere."""
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _begin(request, form)
    mobile = form.cleaned_data["mobile"]
    dossier.note_look(traces_of(mobile), by=request.user)
    sharing = _sharing(mobile)
    return _person(request, mobile, ForgetForm(initial={"mobile": mobile}, sharing=sharing))


def _sharing(mobile: str) -> list[Contact]:
    return list(Contact.objects.filter(mobile=mobile).order_by("name", "id"))


def _person(request: HttpRequest, mobile: str, form: ForgetForm) -> HttpResponse:
    traces = traces_of(mobile)
    context = {
        "mobile": mobile,
        "sharing": _sharing(mobile),
        "sections": dossier.overview(traces),
        "forgotten_since": forgotten.since(mobile),
        "hindrance": hindrances.hindrance(traces),
        "under_way": erasing.of_number_under_way(mobile),
        "form": form,
    }
    return render(request, "messaging/privacy/person.html", context)


@by_button
@may_forget
@confirmed_first("messaging:privacy")
def person_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Everything about a person as a file for them: a page to read, or JSON for a program."""
    if kind not in ("html", "json"):
        raise Http404
    form = HiddenPersonForm(request.POST)
    if not form.is_valid():
        return redirect("messaging:privacy")
    sections = dossier.hand_out(traces_of(form.cleaned_data["mobile"]), by=request.user)
    if kind == "json":
        content = json.dumps(dossier.to_json(sections), ensure_ascii=False, indent=2)
        response = HttpResponse(content, content_type="application/json; charset=utf-8")
    else:
        context = {"sections": sections, "mobile": form.cleaned_data["mobile"]}
        content = render_to_string("messaging/privacy/file.html", context)
        response = HttpResponse(content)
    day = f"{timezone.localdate():%Y-%m-%d}"
    response["Content-Disposition"] = f'attachment; filename="personal-data-{day}.{kind}"'
    return response


@by_button
@may_forget
@confirmed_first("messaging:privacy")
def forget(request: HttpRequest) -> HttpResponse:
    """Anonymise a person: small histories now, large ones by the worker."""
    shown = HiddenPersonForm(request.POST)
    if not shown.is_valid():
        return redirect("messaging:privacy")
    mobile = shown.cleaned_data["mobile"]
    form = ForgetForm(request.POST, sharing=_sharing(mobile))
    if not form.is_valid():
        return _person(request, mobile, form)
    reason = form.cleaned_data["reason"]
    try:
        erasure = erasing.begin(mobile, people=form.chosen, by=request.user, reason=reason)
    except (erasing.NotNow, forgotten.NoKey) as not_now:
        form.add_error(None, str(not_now))
        return _person(request, mobile, form)
    until = time.monotonic() + _AT_ONCE
    if erasing.go_on_with(erasure, go_on=lambda: time.monotonic() < until):
        messages.success(request, _("The person has been anonymised."))
    else:
        tasks.kick_forgetting()
        said = _("The person is being anonymised. This page shows when it is finished.")
        messages.info(request, said)
    return redirect("messaging:privacy")


@by_button
@may_forget
@permission_required("contacts.delete_optout", raise_exception=True)
@confirmed_first("messaging:privacy")
def let_back(request: HttpRequest) -> HttpResponse:
    """Allow messages to a forgotten number again, because its owner asked for them."""
    form = HiddenPersonForm(request.POST)
    if form.is_valid() and erasing.let_back(form.cleaned_data["mobile"], by=request.user):
        number = masked(form.cleaned_data["mobile"])
        messages.success(request, _("%(number)s can be sent messages again.") % {"number": number})
    return redirect("messaging:privacy")


@require_safe
@may_forget
def kept(request: HttpRequest) -> HttpResponse:
    """How long everything is kept, and what would go now."""
    context = {
        "rules": retention.outlook(),
        "fixed": rules.FIXED,
        "last": retention.last_day(),
        "tab": "kept",
    }
    return render(request, "messaging/privacy/kept.html", context)
