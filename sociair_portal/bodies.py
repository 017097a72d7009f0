"""What a request may bring with it is judged before any of it is read.

This stands below signing in, whose redirect needs no body, and above the protection against forged
requests, which reads the form for its token.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from sociair_portal.common.uploads import (
    SMALL_BODY,
    OneFile,
    most_bytes,
    permissions_for_file,
    too_large,
)


class BodyMiddleware:
    """Refuses what is too large, or a file from someone who may not give one, unread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._get_response(request)
        finally:
            for handler in request.upload_handlers:
                if isinstance(handler, OneFile):
                    handler.drop()

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if "Transfer-Encoding" in request.headers:
            return render(request, "400.html", status=411)
        permissions = permissions_for_file(view)
        if permissions is not None and request.content_type == "multipart/form-data":
            return _may_give_file(request, permissions)
        size = _size(request)
        if size <= SMALL_BODY:
            return None
        is_known = request.user.is_authenticated
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if is_known else SMALL_BODY
        return render(request, "413.html", status=413) if size > most else None


def _may_give_file(request: HttpRequest, permissions: tuple[str, ...]) -> HttpResponseBase | None:
    if not request.user.has_perms(permissions):
        raise PermissionDenied
    if _size(request) > most_bytes() + SMALL_BODY:  # of the form around the file
        return render(request, "413.html", {"too_large": too_large()}, status=413)
    request.upload_handlers = [OneFile(request)]
    return None


def _size(request: HttpRequest) -> int:
    """The bytes of its body, as it says; Django reads no more than that."""
    said: Any = request.META.get("CONTENT_LENGTH") or 0
    return int(said)
