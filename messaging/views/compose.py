"""Writing a message: the form, the contacts that a search finds, and the estimate beside it."""

import uuid
from contextlib import suppress
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Contact
from contacts.searching import find_contacts
from messaging.forms import OF_ALL, ComposeForm
from messaging.models import Campaign, CampaignState
from messaging.script import to_plain
from messaging.services import campaigns, holds
from messaging.services.acting import Actor
from messaging.services.audience import GroupGone
from messaging.services.estimate import estimate
from messaging.services.placeholders import known_keys
from messaging.text import tidy
from messaging.views.waking import recent_reading

_FOUND_SHOWN: Final = 20


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def compose(request: HttpRequest) -> HttpResponse:
    """A new message, or a draft to go on with; whoever only searches keeps what was typed."""
    draft = _draft(request)
    if draft is not None and draft.state != CampaignState.DRAFT:
        return redirect(draft)
    typed = ComposeForm(_typed(request) if request.method == "POST" else _beginning(request, draft))
    is_submitted = request.method == "POST" and not {"search", "plain"} & request.POST.keys()
    if is_submitted and typed.is_valid() and (saved := _saved(typed, request.user)) is not None:
        return redirect(saved)
    recent_reading(holds.current_gateway())
    form = typed if is_submitted or draft is not None else typed.unchecked()
    context = {
        "form": form,
        "placeholders": [(f"{{{key}}}", label) for key, label in known_keys().items()],
        **_contacts_context(request, form),
        **_estimate_context(typed),
    }
    return render(request, "messaging/compose.html", context)


def _typed(request: HttpRequest) -> QueryDict:
    """What was typed; with twins in the place of dear characters, if that was asked for."""
    if "plain" not in request.POST:
        return request.POST
    changed = request.POST.copy()
    changed["text"] = to_plain(request.POST.get("text", ""))
    return changed


def _draft(request: HttpRequest) -> Campaign | None:
    """One's own draft to go on with, if the address names one."""
    pk = request.GET.get("draft")
    if pk is None:
        return None
    if not pk.isdecimal():
        raise Http404
    return get_object_or_404(Campaign, created_by=request.user.pk, pk=pk)


def _beginning(request: HttpRequest, draft: Campaign | None) -> dict[str, Any]:
    """A form with an id of its own and whom the address names, or what was written before."""
    if draft is None:
        named = {name: request.GET.getlist(name) for name in ("groups", "contacts")}
        return {"form_uuid": uuid.uuid4(), **named}
    of_all = OF_ALL if draft.audience["of_all"] else ""
    chosen = {**draft.audience, "of_all": of_all}
    return {"form_uuid": draft.form_uuid, "text": draft.text, **chosen}


def _saved(form: ComposeForm, by: Actor) -> Campaign | None:
    try:
        return campaigns.save_draft(
            form_uuid=form.cleaned_data["form_uuid"],
            text=form.cleaned_data["text"],
            audience=form.audience,
            gateway=holds.current_gateway(),
            by=by,
        )
    except campaigns.SendRefused as refused:
        form.add_error(None, str(refused))
        return None


# -- Contacts --------------------------------------------------------------------------------


@require_POST
@permission_required("messaging.send_campaign", raise_exception=True)
def contact_choices(request: HttpRequest) -> HttpResponse:
    """The contacts that are chosen, and those that a search finds. By POST: numbers are searched
    for, and addresses are written to logs.
    """
    context = {"live": True, **_contacts_context(request, ComposeForm(request.POST))}
    return render(request, "messaging/_contact_choices.html", context)


def _contacts_context(request: HttpRequest, form: ComposeForm) -> dict[str, Any]:
    chosen = form.chosen_contacts()
    words = request.POST.get("contact_search", "").strip()
    found: list[Contact] = []
    if words:
        others = Contact.objects.exclude(pk__in=[contact.pk for contact in chosen])
        found = list(find_contacts(others, words).order_by("name", "id")[: _FOUND_SHOWN + 1])
    return {
        "chosen_contacts": chosen,
        "contact_search": words,
        "found_contacts": found[:_FOUND_SHOWN],
        "more_contacts": len(found) > _FOUND_SHOWN,
    }


# -- The estimate ----------------------------------------------------------------------------


@require_POST
@permission_required("messaging.send_campaign", raise_exception=True)
def measure(request: HttpRequest) -> HttpResponse:
    """What is typed so far: its parts, whom it reaches, what it would cost, what is wrong."""
    form = ComposeForm(request.POST)
    wrong = [
        error
        for name in ("groups", "without", "contacts", "numbers", "text")
        if form[name].value()
        for error in form.errors.get(name, [])
    ]
    context = {"live": True, "wrong": wrong, **_estimate_context(form)}
    return render(request, "messaging/_estimate.html", context)


def _estimate_context(form: ComposeForm) -> dict[str, Any]:
    """Of what could be read. A group that vanishes at this moment is told by the next answer."""
    form.is_valid()
    text = tidy(form["text"].value() or "")
    with suppress(GroupGone):
        return {"text": text, "estimate": estimate(text, form.audience, holds.current_gateway())}
    return {"text": text}
