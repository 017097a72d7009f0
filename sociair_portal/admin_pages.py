"""What every list and page of the admin has in common, whoever registers it: searches that leave no
trace in an address, and amounts, figures and yes or no as in the rest of the portal.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import flatten, unquote
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import (
    BooleanField,
    DecimalField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    QuerySet,
)
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from sociair_portal.audit import kinds
from sociair_portal.common import formats
from sociair_portal.common.bases import ModelAdmin
from sociair_portal.common.kept_searches import KEY, searched

Column = Callable[[Any], str]
EMPTY: Final = "–"
# How a filter may ask: not for columns of another table, from which a number could be guessed.
_LOOKUPS: Final = {
    *("__exact", "__in", "__isnull", "__gte", "__gt", "__lt", "__lte"),
    *("__year", "__month", "__day", "__id__exact", "__pk__exact"),
}
_CHOOSE: Final = gettext_lazy("Choose")


class PortalChangeList(ChangeList):
    """A list under its own name, searched for what the key in its address stands for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = str(capfirst(self.opts.verbose_name_plural))

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.query = searched(request).get(SEARCH_VAR, "")
        return super().get_queryset(request, exclude_parameters)

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        chosen = super().get_filters_params(params)
        return {name: value for name, value in chosen.items() if name != KEY}


class AsInThePortal(ModelAdmin):
    """Stands in front of every class that is registered."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PortalChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list offers as a filter: Django would take any column, a number's too."""
        offered = self.get_list_filter(request)
        paths = [_asked_as(one) for one in offered]
        paths += filter(None, [self.date_hierarchy])
        return any(
            lookup == path or (lookup.startswith(path) and lookup.removeprefix(path) in _LOOKUPS)
            for path in paths
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._columns.get(name, name) for name in super().get_list_display(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is only read is written as in a list."""
        is_read = not self.has_change_permission(request, obj)
        fixed = self.opts.concrete_fields if is_read else ()
        names = {it.name for it in fixed} | set(super().get_readonly_fields(request, obj))
        return [
            (
                title,
                options
                | {
                    "fields": [
                        self._columns.get(one, one) if one in names else one
                        for one in flatten(options["fields"])
                    ]
                },
            )
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, *(self._columns[name] for name in fixed if name in self._columns)]

    @cached_property
    def _columns(self) -> dict[Any, Column]:
        return {field.name: made for field in self.opts.concrete_fields if (made := _column(field))}

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> Any:
        return super().get_action_choices(request, [("", gettext("Choose"))])

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        return super().formfield_for_foreignkey(
            db_field, request, **{"empty_label": _CHOOSE, **kwargs}
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Those that were chosen, by name. What goes with them is counted, and has no name."""
        found: Any = super().get_deleted_objects(objs, request)
        listed, *rest = found
        return [one for one in listed if not isinstance(one, list)], *rest

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The record has every change, wherever it was made; Django's list knows the admin's."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if self.opts.label_lower not in kinds.KNOWN:
            raise Http404
        about = urlencode({"kind": self.opts.label_lower, "about": unquote(object_id)})
        return redirect(f"{reverse('record:entries')}?{about}")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: it is in the record."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        """Nothing: it is in the record."""


def _asked_as(offered: Any) -> str:
    """How an address names what a filter asks for."""
    first = offered[0] if isinstance(offered, tuple | list) else offered
    return str(getattr(first, "parameter_name", first))


def _column(field: "Field[Any, Any]") -> Column | None:
    write = _way_of_writing(field)
    if write is None:
        return None

    @admin.display(description=field.verbose_name, ordering=field.name, empty_value=EMPTY)
    def written(row: Any) -> str:
        value = getattr(row, field.name)
        return "" if value is None else write(value)

    return written


def _way_of_writing(field: "Field[Any, Any]") -> Column | None:
    """None for what Django writes as the portal does."""
    if isinstance(field, DecimalField):
        return lambda amount: f"Rs\u00a0{formats.exact(amount)}"
    if isinstance(field, JSONField):
        return _in_words
    if isinstance(field, BooleanField):
        return lambda is_so: gettext("Yes") if is_so else gettext("No")
    if isinstance(field, IntegerField) and not field.primary_key and not field.choices:
        return formats.count
    return None


def _in_words(value: Any) -> str:
    """Several values, or several with names, as a line that people read."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
