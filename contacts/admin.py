"""People, groups and opt-outs in the admin; members are looked up, never listed whole."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten
from django.db.models import CharField, JSONField, Q, QuerySet, TextField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.forms.people import ContactForm, GroupForm, OptOutForm
from contacts.forms.searches import no_digits
from contacts.models import Contact, ContactField, ContactImport, FilePurpose, Group, OptOut
from contacts.services import membership
from contacts.services.search import find_contacts, number_prefix, numbers_from
from contacts.shown_numbers import (
    has_digits,
    is_masked,
    may_see_numbers,
    shown_mobile,
    shown_text,
)
from sociair_portal.common.bases import ModelAdmin, TabularInline
from sociair_portal.common.first_rows import first_rows

_MOST: Final = 1000  # contacts in a list: nobody turns more pages than that


@cache
def _masked_column(label: str, name: str) -> Callable[[Any], str]:
    """A column of the list, or a line of the page, with its numbers masked."""

    @admin.display(description=label)
    def masked(row: Any) -> str:
        return shown_text(getattr(row, name))

    return masked


class MasksNumbers(ModelAdmin):
    """What holds numbers, or may hold some: masked for those who may not see them."""

    # Texts of messages are shown as they are, here as everywhere.
    as_they_are: Collection[str] = ("text",)

    def get_list_display(self, request: HttpRequest) -> Any:
        names = super().get_list_display(request)
        masked: dict[Any, Any] = {} if may_see_numbers() else self._masked_columns()
        return [masked.get(name, name) for name in names]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        masked: dict[Any, Any] = self._masked_in(obj)
        return [
            (title, options | {"fields": list(dict.fromkeys(masked.get(n, n) for n in fields))})
            for title, options in super().get_fieldsets(request, obj)
            for fields in [flatten(options["fields"])]
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, *(self._masked_in(obj).values())]

    def _masked_columns(self) -> dict[str, Callable[[Any], str]]:
        """What stands in the place of everything that may have a number in it."""
        return {
            field.name: _masked_column(str(field.verbose_name), field.name)
            for field in self.opts.concrete_fields
            if isinstance(field, CharField | TextField | JSONField)
            and not field.choices
            and field.name not in self.as_they_are
        }

    def _masked_in(self, row: Any) -> dict[str, Callable[[Any], str]]:
        """What whoever looks must not see of a row as it is, and what is shown instead."""
        if row is None or may_see_numbers():
            return {}
        columns = self._masked_columns()
        return {name: shown for name, shown in columns.items() if is_masked(getattr(row, name))}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if has_digits(search_term) and not may_see_numbers():
            messages.warning(request, no_digits())
            return queryset.none(), False
        return self.found(request, queryset, search_term)

    def found(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, words)


class NumberSearch(MasksNumbers):
    """Lists in which numbers are found by their beginning, in any spelling."""

    def found(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        prefix = number_prefix(words)
        if prefix is not None:
            return queryset.filter(numbers_from(prefix)), False
        return super().found(request, queryset, words)

    @admin.display(description=_("mobile number"), ordering="mobile")
    def number(self, row: Contact | OptOut) -> str:
        return shown_mobile(row.mobile)


class MembershipInline(TabularInline):
    """The groups of one person."""

    model = Group.members.through
    verbose_name = pgettext_lazy("of people", "group")
    verbose_name_plural = pgettext_lazy("of people", "groups")
    autocomplete_fields = ["group"]
    extra = 1

    def formfield_for_foreignkey(self, *args: Any, **kwargs: Any) -> Any:
        """A membership, which Django makes, has no words of its own."""
        return super().formfield_for_foreignkey(*args, **{**kwargs, "label": self.verbose_name})


@admin.register(Contact)
class ContactAdmin(NumberSearch):
    form = ContactForm
    fields = ["name", "mobile", "operator", "fields", "created_at", "updated_at"]
    readonly_fields = ["operator", "fields", "created_at", "updated_at"]
    inlines = [MembershipInline]
    list_display = ["name", "number", "operator", "added"]
    list_filter = ["operator"]
    # Indexes have these orders.
    sortable_by = ["name", "number", "added"]
    search_fields = ["name"]
    search_help_text = _("Search by any part of a name or number. The first 1,000 are listed.")
    ordering = ["name", "id"]
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("added"), ordering="id")
    def added(self, contact: Contact) -> datetime:
        return contact.created_at

    def found(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        """The first of them. Whatever is done to all is done to those who are counted and seen."""
        found = find_contacts(queryset, words) if words else queryset
        order = list(dict.fromkeys(map(str, queryset.query.order_by)))
        first = first_rows(found.only("pk"), _MOST, order=order, among=Contact.objects.all())
        return queryset.filter(pk__in=[contact.pk for contact in first]), False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Who joined a group here, or left it, is in the record."""
        super().save_formset(request, form, formset, change)
        moved = len(formset.changed_objects)
        membership.record_change(
            form.instance,
            by=request.user,
            joined=len(formset.new_objects) + moved,
            left=len(formset.deleted_objects) + moved,
        )


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    form = GroupForm
    readonly_fields = ["all_members", "created_at"]
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
    search_help_text = _("Search by the start of a number, or by any part of a reason.")
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
class ContactImportAdmin(MasksNumbers):
    """Which files were imported, by whom, and the results."""

    list_display = ["file_name", "state", "created_at", "created_by", "created", "updated", "all"]
    list_filter = ["state", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["file_name"]
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("result"))
    def all(self, source: ContactImport) -> SafeString:
        return format_html('<a href="{}">{}</a>', source.get_absolute_url(), _("See the rows"))

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
