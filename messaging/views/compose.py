"""Compose: the page of its form, its drafts and the estimate beside it."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import replace_url

from contacts.forms.searches import no_digits
from contacts.models import Contact
from contacts.services.filters import BY_NAME
from contacts.services.search import find_contacts
from contacts.shown_numbers import has_digits, may_see_numbers
from messaging import tasks
from messaging.forms.compose import OF_ALL, ComposeForm
from messaging.forms.ids import ids_of
from messaging.forms.templates import TemplateForm
from messaging.models import Campaign, CampaignState, MessageTemplate
from messaging.services.audience import tables
from messaging.services.audience.choice import GroupGone
from messaging.services.audience.known_keys import known_keys, offered
from messaging.services.audience.other_days import other_days
from messaging.services.audience.table_rows import TableRefused
from messaging.services.campaigns import drafts
from messaging.services.campaigns.estimate import Estimate, estimate
from messaging.services.gateway import holds
from messaging.services.money import affordability
from messaging.services.templates import last_used
from messaging.text.characters import to_plain
from messaging.text.placeholders import as_ours, strange
from messaging.text.validity import tidy
from messaging.views.freshness import recent_reading
from sociair_portal.common.actors import Actor
from sociair_portal.common.buttons import by_button
from sociair_portal.common.first_rows import first_rows

_FOUND_SHOWN: Final = 20
_TEMPLATES_SHOWN: Final = 30


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def compose(request: HttpRequest) -> HttpResponse:
    """A new message, or a draft to continue; a POST goes on to its review."""
    draft = _draft(request)
    if draft is not None and draft.state != CampaignState.DRAFT:
        return redirect(draft)
    if request.method == "POST":
        typed = typed_form(request)
        return with_draft(request, typed, redirect) if typed.is_valid() else page(request, typed)
    typed = ComposeForm(_beginning(request, draft), by=request.user)
    is_ready = draft is not None and not draft.is_unfinished
    return page(request, typed, shown=typed if is_ready else typed.unchecked())


def typed_form(request: HttpRequest, **changes: str) -> ComposeForm:
    """What was typed, with these changes, whichever button was pressed.

    If other columns were chosen for the table, it is read again by them; if that fails, the form
    says why and is not valid.
    """
    posted = request.POST.copy()
    for name, value in changes.items():
        posted[name] = value
    typed = ComposeForm(posted, by=request.user)
    table = typed.chosen_table
    number, name = posted.get("number_column", ""), posted.get("name_column", "")
    if table is None or not number or (number, name) == (table.number_key, table.name_key):
        return typed
    try:
        meant = tables.read_again(table, number=number, name=name, by=request.user)
    except TableRefused as refused:
        typed.full_clean()
        typed.add_error(None, str(refused))
        return typed
    posted["table"] = str(meant.pk)
    return ComposeForm(posted, by=request.user)


def with_draft(
    request: HttpRequest, typed: ComposeForm, go_on: Callable[[Campaign], HttpResponse]
) -> HttpResponse:
    """Save the draft and `go_on` with it; or the form again, with why it could not be saved."""
    other: Campaign | None = None
    try:
        return go_on(_saved(typed, by=request.user))
    except affordability.SendRefused as refused:
        typed.add_error(None, str(refused))
    except drafts.ChangedElsewhere as changed:
        other = changed.campaign
        said = _("%(why)s Check that version, or press Review again to keep this one.")
        typed.add_error(None, said % {"why": changed})
    return page(request, typed, other=other)


def changed_page(
    request: HttpRequest, typed: ComposeForm, *, template_form: TemplateForm | None = None
) -> HttpResponse:
    """The form after a button that only helps, for someone who has not finished yet."""
    for refused_columns in typed.non_field_errors():
        messages.error(request, str(refused_columns))
    return page(
        request, typed, shown=typed.unchecked(), is_unsaved=True, template_form=template_form
    )


def page(
    request: HttpRequest,
    typed: ComposeForm,
    *,
    shown: ComposeForm | None = None,
    other: Campaign | None = None,
    is_unsaved: bool = False,
    template_form: TemplateForm | None = None,
) -> HttpResponse:
    """The page of Compose.

    `shown` is the form to show (None: `typed`, with all that is wrong in it); what stands beside it
    is worked out from `typed`. `other` is the draft that another window saved meanwhile.
    """
    recent_reading(holds.current_gateway())
    form = shown or typed
    table = typed.chosen_table
    known = known_keys(table)
    context = {
        "form": form,
        "other": other,
        "is_unsaved": is_unsaved,
        "template_form": template_form or TemplateForm(prefix="template"),
        "templates": last_used(_TEMPLATES_SHOWN),
        "placeholders": offered(table),
        "table": table,
        **contacts_context(request, form),
        **_estimate_context(typed, known),
    }
    response = render(request, "messaging/compose/compose.html", context)
    # Kept while its tab is open: whoever comes back to it finds the same form, not another draft.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def contacts_context(request: HttpRequest, form: ComposeForm) -> dict[str, Any]:
    """The contacts that are chosen, and those that a search finds."""
    chosen = form.chosen_contacts()
    words = request.POST.get("contact_search", "").strip()
    found: list[Contact] = []
    is_refused = has_digits(words) and not may_see_numbers()
    if words and not is_refused:
        others = Contact.objects.exclude(pk__in=[contact.pk for contact in chosen])
        found = first_rows(
            find_contacts(others, words),
            _FOUND_SHOWN + 1,
            order=BY_NAME,
            among=Contact.objects.all(),
        )
    return {
        "chosen_contacts": chosen,
        "contact_search": words,
        "search_refused": no_digits() if is_refused else "",
        "found_contacts": found[:_FOUND_SHOWN],
        "more_contacts": len(found) > _FOUND_SHOWN,
    }


def _draft(request: HttpRequest) -> Campaign | None:
    """The author's own draft that the address names, if it names one."""
    pk = request.GET.get("draft")
    if pk is None:
        return None
    if not ids_of([pk]):
        raise Http404
    return get_object_or_404(Campaign, created_by=request.user.pk, pk=pk)


