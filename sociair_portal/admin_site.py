"""The portal's admin site: for managers, behind the portal's own sign-in, with pages that read as
the rest of the portal does.
"""

from typing import Any

from allauth.account import views as account
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from sociair_portal.admin_pages import EMPTY, AsInThePortal
from sociair_portal.audit import kinds
from sociair_portal.common.bases import ModelAdmin
from sociair_portal.roles import may_use_admin


class PortalAdminSite(AdminSite):
    """Signing in and out and the password are the portal's own pages."""

    site_header = site_title = _("Sociair Portal")
    index_title = _("Lists")
    index_template = "admin/portal_index.html"
    empty_value_display = EMPTY

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        base = admin_class or ModelAdmin
        made = type(base.__name__, (AsInThePortal, base), {})
        super().register(model_or_iterable, made, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"kinds_of_the_record": kinds.KNOWN}

    def has_permission(self, request: HttpRequest) -> bool:
        return may_use_admin(request.user)

    @method_decorator(login_not_required)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the portal's sign-in page; Django's own would turn managers away."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return account.logout(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return redirect("account_change_password")

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return redirect("admin:index")
