"""Users in the admin. A manager gives out the two roles, and no permission beyond them."""

from typing import TYPE_CHECKING, Any

import django.contrib.auth.admin
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sociair_portal.roles import ROLES

if TYPE_CHECKING:
    UserAdmin = django.contrib.auth.admin.UserAdmin[User]
else:
    UserAdmin = django.contrib.auth.admin.UserAdmin

_SIGN_IN = (None, {"fields": ("username", "password")})
_PERSON = (_("Person"), {"fields": ("first_name", "last_name", "email")})
_MAY = (_("Role"), {"fields": ("is_active", "groups")})
_DATES = (_("Dates"), {"fields": ("last_login", "date_joined")})

admin.site.unregister(User)


@admin.register(User)
class PortalUserAdmin(UserAdmin):
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "groups")}),
    )
    filter_horizontal = ("user_permissions",)
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        return (_SIGN_IN, _PERSON, _MAY, _DATES)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        if db_field.name == "groups":
            kwargs |= {"widget": CheckboxSelectMultiple, "label": _("Roles"), "help_text": ""}
            if not _is_superuser(request):
                kwargs["queryset"] = Group.objects.filter(name__in=ROLES)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_below(obj, request)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_below(obj, request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _is_below(user: User | None, request: HttpRequest) -> bool:
    """Whether a user may be changed: to set the password of somebody above is to become them."""
    return user is None or _is_superuser(request) or _has_only_roles(user)


def _has_only_roles(user: User) -> bool:
    more = user.is_superuser or user.user_permissions.exists()
    return not more and not user.groups.exclude(name__in=ROLES).exists()
