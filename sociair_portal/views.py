"""Pages that belong to no app: health and errors."""

import logging
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger: Final = logging.getLogger(__name__)


@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Answers "ok" to a load balancer when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Says whom to ask, where whoever refuses it knows."""
    user = request.user.pk if request.user.is_authenticated else "nobody"
    logger.warning("Refused to user %s: %s %s", user, request.method, request.path)
    return render(request, "403.html", {"why": str(exception or "")}, status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    """Where a limit of the library that signs people in says how often is too often."""
    return render(request, "429.html", status=429)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Without the page's frame, because what the frame needs may be what failed."""
    return render(None, "500.html", status=500)
