"""What people type about people: names, numbers, groups and searches."""

from collections.abc import Collection
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from contacts.acting import Action
from contacts.fields import (
    MOST_CHARACTERS,
    RESERVED,
    FieldKind,
    InvalidValue,
    key_of,
    parse_value,
    show_value,
)
from contacts.filters import BY_NAME, ORDERS, Comparison, ContactFilter, FieldCondition
from contacts.models import (
    FIELD_KINDS,
    OPERATOR_CHOICES,
    Contact,
    ContactField,
    Group,
    OptOut,
)
from contacts.names import clean_name, name_key
from contacts.phone import InvalidMobile, operator_of, parse_mobile
from contacts.searching import find_contacts, find_opt_outs
from sociair_portal.bases import ModelForm, ModelMultipleChoiceField


class NameField(forms.CharField):
    """A name, or another line of text, without what nobody sees."""

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")


class MobileField(forms.CharField):
    """A Nepali mobile number in any spelling; its value is the ten digits."""

    widget = forms.TelInput(attrs={"autocomplete": "off"})
    default_error_messages = {"required": _("Enter a mobile number.")}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        try:
            return parse_mobile(text) if text else ""
        except InvalidMobile as invalid:
            raise ValidationError(invalid.reason, code="invalid") from invalid


class ContactForm(ModelForm):
    """A person's name and number; whose the number is follows from it."""

    name = NameField(
        label=_("Name"), max_length=200, error_messages={"required": _("Enter a name.")}
    )
    mobile = MobileField(
        label=_("Mobile number"),
        help_text=_("In any spelling: 9841234567, +977 984-1234567 or ९८४१२३४५६७."),
    )

    class Meta:
        model = Contact
        fields = ["name", "mobile"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if mobile := cleaned.get("mobile"):
            self.instance.operator = operator_of(mobile).value
        if name := cleaned.get("name"):
            self.instance.name_key = name_key(name)
        if mobile and name and self._is_known(mobile):
            self.add_error(None, _("This person is already in your contacts."))
        return cleaned

    def _is_known(self, mobile: str) -> bool:
        same = Contact.objects.filter(mobile=mobile, name_key=self.instance.name_key)
        return same.exclude(pk=self.instance.pk).exists()


_MOST_DIGITS: Final = 18  # of an id that fits into a column


class RowsField(ModelMultipleChoiceField):
    """Rows that were chosen by their ids; an id that no database has is of no row."""

    def clean(self, value: Any) -> Any:
        if any(len(str(key)) > _MOST_DIGITS for key in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_choice"])
        return super().clean(value)


class OwnField(forms.CharField):
    """A value of one of the office's own fields, as people type it."""

    def __init__(self, field: ContactField) -> None:
        super().__init__(label=_("%(name)s (optional)") % {"name": field.name}, required=False)
        self.kind = FieldKind(field.kind)

    def to_python(self, value: Any) -> Any:
        text = clean_name(super().to_python(value) or "")
        try:
            return parse_value(self.kind, text) if text else None
        except InvalidValue as invalid:
            raise ValidationError(invalid.reason, code="invalid") from invalid

    def prepare_value(self, value: Any) -> Any:
        """A value that is kept, as it is shown; what somebody typed, as it was."""
        return show_value(self.kind, value) if isinstance(value, int | float) else value


class ContactWithGroupsForm(ContactForm):
    groups = RowsField(
        Group.objects.all(),
        label=_("Groups (optional)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("One of these groups was deleted meanwhile: choose again.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Group.objects.exists():
            del self.fields["groups"]
        elif self.instance.pk:
            self.initial["groups"] = self.instance.groups.all()
        own = list(ContactField.objects.all())
        self.own = [field.key for field in own]
        for field in own:
            self.fields[f"own_{field.key}"] = OwnField(field)
            self.initial[f"own_{field.key}"] = self.instance.fields.get(field.key)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        values = {key: cleaned.get(f"own_{key}") for key in self.own}
        kept = {key: it for key, it in self.instance.fields.items() if key not in values}
        # An empty field is no value; what belongs to no field any more stays.
        filled = {key: value for key, value in values.items() if value is not None}
        self.instance.fields = kept | filled
        return cleaned

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's own hook, unknown to its stubs
        if "groups" in self.cleaned_data:
            self.instance.groups.set(self.cleaned_data["groups"])


class GroupForm(ModelForm):
    name = NameField(
        label=_("Name"),
        max_length=100,
        help_text=_("As you would say it: Class 9, Parents, Loan members."),
        error_messages={"required": _("Enter a name for the group.")},
    )

    class Meta:
        model = Group
        fields = ["name"]


class FieldForm(ModelForm):
    """A field; what it holds and what messages call it are decided when it is made."""

    name = NameField(
        label=_("Name"),
        max_length=60,
        help_text=_("As you would say it: Class, Fee due, Village."),
        error_messages={"required": _("Enter a name for the field.")},
    )
    kind = forms.ChoiceField(
        label=_("What is in it"),
        choices=FIELD_KINDS,
        initial=FieldKind.TEXT.value,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ContactField
        fields = ["name", "kind", "in_list"]
        labels = {"in_list": _("Show it as a column in the list of contacts")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.pk:
            return name
        key = key_of(name)[:60]
        if not key or key in RESERVED:
            raise ValidationError(_("A field cannot be called so. Choose another name."))
        if ContactField.objects.filter(key=key).exists():
            raise ValidationError(_("A field of this name exists already."))
        self.instance.key = key
        return name


class OptOutForm(ModelForm):
    mobile = MobileField(
        label=_("Mobile number"),
        help_text=_("In any spelling: 9841234567, +977 984-1234567 or ९८४१२३४५६७."),
    )
    reason = NameField(label=_("Reason (optional)"), max_length=200, required=False)

    class Meta:
        model = OptOut
        fields = ["mobile", "reason"]


# -- Lists -----------------------------------------------------------------------------------


class SearchField(forms.CharField):
    widget = forms.SearchInput(attrs={"autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)


class SearchForm(forms.Form):
    q = SearchField(label=_("Name or number"))


class ContactFilterForm(SearchForm):
    """What the list of contacts shows; everything is optional."""

    group = forms.ModelChoiceField(
        Group.objects.all(),
        label=_("Group"),
        required=False,
        empty_label=_("All groups"),
        error_messages={"invalid_choice": _("This group was deleted meanwhile.")},
    )
    operator = forms.ChoiceField(
        label=_("Operator"),
        required=False,
        choices=[("", _("All operators")), *OPERATOR_CHOICES],
    )
    opted = forms.ChoiceField(
        label=_("Opted out"),
        required=False,
        choices=[("", _("Everybody")), ("no", _("May be texted")), ("yes", _("Opted out"))],
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("", _("Name, A to Z")),
            ("-name", _("Name, Z to A")),
            ("number", _("Number, upwards")),
            ("-number", _("Number, downwards")),
            ("-added", _("Newest first")),
            ("added", _("Oldest first")),
        ],
    )
    field = forms.ModelChoiceField(
        ContactField.objects.all(),
        label=_("Field"),
        required=False,
        to_field_name="key",
        empty_label=_("Any field"),
        error_messages={"invalid_choice": _("This field was deleted meanwhile.")},
    )
    how = forms.ChoiceField(
        label=_("How"),
        required=False,
        choices=[(one.value, one.label) for one in Comparison],
    )
    value = forms.CharField(label=_("Value"), required=False, max_length=MOST_CHARACTERS)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.own = list(ContactField.objects.all())
        if not self.own:
            for name in ("field", "how", "value"):
                del self.fields[name]

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
        if not (text := clean_name(cleaned["value"])):
            return None  # somebody is about to type it
        if comparison is Comparison.HAS:
            return FieldCondition(field, comparison, text)
        try:
            value = parse_value(FieldKind(field.kind), text)
        except InvalidValue as invalid:
            self.add_error("value", invalid.reason)
            return None
        return FieldCondition(field, comparison, value)

    @property
    def is_narrowed(self) -> bool:
        """Whether something but the order was chosen."""
        return any(self.data.get(name) for name in self.fields if name not in ("sort", "how"))

    @property
    def is_opened(self) -> bool:
        """Whether something is chosen among the filters that are folded away."""
        return any(self.data.get(name) for name in self.folded_names)

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[name] for name in self.folded_names]

    @property
    def folded_names(self) -> list[str]:
        return [name for name in self.fields if name not in ("q", "group")]

    @property
    def columns(self) -> list[ContactField]:
        return [field for field in self.own if field.in_list]

    def found(self) -> QuerySet[Contact]:
        """Whom the filter shows; nobody if it cannot be read."""
        if not self.is_valid():
            return Contact.objects.none()
        chosen = self.cleaned_data
        return ContactFilter(
            words=chosen["q"],
            group=chosen["group"],
            operator=chosen["operator"],
            opted_out={"yes": True, "no": False}.get(chosen["opted"]),
            condition=chosen["condition"],
        ).found()

    @property
    def order(self) -> tuple[str, ...]:
        return ORDERS[self.cleaned_data["sort"]] if self.is_valid() else BY_NAME


class MemberSearchForm(SearchForm):
    def found(self, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
        return _matching(self, contacts) if self.is_valid() else contacts.none()


class GroupSearchForm(SearchForm):
    q = SearchField(label=_("Name"))

    def found(self) -> QuerySet[Group]:
        if not self.is_valid():
            return Group.objects.none()
        return Group.objects.filter(name__icontains=clean_name(self.cleaned_data["q"]))


class OptOutSearchForm(SearchForm):
    q = SearchField(label=_("Number or reason"))

    def found(self) -> QuerySet[OptOut]:
        if not self.is_valid():
            return OptOut.objects.none()
        text = self.cleaned_data["q"]
        return find_opt_outs(OptOut.objects.all(), text) if text else OptOut.objects.all()


def _matching(form: SearchForm, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    text = form.cleaned_data["q"]
    return find_contacts(contacts, text) if text else contacts


class SelectionForm(forms.Form):
    """People who were ticked in a list."""

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="ticked_%s")  # the search on the same page has ids too

    contact = RowsField(
        Contact.objects.all(),
        label=_("People"),
        error_messages={
            "required": _("Tick the people first."),
            "invalid_choice": _("Somebody of these was deleted meanwhile: tick them again."),
        },
    )

    @property
    def ticked(self) -> Collection[str]:
        """The keys that were ticked, so that a list can show them so again."""
        return set(self.data.getlist("contact")) if isinstance(self.data, QueryDict) else ()


BULK_ACTIONS: Final = [(action.value, action.label) for action in Action]


class BulkForm(forms.Form):
    """What is done with people who were ticked, or with everybody whom a filter finds."""

    WHOM = (("ticked", _("Those who are ticked")), ("found", _("Everybody found")))

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="bulk_%s")  # the search on the same page has ids too

    whom = forms.ChoiceField(label=_("With"), choices=WHOM, initial="ticked")
    contact = RowsField(
        Contact.objects.all(),
        label=_("People"),
        required=False,
        error_messages={
            "invalid_choice": _("Somebody of these was deleted meanwhile: tick them again."),
        },
    )
    action = forms.ChoiceField(
        choices=BULK_ACTIONS,
        error_messages={"required": _("Choose what is to be done with them.")},
    )
    group = forms.ModelChoiceField(
        Group.objects.all(),
        label=_("Group"),
        required=False,
        empty_label=_("Choose a group"),
        error_messages={
            "invalid_choice": _("This group was deleted meanwhile: choose another."),
        },
    )
    reason = NameField(label=_("Reason (optional)"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whom") == "ticked" and not cleaned.get("contact", True):
            self.add_error("contact", _("Tick the people first."))
        needs_group = "action" in cleaned and Action(cleaned["action"]).needs_group
        if needs_group and not cleaned.get("group", True):
            self.add_error("group", _("Choose a group."))
        return cleaned

    @property
    def ticked(self) -> Collection[str]:
        """The keys that were ticked, so that a list can show them so again."""
        return set(self.data.getlist("contact")) if isinstance(self.data, QueryDict) else ()
