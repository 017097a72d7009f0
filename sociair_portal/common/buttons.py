"""Addresses that only do something when a button is pressed, and the pages that those stand on."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Final, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import Resolver404, resolve

View = TypeVar("View", bound=Callable[..., Any])
_BY_BUTTON: Final = "by_button"


def by_button(view: View) -> View:
    """For a view that only answers POST: whoever opens its address reads how it works (405)."""

    @wraps(view)
    def pressed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs) if request.method == "POST" else _unpressed(request)

    setattr(pressed, _BY_BUTTON, True)
    return cast(View, pressed)


def page_at_or_above(path: str) -> str:
    """The address itself if it shows a page when it is opened, or else the nearest above it."""
    while path != "/":
        with suppress(Resolver404):
            if not getattr(resolve(path).func, _BY_BUTTON, False):
                return path
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return path


def _unpressed(request: HttpRequest) -> HttpResponse:
    refused = HttpResponseNotAllowed(["POST"])
    if "HX-Request" in request.headers or not request.accepts("text/html"):
        return refused
    page = render(request, "405.html", {"above": page_at_or_above(request.path)}, status=405)
    page.headers["Allow"] = refused.headers["Allow"]
    return page
