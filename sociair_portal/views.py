"""Pages that belong to no app: help, health and errors."""

import logging
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sociair_portal.common.ways_back import way_back
from sociair_portal.help_pages import BY_SLUG, PAGES

logger: Final = logging.getLogger(__name__)


@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "help/index.html", {"pages": PAGES})


@require_safe
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page; `next` leads back to where somebody was when they asked."""
    if (page := BY_SLUG.get(slug)) is None:
        raise Http404
    back = way_back(request, reverse("help"))
    return render(request, "help/page.html", {"page": page, "pages": PAGES, "back": back})


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
