"""The own numbers of colleagues, which managers enter for them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contacts.shown_numbers import shown_mobile
from messaging.forms.own_number import ProfileForm
from messaging.models import Profile
from messaging.services.campaigns import own_number
from sociair_portal.common.actors import user_of
from sociair_portal.common.bases import ModelAdmin


@admin.register(Profile)
class ProfileAdmin(ModelAdmin):
    """The numbers that tests go to. One that is entered here needs no code; it is kept who did."""

    form = ProfileForm
    fields = ["user", "mobile", "proved_at", "entered_by"]
    list_display = ["user", "number", "proved_at", "entered_by"]
    list_select_related = ["user", "entered_by"]
    search_fields = ["user__username", "user__first_name", "user__last_name"]
    ordering = ["user__username"]

    @admin.display(description=_("mobile number"))
    def number(self, row: Profile) -> str:
        return shown_mobile(row.mobile) if row.mobile else ""

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Whoever has no row yet, and is no superuser."""
        others = User.objects.filter(profile__isnull=True, is_superuser=False)
        kwargs["queryset"] = others.order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Profile | None = None) -> Any:
        recorded = ("proved_at", "entered_by")
        return recorded if obj is None else ("user", *recorded)

    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        saved = own_number.save_number(obj.user, obj.mobile, by=user_of(request.user))
        obj.pk = saved.pk

    def has_change_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        """A superuser's number is no manager's business, nor is any for who sees no numbers."""
        if not request.user.has_perm("contacts.view_number"):
            return False
        is_above = obj is not None and obj.user.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not is_above

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        """An empty number says the same, and keeps the account's row."""
        return False
