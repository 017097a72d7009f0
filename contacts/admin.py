"""People, groups and opt-outs in the admin; members are looked up, never listed whole."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contacts.forms.people import ContactForm, GroupForm, OptOutForm
from contacts.models import Contact, ContactField, ContactImport, FilePurpose, Group, OptOut
from contacts.phone import format_mobile
from contacts.services import membership
from contacts.services.search import number_prefix, numbers_from
from sociair_portal.common.bases import ModelAdmin, TabularInline


class NumberSearch(ModelAdmin):
    """Lists in which numbers are found by their beginning, in any spelling."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        prefix = number_prefix(search_term)
        if prefix is not None:
            return queryset.filter(numbers_from(prefix)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("mobile number"), ordering="mobile")
    def number(self, row: Contact | OptOut) -> str:
        return format_mobile(row.mobile)


class MembershipInline(TabularInline):
    """The groups of one person."""

    model = Group.members.through
    verbose_name = verbose_name_plural = _("groups")
    autocomplete_fields = ["group"]
    extra = 1


class NewMembersInline(TabularInline):
    """People to add to a group: those who are in it may be a million, and have a page."""

    model = Group.members.through
    verbose_name = verbose_name_plural = _("people to add")
    autocomplete_fields = ["contact"]
    extra = 3

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).none()


class RecordsMembers(ModelAdmin):
    """Writes into the record who joined a group here, or left it."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        moved = len(formset.changed_objects)
        membership.record_change(
            form.instance,
            by=request.user,
            joined=len(formset.new_objects) + moved,
            left=len(formset.deleted_objects) + moved,
        )


@admin.register(Contact)
class ContactAdmin(RecordsMembers, NumberSearch):
    form = ContactForm
    fields = ["name", "mobile", "operator", "fields", "created_at", "updated_at"]
    readonly_fields = ["operator", "fields", "created_at", "updated_at"]
    inlines = [MembershipInline]
    list_display = ["name", "number", "operator", "created_at"]
    list_filter = ["operator", "created_at"]
    search_fields = ["name"]
    search_help_text = _("Any part of a name, or how a number begins")
    ordering = ["name", "id"]
    list_per_page = 50
    show_full_result_count = False


@admin.register(Group)
class GroupAdmin(RecordsMembers):
    form = GroupForm
    readonly_fields = ["all_members", "created_at"]
    inlines = [NewMembersInline]
    list_display = ["name", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["name"]
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ["name"] if obj is None else ["name", "all_members", "created_at"]

    @admin.display(description=_("members"))
    def all_members(self, group: Group) -> SafeString:
        url = reverse("contacts:group", args=[group.pk])
        return format_html('<a href="{}">{}</a>', url, _("See and remove members"))


@admin.register(OptOut)
class OptOutAdmin(NumberSearch):
    form = OptOutForm
    fields = ["mobile", "reason", "created_by", "created_at"]
    readonly_fields = ["created_by", "created_at"]
    list_display = ["number", "reason", "created_by", "created_at"]
    list_filter = ["created_at"]
    list_select_related = ["created_by"]
    search_fields = ["reason"]
    search_help_text = _("How a number begins, or any part of the reason")
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: OptOut | None = None) -> bool:
        """An opt-out is entered once; a mistake is removed and entered anew."""
        return False

    def save_model(self, request: HttpRequest, obj: OptOut, form: Any, change: bool) -> None:
        obj.created_by = request.user  # type: ignore[assignment]  # nobody is anonymous here
        super().save_model(request, obj, form, change)


@admin.register(ContactField)
class ContactFieldAdmin(ModelAdmin):
    """Fields are made in the portal; here they are renamed, and their placeholders stay."""

    fields = ["name", "key", "kind", "created_at"]
    readonly_fields = ["key", "kind", "created_at"]
    list_display = ["name", "key", "kind", "created_at"]
    list_filter = ["kind"]
    search_fields = ["name"]

    def save_model(self, request: HttpRequest, obj: ContactField, form: Any, change: bool) -> None:
        obj.source = None  # it stays when the import that made it is undone
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ContactField | None = None) -> bool:
        return False


@admin.register(ContactImport)
class ContactImportAdmin(ModelAdmin):
    """Which files were imported, by whom, and what came of them."""

    list_display = ["file_name", "state", "created_at", "created_by", "created", "updated", "all"]
    list_filter = ["state", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["file_name"]
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("rows and reasons"))
    def all(self, source: ContactImport) -> SafeString:
        return format_html('<a href="{}">{}</a>', source.get_absolute_url(), _("See"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Files of contacts, and those that the user gave for a message: others' are private."""
        is_visible = Q(purpose=FilePurpose.CONTACTS) | Q(created_by=request.user.pk)
        return super().get_queryset(request).filter(is_visible)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ContactImport | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ContactImport | None = None) -> bool:
        return False