def _beginning(request: HttpRequest, draft: Campaign | None) -> dict[str, Any]:
    """A new form's values, with whom the address names, or the values of a draft."""
    if draft is None:
        named: dict[str, Any] = {name: request.GET.getlist(name) for name in ("groups", "contacts")}
        chosen = ids_of(request.GET.getlist("template")[:1])
        if (template := MessageTemplate.objects.filter(pk__in=chosen).first()) is not None:
            named |= {"text": template.text, "template": template.pk}
        table = request.GET.get("table", "")
        return {"form_uuid": uuid.uuid4(), "version": 0, "table": table, **named}
    of_all = OF_ALL if draft.audience["of_all"] else ""
    return {
        **draft.audience,
        "of_all": of_all,
        "form_uuid": draft.form_uuid,
        "version": draft.version,
        "template": draft.template_id or "",
        "text": draft.text,
        "table": request.GET.get("table", draft.audience["table"]),
    }


def _saved(form: ComposeForm, *, by: Actor) -> Campaign:
    """The draft, saved; ready for review if nothing is wrong with it.

    Raises `SendRefused` and `ChangedElsewhere`.
    """
    is_ready = form.is_valid()
    return drafts.save_draft(
        form_uuid=form.cleaned_data["form_uuid"],
        text=form.cleaned_data["text"] if is_ready else form.unfinished_text,
        audience=form.audience if is_ready else form.unfinished_audience,
        gateway=holds.current_gateway(),
        by=by,
        template=form.used_template(),
        is_unfinished=not is_ready,
        # A form that was open while the portal was upgraded has none.
        version=form.cleaned_data.get("version") or 0,
        keep_answers=True,
    )


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def save(request: HttpRequest) -> HttpResponse:
    """Save what is written so far, as it is, and answer with the draft's new version."""
    form = ComposeForm(request.POST, by=request.user)
    if "form_uuid" in form.errors:
        return HttpResponse(status=204)
    same = Campaign.objects.filter(form_uuid=form.cleaned_data["form_uuid"])
    if not form.is_begun and not same.exists():
        return HttpResponse(status=204)
    try:
        draft = _saved(form, by=request.user)
    except affordability.SendRefused as refused:
        return render(request, "messaging/compose/_saved.html", {"refused": str(refused)})
    except drafts.ChangedElsewhere as changed:
        return render(request, "messaging/compose/_saved.html", {"changed": changed})
    if draft.state != CampaignState.DRAFT:
        return HttpResponse(status=204)
    answer = render(request, "messaging/compose/_saved.html", {"draft": draft})
    answer.headers["Draft-Version"] = str(draft.version)
    return replace_url(answer, f"{reverse('messaging:compose')}?draft={draft.pk}")


@by_button
@permission_required("messaging.send_campaign", raise_exception=True)
def measure(request: HttpRequest) -> HttpResponse:
    """The estimate for what is typed so far: parts, people, cost, and what is wrong."""
    form = ComposeForm(request.POST, by=request.user)
    wrong = [
        error
        for name in ("groups", "without", "contacts", "numbers", "text")
        if form[name].value()
        for error in form.errors.get(name, [])
    ]
    who = (ids_of(request.POST.getlist("who")[:1]) or [0])[0]
    known = known_keys(form.chosen_table)
    context = {"live": True, "wrong": wrong, **_estimate_context(form, known, who=who)}
    if _shows_all(request.POST.get("waits"), context.get("estimate")):
        return HttpResponse(status=204)
    return render(request, "messaging/compose/_estimate.html", context)


def _shows_all(waits: str | None, found: Estimate | None) -> bool:
    """Whether a page that waits for a count ("again": that it is tried again) shows all that is
    known yet.
    """
    if waits is None or found is None or not found.waits:
        return False
    return found.is_given_up == (waits == "again")


def _estimate_context(
    form: ComposeForm, known: Mapping[str, str], *, who: int = 0
) -> dict[str, Any]:
    """The estimate, of what can be read.

    Without it if a group is deleted at this very moment; the next answer says so.
    """
    text = tidy(form["text"].value() or "")
    with suppress(GroupGone):
        found = estimate(text, form.audience, holds.current_gateway(), who=who)
        tasks.kick_count(found.count)
        return {
            "text": text,
            "text_is_wrong": "text" in form.errors,
            "strange": strange(text, known),
            "other_days": other_days(text, form.chosen_table, None),
            "own_text": as_ours(text, known),
            "plain_text": to_plain(text),
            "estimate": found,
        }
    return {"text": text}
