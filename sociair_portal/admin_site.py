"""The portal's admin site: for managers, behind the portal's own sign-in, and with lists that are
searched and filtered without a name or a number in their address.
"""

from typing import Any

from allauth.account import views as account
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from sociair_portal.common.bases import ModelAdmin
from sociair_portal.common.kept_searches import KEY, searched
from sociair_portal.roles import may_use_admin


class KeptChangeList(ChangeList):
    """A list that is searched for what the key in its address stands for."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.query = searched(request).get(SEARCH_VAR, "")
        return super().get_queryset(request, exclude_parameters)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        chosen = super().get_filters_params(params)
        return {name: value for name, value in chosen.items() if name != KEY}


def _change_list(_admin: ModelAdmin, _request: HttpRequest, **_kwargs: Any) -> type[ChangeList]:
    return KeptChangeList


def _lookup_allowed(admin: ModelAdmin, lookup: str, value: str, request: HttpRequest) -> bool:
    """Only what the list offers as a filter: Django would take any column, a number's too."""
    offered = admin.get_list_filter(request)
    paths = [str(one[0] if isinstance(one, tuple | list) else one) for one in offered]
    paths += filter(None, [admin.date_hierarchy])
    return any(lookup == path or lookup.startswith(f"{path}__") for path in paths)


class PortalAdminSite(AdminSite):
    """Signing in and out and the password are the portal's own pages."""

    site_header = site_title = _("Sociair Portal")
    index_title = _("Records")
    index_template = "admin/portal_index.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Whoever registers a list, it keeps its searches out of addresses."""
        kept = {"get_changelist": _change_list, "lookup_allowed": _lookup_allowed}
        super().register(model_or_iterable, admin_class, **kept, **options)

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
