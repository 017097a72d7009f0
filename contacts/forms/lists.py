"""Forms of lists: searches, filters, ticked rows and bulk actions."""

from collections.abc import Collection
from typing import Any, Final, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from contacts.fields import (
    MOST_CHARACTERS,
    FieldKind,
    FieldValue,
    InvalidValue,
    compared,
    parse_value,
)
from contacts.forms.own_days import OwnDayField
from contacts.forms.people import NameField, RowsField
from contacts.forms.searches import PeopleSearchField, no_digits
from contacts.models import OPERATOR_CHOICES, Contact, ContactField, Group, OptOut
from contacts.names import clean_name
from contacts.services.bulk_actions import Action
from contacts.services.filters import BY_NAME, ORDERS, Comparison, ContactFilter, FieldCondition
from contacts.services.search import find_contacts, find_opt_outs
from contacts.shown_numbers import has_digits, may_see_numbers
from sociair_portal.common.searches import SearchField, SearchForm


class ContactFilterForm(SearchForm):
    """The filters of the list of contacts."""

    q = PeopleSearchField(label=_("Name or number"), without=_("Name"))
    group = forms.ModelChoiceField(
        Group.objects.all(),
        label=_("Group"),
        required=False,
        empty_label=_("All groups"),
        error_messages={"invalid_choice": _("This group was deleted.")},
    )
    operator = forms.ChoiceField(
        label=_("Operator"),
        required=False,
        choices=[("", _("All operators")), *OPERATOR_CHOICES],
    )
    opted = forms.ChoiceField(
        label=_("Opted out"),
        required=False,
        choices=[("", _("Everyone")), ("no", _("Not opted out")), ("yes", _("Opted out"))],
    )
    SORTS = (
        ("", _("Name, A to Z")),
        ("-name", _("Name, Z to A")),
        ("number", _("Number, lowest first")),
        ("-number", _("Number, highest first")),
        ("-added", _("Newest first")),
        ("added", _("Oldest first")),
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)
    field = forms.ModelChoiceField(
        ContactField.objects.all(),
        label=_("Field"),
        required=False,
        to_field_name="key",
        empty_label=_("Any field"),
        error_messages={"invalid_choice": _("This field was deleted.")},
    )
    how = forms.ChoiceField(
        label=_("Condition"),
        required=False,
        choices=[(one.value, one.label) for one in Comparison],
    )
    value = forms.CharField(label=_("Value"), required=False, max_length=MOST_CHARACTERS)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        if not may_see_numbers():  # between two that are known, the order tells a number
            sort = cast(forms.ChoiceField, self.fields["sort"])
            sort.choices = [one for one in self.SORTS if not one[0].endswith("number")]
        self.own = list(ContactField.objects.all())
        if not self.own:
            for name in ("field", "how", "value"):
                del self.fields[name]
            return
        for name in ("field", "how"):
            self.fields[name].widget.attrs |= _ANOTHER_VALUE
        if self._asks_for_a_day(data):
            self.fields["value"] = OwnDayField(label=self.fields["value"].label)

    def _asks_for_a_day(self, data: Any) -> bool:
        is_day = any(one.key == data.get("field") for one in self.own if one.kind == FieldKind.DATE)
        return is_day and data.get("how", "") not in (Comparison.HAS, *_WITHOUT_VALUE)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["condition"] = None
        if (field := cleaned.get("field")) is not None and "value" in cleaned:
            cleaned["condition"] = self._condition(field, cleaned)
        return cleaned

    def _condition(self, field: ContactField, cleaned: dict[str, Any]) -> FieldCondition | None:
        comparison = Comparison(cleaned.get("how") or Comparison.IS)
        if not comparison.needs_value:
            return FieldCondition(field, comparison)
        if isinstance(self.fields["value"], OwnDayField):
            return self._of_a_day(field, comparison, cleaned["value"])
        if not (text := clean_name(cleaned["value"])):
            return None  # it is still being typed
        if not may_see_numbers() and _may_find_a_number(field, comparison, text):
            self.add_error("value", no_digits())
            return None
        if comparison is Comparison.HAS:
            return FieldCondition(field, comparison, text)
        try:
            value = parse_value(FieldKind(field.kind), text)
        except InvalidValue as invalid:
            self.add_error("value", invalid.reason)
            return None
        return FieldCondition(field, comparison, value)

    def _of_a_day(
        self, field: ContactField, comparison: Comparison, day: FieldValue | None
    ) -> FieldCondition | None:
        if day is None:
            return None
        if not compared(day):
            said = _("The months of this year are not known yet, so choose an earlier date.")
            self.add_error("value", str(said))
            return None
        return FieldCondition(field, comparison, day)

    @property
    def is_narrowed(self) -> bool:
        """Whether something but the order was chosen."""
        return any(self.data.get(name) for name in self.fields if name not in ("sort", "how"))

    @property
    def folded_names(self) -> list[str]:
        return [name for name in self.fields if name not in ("q", "group")]

    @property
    def columns(self) -> list[ContactField]:
        return [field for field in self.own if field.in_list]

    def found(self) -> QuerySet[Contact]:
        """Whom the filter shows; no one if it cannot be read."""
        return self._filter.found() if self.is_valid() else Contact.objects.none()

    @property
    def sentence(self) -> str:
        """The filter in words, for the record of who did what."""
        return self._filter.sentence if self.is_valid() else ""

    @property
    def _filter(self) -> ContactFilter:
        chosen = self.cleaned_data
        return ContactFilter(
            words=chosen["q"],
            group=chosen["group"],
            operator=chosen["operator"],
            opted_out={"yes": True, "no": False}.get(chosen["opted"]),
            condition=chosen["condition"],
        )

    @property
    def order(self) -> tuple[str, ...]:
        return ORDERS[self.cleaned_data["sort"]] if self.is_valid() else BY_NAME


