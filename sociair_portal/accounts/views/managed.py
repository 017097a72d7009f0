"""Who does something to a colleague: somebody who may, and has confirmed who they are."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sociair_portal.accounts.roles import may_manage
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import is_confirmed, to_confirm


def for_managers_of_them(
    view: Callable[[HttpRequest, User, User], HttpResponse],
) -> Callable[[HttpRequest, int], HttpResponse]:
    """For what is done to a colleague (the first of the two users) by somebody who may change the
    account (the second), and who confirms first who they are.
    """

    @by_button
    @wraps(view)
    def managed(request: HttpRequest, pk: int) -> HttpResponse:
        user, by = get_object_or_404(User, pk=pk), signed_in(request)
        if not may_manage(by, user):
            raise PermissionDenied
        if not is_confirmed(request):
            return to_confirm(reverse("colleague", args=[pk]))
        return view(request, user, by)

    return managed


def signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
