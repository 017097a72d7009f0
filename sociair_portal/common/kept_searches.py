"""Searches that no address holds.

What people type into a search may be a name or a number, and addresses stand in the history of the
browser, in the logs of proxies and in `Referer`. So a search form posts to its page with
`?searching`; the middleware keeps what was typed in the session under a short random key, and goes
on to `?search=<key>`. What is chosen from a list (a group, a state, a day) stays in the address.

    search = ContactFilterForm(searched(request))
"""

import secrets
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

# Names of the fields that people type into, in every search form and in the admin.
TYPED: Final = frozenset({"q", "value", "value_day", "request"})
KEY: Final = "search"
POSTED: Final = "searching"
MOST_KEPT: Final = 50  # searches of one session; the oldest go
_LONGEST: Final = 500  # characters of what was typed; no form takes more
_SESSION: Final = "searches"
_WITHOUT: Final = "without_its_search"
# Where a list is at: another search begins at its first page.
_PLACES: Final = frozenset({"page", "p", "back_from"})

View = TypeVar("View", bound=Callable[..., Any])


def searched(request: HttpRequest) -> QueryDict:
    """What a search form gets: the address with what its key stands for."""
    data = request.GET.copy()
    for name, typed in _kept(request).get(data.get(KEY, ""), {}).items():
        data[name] = typed
    return data


def without_its_search(page: str) -> Callable[[View], View]:
    """A decorator for a view that must never answer for everyone when its search is gone, like an
    export: it goes to that page instead.
    """

    def decorated(view: View) -> View:
        setattr(view, _WITHOUT, page)
        return view

    return decorated


class KeptSearchMiddleware:
    """Takes what was typed out of addresses, on every page there is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        if request.method == "POST" and POSTED in request.GET and request.user.is_authenticated:
            return _go_on(request, request.POST)
        if request.method in ("GET", "HEAD") and not (TYPED | {POSTED}).isdisjoint(request.GET):
            return _go_on(request, request.GET)
        if request.user.is_authenticated and _is_gone(request):
            messages.warning(request, _("This search has expired. Search again."))
            page = getattr(view, _WITHOUT, None)
            return redirect(_address(request, {}, to=resolve_url(page) if page else request.path))
        return None


def _is_gone(request: HttpRequest) -> bool:
    return KEY in request.GET and request.GET[KEY] not in _kept(request)


def _go_on(request: HttpRequest, given: QueryDict) -> HttpResponse:
    """To the same page with a key in the place of what was typed.

    Nobody who is not signed in has a session to keep it in: it is dropped.
    """
    typed = {name: given.get(name, "").strip()[:_LONGEST] for name in sorted(TYPED)}
    typed = {name: text for name, text in typed.items() if text}
    key = _keep(request, typed) if typed and request.user.is_authenticated else ""
    return redirect(_address(request, {KEY: [key]} if key else {}, given=given))


def _address(
    request: HttpRequest,
    changes: dict[str, list[str]],
    *,
    given: QueryDict | None = None,
    to: str = "",
) -> str:
    """A page, by default this one, with what else was chosen."""
    chosen = dict(request.GET.lists()) | dict((given or QueryDict()).lists())
    dropped = TYPED | _PLACES | {KEY, POSTED, "csrfmiddlewaretoken"}
    query = QueryDict(mutable=True)
    for name, values in chosen.items():
        if name not in dropped and any(values):
            query.setlist(name, values)
    for name, values in changes.items():
        query.setlist(name, values)
    return f"{to or request.path}?{query.urlencode()}".rstrip("?")


def _keep(request: HttpRequest, typed: dict[str, str]) -> str:
    """The key of a search, which is now the latest of its session."""
    kept = _kept(request)
    key = next((one for one, same in kept.items() if same == typed), secrets.token_urlsafe(6))
    kept.pop(key, None)
    kept[key] = typed
    request.session[_SESSION] = dict(list(kept.items())[-MOST_KEPT:])
    return key


def _kept(request: HttpRequest) -> dict[str, dict[str, str]]:
    """The searches of this session by their keys, the latest last."""
    return dict(request.session.get(_SESSION, {}))