# A day is asked for otherwise than a text, so that the field for the value comes anew.
_ANOTHER_VALUE: Final = {
    "hx-post": "?searching",
    "hx-trigger": "change",
    "hx-select-oob": "#found:innerHTML,#filter-value:outerHTML",
    "hx-sync": "this:replace",
}
_WITHOUT_VALUE: Final = [one for one in Comparison if not one.needs_value]
_FEWEST_OF_A_NUMBER: Final = 7  # digits; marks, rupees and years have fewer


def _may_find_a_number(field: ContactField, comparison: Comparison, text: str) -> bool:
    """Whether an own field, which may hold a number too, is searched for a part of one."""
    if field.kind == FieldKind.DATE:
        return False
    is_whole = comparison is Comparison.IS or field.kind == FieldKind.NUMBER
    if comparison is Comparison.HAS or not is_whole:
        return has_digits(text)
    return sum(map(str.isdecimal, text)) >= _FEWEST_OF_A_NUMBER


class MemberSearchForm(SearchForm):
    q = PeopleSearchField(label=_("Name or number"), without=_("Name"))

    def found(self, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
        if not self.is_valid():
            return contacts.none()
        text = self.cleaned_data["q"]
        return find_contacts(contacts, text) if text else contacts


class GroupSearchForm(SearchForm):
    q = SearchField(label=_("Name"))

    def found(self) -> QuerySet[Group]:
        if not self.is_valid():
            return Group.objects.none()
        return Group.objects.filter(name__icontains=clean_name(self.cleaned_data["q"]))


class OptOutSearchForm(SearchForm):
    q = PeopleSearchField(label=_("Number or reason"), without=_("Reason"))

    def found(self) -> QuerySet[OptOut]:
        if not self.is_valid():
            return OptOut.objects.none()
        text = self.cleaned_data["q"]
        return find_opt_outs(OptOut.objects.all(), text) if text else OptOut.objects.all()


class SelectionForm(forms.Form):
    """People who were ticked in a list."""

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="ticked_%s")  # the search on the same page has ids too

    contact = RowsField(
        Contact.objects.all(),
        label=_("Contacts"),
        error_messages={
            "required": _("Tick at least one contact."),
            "invalid_choice": _("One of these contacts was deleted. Check your selection."),
        },
    )

    @property
    def ticked(self) -> Collection[str]:
        """The keys that were ticked, so that a list can show them so again."""
        return set(self.data.getlist("contact")) if isinstance(self.data, QueryDict) else ()


BULK_ACTIONS: Final = [(action.value, action.label) for action in Action]


class BulkForm(forms.Form):
    """A bulk action, for people who were ticked or for all whom a filter finds."""

    WHOM = (("ticked", _("Ticked contacts")), ("found", _("All contacts found")))

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="bulk_%s")  # the search on the same page has ids too

    whom = forms.ChoiceField(label=_("Apply to"), choices=WHOM, initial="ticked")
    contact = RowsField(
        Contact.objects.all(),
        label=_("Contacts"),
        required=False,
        error_messages={
            "invalid_choice": _("One of these contacts was deleted. Check your selection."),
        },
    )
    action = forms.ChoiceField(
        choices=BULK_ACTIONS,
        error_messages={"required": _("Choose what to do with them.")},
    )
    group = forms.ModelChoiceField(
        Group.objects.all(),
        label=_("Group"),
        required=False,
        empty_label=_("Choose a group"),
        error_messages={
            "invalid_choice": _("This group was deleted. Choose another."),
        },
    )
    reason = NameField(label=_("Reason (optional)"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whom") == "ticked" and not cleaned.get("contact", True):
            self.add_error("contact", _("Tick at least one contact."))
        needs_group = "action" in cleaned and Action(cleaned["action"]).needs_group
        if needs_group and not cleaned.get("group", True):
            self.add_error("group", _("Choose a group."))
        return cleaned

    @property
    def ticked(self) -> Collection[str]:
        """The keys that were ticked, so that a list can show them so again."""
        return set(self.data.getlist("contact")) if isinstance(self.data, QueryDict) else ()
