"""Writing a message: the form, the contacts that a search finds, and the estimate beside it."""

import uuid
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import replace_url

from contacts.models import Contact
from contacts.services.search import find_contacts
from messaging.forms.compose import OF_ALL, ComposeForm
from messaging.forms.ids import ids_of
from messaging.forms.templates import TemplateForm
from messaging.models import Campaign, CampaignState, MessageTemplate
from messaging.services.audience import tables
from messaging.services.audience.choice import GroupGone
from messaging.services.audience.writers import known_keys
from messaging.services.campaigns import drafts
from messaging.services.campaigns.estimate import estimate
from messaging.services.gateway import holds
from messaging.services.money import affordability
from messaging.services.templates import last_used
from messaging.text.characters import to_plain
from messaging.text.validity import tidy
from messaging.views.freshness import recent_reading
from messaging.views.templates import say_strange

_FOUND_SHOWN: Final = 20
_TEMPLATES_SHOWN: Final = 30
# Buttons of the form that only change it.
_HELPS: Final = frozenset(
    {"search", "plain", "use_template", "save_template", "drop_table", "use_columns"}
)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("messaging.send_campaign", raise_exception=True)
def compose(request: HttpRequest) -> HttpResponse:
    """A new message, or a draft to go on with; whoever only searches keeps what was typed."""
    draft = _draft(request)
    if draft is not None and draft.state != CampaignState.DRAFT:
        return redirect(draft)
    if request.method == "POST":
        typed = _with_columns(_typed(request), request)
    else:
        typed = ComposeForm(_beginning(request, draft))
    is_submitted = request.method == "POST" and not _HELPS & request.POST.keys()
    other: Campaign | None = None
    to_tables = "choose_table" in request.POST
    if to_tables or (is_submitted and typed.is_valid()):
        try:
            if to_tables:
                return _to_tables(typed, request)
            return redirect(_saved(typed, request, seen=request.POST.get("keep")))
        except affordability.SendRefused as refused:
            typed.add_error(None, str(refused))
        except drafts.ChangedElsewhere as changed:
            other = changed.campaign
            typed.add_error(
                None,
                _("%(why)s Look at it, or press Review once more to keep what is written here.")
                % {"why": changed},
            )
    recent_reading(holds.current_gateway())
    is_ready = draft is not None and not draft.is_unfinished
    typed.is_valid()  # which finds its table
    form = typed if is_submitted or is_ready else typed.unchecked()
    if not is_submitted:
        for refused_columns in typed.non_field_errors():
            messages.error(request, str(refused_columns))
    context = {
        "form": form,
        "other": other,
        "is_unsaved": bool(_HELPS & request.POST.keys()),
        "template_form": _template_form(request),
        "templates": last_used(_TEMPLATES_SHOWN),
        "placeholders": [
            (f"{{{key}}}", label) for key, label in known_keys(typed.chosen_table).items()
        ],
        "table": typed.chosen_table,
        **_contacts_context(request, form),
        **_estimate_context(typed),
    }
    return render(request, "messaging/compose.html", context)


def _typed(request: HttpRequest) -> QueryDict:
    """What was typed; with twins in the place of dear characters, if that was asked for."""
    changed = request.POST.copy()
    if "plain" in changed:
        changed["text"] = to_plain(changed.get("text", ""))
    for pk in ids_of(request.POST.getlist("use_template")):
        if (template := MessageTemplate.objects.filter(pk=pk).first()) is not None:
            # Nothing that was typed is lost.
            changed["text"] = "\n".join(filter(None, [changed.get("text", ""), template.text]))
            changed["template"] = str(pk)
    if "drop_table" in changed:
        changed["table"] = ""
    return changed


def _with_columns(posted: QueryDict, request: HttpRequest) -> ComposeForm:
    """The form with a table whose columns mean what was chosen, whichever button was pressed. If
    that cannot be, it says why and is not valid.
    """
    typed = ComposeForm(posted)
    typed.is_valid()  # which finds its table
    table = typed.chosen_table
    number, name = posted.get("number_column", ""), posted.get("name_column", "")
    if table is None or not number or (number, name) == (table.number_key, table.name_key):
        return typed
    try:
        meant = tables.read_again(table, number=number, name=name, by=request.user)
    except tables.TableRefused as refused:
        typed.add_error(None, str(refused))
        return typed
    posted["table"] = str(meant.pk)
    return ComposeForm(posted)


