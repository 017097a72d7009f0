"""Accounts in the admin, for superusers: single permissions and flags. All else is on the page
Colleagues, where managers are at home.
"""

from copy import copy
from typing import TYPE_CHECKING, Any

import django.contrib.auth.admin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from sociair_portal.accounts.colleagues import forget_old_addresses
from sociair_portal.common.bases import ModelAdmin
from sociair_portal.common.identity import is_confirmed, to_confirm
from sociair_portal.roles import permission_in_words, role_in_words

if TYPE_CHECKING:
    UserAdmin = django.contrib.auth.admin.UserAdmin[User]
    GroupAdmin = django.contrib.auth.admin.GroupAdmin
    Choices = ModelMultipleChoiceField[Any]
else:
    Choices = ModelMultipleChoiceField
    UserAdmin = django.contrib.auth.admin.UserAdmin
    GroupAdmin = django.contrib.auth.admin.GroupAdmin

for model in (User, Group, EmailAddress, Authenticator, UserSession):
    admin.site.unregister(model)


class InWords(Choices):
    """Roles and permissions in the language of whoever looks."""

    def label_from_instance(self, obj: Any) -> str:
        if isinstance(obj, Permission):
            return permission_in_words(obj.content_type.model_class(), obj.codename, obj.name)
        return role_in_words(obj.name)


class RoleFilter(admin.RelatedFieldListFilter):
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        choices = super().field_choices(field, request, model_admin)
        return [(pk, role_in_words(str(name))) for pk, name in choices]


class ForSuperusers(ModelAdmin):
    """Who sets a permission could take every other: nobody else sees these pages."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # closed is enough: what someone did stays theirs

    def formfield_for_manytomany(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(*args, **{"form_class": InWords, **kwargs})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.user.is_superuser and not is_confirmed(request):
            return to_confirm(request.path)
        page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return page


@admin.register(User)
class PortalUserAdmin(ForSuperusers, UserAdmin):
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        (_("Permissions"), {"fields": ("is_superuser", "is_staff", "groups", "user_permissions")}),
    )
    list_display = ("username", "first_name", "roles", "is_superuser", "is_active")
    list_filter = ("is_active", ("groups", RoleFilter))

    def get_urls(self) -> Any:
        """Without the page that sets a colleague's password: a link lets its owner choose one."""
        return [url for url in super().get_urls() if url.name != "auth_user_password_change"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # colleagues are invited

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_old_addresses(obj)

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(role_in_words(group.name) for group in user.groups.all())


def _called_in_words(group: Group) -> Group:
    """A role to be shown, and never saved: its name is that of the reader's language."""
    shown = copy(group)
    shown.name = role_in_words(group.name)
    return shown


@admin.register(Group)
class PortalGroupAdmin(ForSuperusers, GroupAdmin):
    list_display = ("role",)

    @admin.display(description=_("Role"), ordering="name")
    def role(self, group: Group) -> str:
        return role_in_words(group.name)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context.get("original") is not None:
            context["original"] = _called_in_words(context["original"])
            context["subtitle"] = str(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)
