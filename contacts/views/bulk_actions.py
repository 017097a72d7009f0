"""The pages of a bulk action: what it will do, then how far it is."""

import time
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from contacts.forms.lists import BulkForm, ContactFilterForm
from contacts.models import Group
from contacts.services.bulk_actions import Action, BulkAction
from sociair_portal.common import formats
from sociair_portal.common.sentences import noted
from sociair_portal.common.shown_digits import in_digits

_FOR: Final = 3.0  # seconds of one request; then the page shows how far it is and asks for more
_GOES_ON_FOR: Final = 60 * 60  # seconds
_MOST_UNTYPED: Final = 50  # contacts that are deleted without typing how many


def act(request: HttpRequest, filters: ContactFilterForm, form: BulkForm) -> HttpResponse:
    """Ask about an action chosen in a list, and do it once it is confirmed."""
    chosen = form.cleaned_data
    action = Action(chosen["action"])
    if not request.user.has_perm(action.permission):
        raise PermissionDenied
    people = filters.found() if chosen["whom"] == "found" else chosen["contact"]
    words = filters.sentence if chosen["whom"] == "found" else noted("Ticked in the list")
    bulk = BulkAction(action, people, request.user, chosen["group"], chosen["reason"], words)
    context: dict[str, Any] = {"bulk": bulk, "form": form, "filters": filters}
    if (before := _before(request, bulk)) is not None:
        return _go_on(request, bulk, context, before)
    context |= {"to_do": bulk.count(), "people": people.count()}
    context["rest"] = context["people"] - context["to_do"]
    context["must_type"] = action is Action.DELETE and context["to_do"] > _MOST_UNTYPED
    if (expected := _number(request, "expected")) is None:
        return render(request, "contacts/bulk_actions/act.html", context)
    if expected != context["to_do"]:
        context["has_changed"] = True
    elif context["must_type"] and _number(request, "typed") != context["to_do"]:
        context["mistyped"] = True
    else:
        return _go_on(request, bulk, context, (0, 0, expected))
    return render(request, "contacts/bulk_actions/act.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "").replace(",", "").strip()
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def _before(request: HttpRequest, bulk: BulkAction) -> tuple[int, int, int] | None:
    """Where the last page has stopped: the last key, how many are done, and of how many. It is
    signed, so that no one begins in the middle, where nothing is asked.
    """
    try:
        said = signing.loads(
            request.POST.get("goes_on", ""), salt=_salt(request, bulk), max_age=_GOES_ON_FOR
        )
    except signing.BadSignature:
        return None
    after, done, expected = said
    return after, done, expected


def _salt(request: HttpRequest, bulk: BulkAction) -> str:
    group = bulk.group.pk if bulk.group else ""
    return f"contacts.bulk_actions.{request.user.pk}.{bulk.action.value}.{group}"


def _go_on(
    request: HttpRequest, bulk: BulkAction, context: dict[str, Any], before: tuple[int, int, int]
) -> HttpResponse:
    after, done, expected = before
    until = time.monotonic() + _FOR
    progress = bulk.go_on(after, is_time_left=lambda: time.monotonic() < until)
    done += progress.done
    if progress.is_over:
        messages.success(request, _said(bulk, done))
        return redirect(request.get_full_path())
    expected = max(expected, done)
    goes_on = signing.dumps([progress.after, done, expected], salt=_salt(request, bulk))
    context |= {"goes_on": goes_on, "done": done, "expected": expected}
    return render(request, "contacts/bulk_actions/progress.html", context)


def _said(bulk: BulkAction, done: int) -> str:
    """A sentence about what was done: to how many, and how many members there are now."""
    values: dict[str, Any] = {"count": in_digits(formats.count(done)), "group": bulk.group}
    if bulk.group is not None:
        members = Group.members.through.objects.filter(group=bulk.group).count()
        values["members"] = in_digits(formats.count(members))
    return _sentence(bulk.action, done) % values


def _sentence(action: Action, done: int) -> str:
    if action is Action.ADD:
        return ngettext(
            "%(count)s contact was added to %(group)s. Members now: %(members)s.",
            "%(count)s contacts were added to %(group)s. Members now: %(members)s.",
            done,
        )
    if action is Action.REMOVE:
        return ngettext(
            "%(count)s contact was removed from %(group)s. Members now: %(members)s.",
            "%(count)s contacts were removed from %(group)s. Members now: %(members)s.",
            done,
        )
    if action is Action.OPT_OUT:
        return ngettext(
            "%(count)s number is opted out and will get no more messages.",
            "%(count)s numbers are opted out and will get no more messages.",
            done,
        )
    return ngettext("%(count)s contact was deleted.", "%(count)s contacts were deleted.", done)