def _to_tables(form: ComposeForm, request: HttpRequest) -> HttpResponse:
    """To the page where a table is given. What is written so far waits as a draft.

    Raises `SendRefused` and `ChangedElsewhere`.
    """
    form.full_clean()
    query = {"sheet": sheet} if (sheet := request.POST["choose_table"]) else {}
    if form.is_begun and "form_uuid" not in form.errors:
        query["draft"] = str(_saved(form, request).pk)
    address = reverse("messaging:table")
    return redirect(f"{address}?{urlencode(query)}" if query else address)


def _template_form(request: HttpRequest) -> TemplateForm:
    """The name for a template of this text; saved, if that was asked for."""
    if "save_template" not in request.POST:
        return TemplateForm(prefix="template")
    if not request.user.has_perm("messaging.add_messagetemplate"):
        raise PermissionDenied
    text = request.POST.get("text", "")
    typed = {"template-name": request.POST.get("template-name", ""), "template-text": text}
    form = TemplateForm(typed, prefix="template")
    if (template := form.kept(by=request.user)) is None:
        return form
    messages.success(request, _("%(name)s is saved as a template.") % {"name": template.name})
    say_strange(request, template.text)
    return TemplateForm(prefix="template")


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
    window = uuid.uuid4()
    if draft is None:
        named: dict[str, Any] = {name: request.GET.getlist(name) for name in ("groups", "contacts")}
        named["window"] = window
        chosen = ids_of(request.GET.getlist("template")[:1])
        if (template := MessageTemplate.objects.filter(pk__in=chosen).first()) is not None:
            named |= {"text": template.text, "template": template.pk}
        return {"form_uuid": uuid.uuid4(), "table": request.GET.get("table", ""), **named}
    of_all = OF_ALL if draft.audience["of_all"] else ""
    return {
        **draft.audience,
        "of_all": of_all,
        "form_uuid": draft.form_uuid,
        "seen": draft.fingerprint,
        "window": window,
        "template": draft.template_id or "",
        "text": draft.text,
        "table": request.GET.get("table", draft.audience["table"]),
    }


def _saved(form: ComposeForm, request: HttpRequest, *, seen: str | None = None) -> Campaign:
    """The draft, ready to be reviewed if nothing is wrong with it.

    Raises `SendRefused` and `ChangedElsewhere`.
    """
    is_ready = form.is_valid()
    return drafts.save_draft(
        form_uuid=form.cleaned_data["form_uuid"],
        text=form.cleaned_data["text"] if is_ready else form.unfinished_text,
        audience=form.audience if is_ready else form.unfinished_audience,
        gateway=holds.current_gateway(),
        by=request.user,
        template=form.used_template(),
        is_unfinished=not is_ready,
        seen=request.POST.get("seen") if seen is None else seen,
        form=form.cleaned_data.get("window", ""),
        turn=form.cleaned_data.get("turn") or 0,
        keep_answers=True,
    )


@require_POST
@permission_required("messaging.send_campaign", raise_exception=True)
def save(request: HttpRequest) -> HttpResponse:
    """What is written so far, kept as it is. Nothing that somebody else has written is replaced,
    unless they say so (`keep`, with what they know to be saved by then).
    """
    form = ComposeForm(request.POST)
    form.full_clean()
    if "form_uuid" in form.errors:
        return HttpResponse(status=204)
    is_new = not Campaign.objects.filter(form_uuid=form.cleaned_data["form_uuid"]).exists()
    if is_new and not form.is_begun:
        return HttpResponse(status=204)
    try:
        draft = _saved(form, request, seen=request.POST.get("keep"))
    except affordability.SendRefused as refused:
        return render(request, "messaging/_saved.html", {"refused": str(refused)})
    except drafts.ChangedElsewhere as changed:
        return render(request, "messaging/_saved.html", {"changed": changed})
    if draft.state != CampaignState.DRAFT:
        return HttpResponse(status=204)
    address = f"{reverse('messaging:compose')}?draft={draft.pk}"
    return replace_url(render(request, "messaging/_saved.html", {"draft": draft}), address)


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
    who = (ids_of(request.POST.getlist("who")[:1]) or [0])[0]
    context = {"live": True, "wrong": wrong, **_estimate_context(form, who=who)}
    return render(request, "messaging/_estimate.html", context)


def _estimate_context(form: ComposeForm, *, who: int = 0) -> dict[str, Any]:
    """Of what could be read. A group that vanishes at this moment is told by the next answer."""
    form.is_valid()
    text = tidy(form["text"].value() or "")
    with suppress(GroupGone):
        return {
            "text": text,
            "plain_text": to_plain(text),
            "estimate": estimate(text, form.audience, holds.current_gateway(), who=who),
        }
    return {"text": text}
