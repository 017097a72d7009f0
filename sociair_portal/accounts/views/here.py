"""What a page asks about who sits in front of it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from sociair_portal.accounts.idle import seconds_left
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import refreshes_itself


@login_not_required
@refreshes_itself
@require_safe
def here(request: HttpRequest) -> JsonResponse:
    """Who is signed in, for how long, and the token for forms of this page: after signing in anew
    the one that it came with no longer counts.
    """
    user = request.user.get_username() if request.user.is_authenticated else ""
    return JsonResponse(
        {"user": user, "seconds": seconds_left(request), "token": get_token(request)}
    )


@by_button
def still_here(request: HttpRequest) -> JsonResponse:
    """Someone pressed the button: the time begins anew."""
    return JsonResponse({"seconds": seconds_left(request)})


def again(request: HttpRequest) -> HttpResponse:
    """Where signing in or confirming within a page ends; the page goes on."""
    return trigger_client_event(render(request, "account/again.html"), "here-again")
