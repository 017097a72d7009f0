"""Who does something to a colleague: someone who may, and has confirmed who they are."""

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeAlias

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sociair_portal.accounts.roles import may_manage
from sociair_portal.common.buttons import by_button
from sociair_portal.common.identity import is_confirmed, to_confirm

_Deed: TypeAlias = Callable[[HttpRequest, User, User], HttpResponse]
_View: TypeAlias = Callable[[HttpRequest, int], HttpResponse]


def for_whom(may: Callable[[User, User], bool]) -> Callable[[_Deed], _View]:
    """For what is done to a colleague (the first of the two users) by someone (the second) who
    `may(by, colleague)` do it, and who confirms first who they are.
    """

    def for_them(view: _Deed) -> _View:
        @by_button
        @wraps(view)
        def managed(request: HttpRequest, pk: int) -> HttpResponse:
            user, by = get_object_or_404(User, pk=pk), signed_in(request)
            if not may(by, user):
                raise PermissionDenied
            if not is_confirmed(request):
                return to_confirm(reverse("colleague", args=[pk]))
            return view(request, user, by)

        return managed

    return for_them


for_managers_of_them: Final = for_whom(may_manage)


def signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
