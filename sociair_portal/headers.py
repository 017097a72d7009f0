"""Headers of every answer: what a browser may keep, show elsewhere and let a page use."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

# Nothing of the portal needs them, so nothing that gets into a page can use them either.
_UNUSED: Final = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "usb", "xr-spatial-tracking"),
)
_HEADERS: Final = {
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class HeadersMiddleware:
    """Puts them on; no answer is kept by a browser or a proxy, but files that are for everyone,
    and forms that say otherwise. What a browser has kept goes when someone signs out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")
        is_sign_out = request.method == "POST" and request.path == reverse("account_logout")
        if is_sign_out and isinstance(response, HttpResponseRedirect):  # not if another site asks
            response.headers["Clear-Site-Data"] = '"cache"'
        return response
