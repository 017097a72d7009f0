"""Whether it is really they who are signed in: confirmed again before what cannot be undone."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from sociair_portal.common.buttons import page_at_or_above

View = TypeVar("View", bound=Callable[..., Any])
_UNATTENDED: Final = "refreshes_itself"


@reauthentication_required
def _passes(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def is_confirmed(request: HttpRequest) -> bool:
    """Whether they have given their password or code within the last minutes; in the sandbox
    nobody is asked.
    """
    if settings.SANDBOX:
        return True
    try:
        _passes(request)
    except ReauthenticationRequired:
        return False
    return True


def to_confirm(back: str) -> HttpResponseRedirect:
    """To the page that asks for it, and from there back to an address of ours."""
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")


def confirmed_first(back: str = "") -> Callable[[View], View]:
    """For a view that does something by POST: who has not confirmed goes there first, and then back
    to `back`, or to the page that the form stood on.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def confirmed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method != "POST" or is_confirmed(request):
                return view(request, *args, **kwargs)
            return to_confirm(reverse(back) if back else _page_of_form(request))

        return cast(View, confirmed)

    return decorated


def _page_of_form(request: HttpRequest) -> str:
    page = urlsplit(request.headers.get("Referer", ""))
    return page_at_or_above(page.path) if page.netloc == request.get_host() else "/"


def refreshes_itself(view: View) -> View:
    """Marks a view that pages ask by themselves: nobody sits there for that reason."""
    setattr(view, _UNATTENDED, True)
    return view


def is_unattended(view: Callable[..., Any]) -> bool:
    return getattr(view, _UNATTENDED, False)
