"""Forms and form fields for people: names, numbers, groups, the office's own fields, opt-outs."""

from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.fields import (
    RESERVED,
    FieldKind,
    FieldValue,
    InvalidValue,
    key_of,
    parse_value,
    show_value,
)
from contacts.forms.own_days import OwnDayField
from contacts.models import FIELD_KINDS, NUMBER_STYLES, Contact, ContactField, Group, OptOut
from contacts.names import clean_name, name_key
from contacts.phone import InvalidMobile, operator_of, parse_mobile
from contacts.services import forgotten, membership
from contacts.shown_numbers import is_masked, may_see_numbers
from contacts.sounds import sound
from sociair_portal.common.bases import ModelForm, ModelMultipleChoiceField


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
    """A person's name and number; the operator follows from the number."""

    name = NameField(
        label=_("Name"), max_length=200, error_messages={"required": _("Enter a name.")}
    )
    mobile = MobileField(
        label=_("Mobile number"),
        help_text=_("For example 9841234567, +977 984-1234567 or ९८४१२३४५६७"),
    )

    class Meta:
        model = Contact
        fields = ["name", "mobile"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not may_see_numbers():
            del self.fields["mobile"]
            if is_masked(self.instance.name):
                del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if mobile := cleaned.get("mobile"):
            self.instance.operator = operator_of(mobile).value
        if name := cleaned.get("name"):
            self.instance.name_key = name_key(name)
            self.instance.sound_key = sound(name)
        if "mobile" not in self.fields:
            mobile = self.instance.mobile
        if mobile and name and self._is_known(mobile):
            self.add_error(None, _("A contact with this name and number already exists."))
        if mobile and forgotten.among([mobile]):
            self.add_error("mobile", forgotten.sentence())
        return cleaned

    def _is_known(self, mobile: str) -> bool:
        same = Contact.objects.filter(mobile=mobile, name_key=self.instance.name_key)
        return same.exclude(pk=self.instance.pk).exists()


_MOST_DIGITS: Final = 18  # of an id that fits into a column


class RowsField(ModelMultipleChoiceField):
    """Rows chosen by their ids; an id too long for any database is refused as unknown."""

    def clean(self, value: Any) -> Any:
        if any(len(str(key)) > _MOST_DIGITS for key in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_choice"])
        return super().clean(value)


class OwnField(forms.CharField):
    """A text or a number of one of the office's own fields, as people type it."""

    def __init__(self, kind: FieldKind, *, label: Any) -> None:
        super().__init__(label=label, required=False)
        self.kind = kind

    def to_python(self, value: Any) -> Any:
        text = clean_name(super().to_python(value) or "")
        try:
            return parse_value(self.kind, text) if text else None
        except InvalidValue as invalid:
            raise ValidationError(invalid.reason, code="invalid") from invalid

    def prepare_value(self, value: Any) -> Any:
        """A stored number as it is shown; what someone typed, as it was."""
        return show_value(self.kind, value) if isinstance(value, int | float | list) else value


def _own_field(field: ContactField, stored: FieldValue | None) -> forms.Field:
    label = _("%(name)s (optional)") % {"name": field.name}
    if field.kind == FieldKind.DATE:
        return OwnDayField(label=label, stored=stored)
    return OwnField(FieldKind(field.kind), label=label)


class ContactWithGroupsForm(ContactForm):
    groups = RowsField(
        Group.objects.all(),
        label=_("Groups (optional)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("One of these groups was deleted. Choose again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Group.objects.exists():
            del self.fields["groups"]
        elif self.instance.pk:
            self.initial["groups"] = self.instance.groups.all()
        own = [field for field in ContactField.objects.all() if not self._is_masked(field)]
        self.own = [field.key for field in own]
        for field in own:
            value = self.instance.fields.get(field.key)
            self.fields[f"own_{field.key}"] = _own_field(field, value)
            self.initial[f"own_{field.key}"] = value

    def _is_masked(self, field: ContactField) -> bool:
        value = self.instance.fields.get(field.key)
        return value is not None and is_masked(show_value(FieldKind(field.kind), value))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        values = {key: cleaned.get(f"own_{key}") for key in self.own}
        kept = {key: it for key, it in self.instance.fields.items() if key not in values}
        # An empty field is no value; what no longer belongs to a field stays.
        filled = {key: value for key, value in values.items() if value is not None}
        self.instance.fields = kept | filled
        return cleaned

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's own hook, unknown to its stubs
        if "groups" in self.cleaned_data:
            membership.choose(self.instance, self.cleaned_data["groups"])


class GroupForm(ModelForm):
    name = NameField(
        label=_("Name"),
        max_length=100,
        help_text=_("For example Class 9, Parents or Loan members"),
        error_messages={"required": _("Enter a name for the group.")},
    )

    class Meta:
        model = Group
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.source = None  # it stays when the import that made it is undone


class FieldForm(ModelForm):
    """A field; what it holds and what messages call it are decided when it is made."""

    name = NameField(
        label=_("Name"),
        max_length=60,
        help_text=_("For example Class, Fee due or Village"),
        error_messages={"required": _("Enter a name for the field.")},
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=FIELD_KINDS,
        initial=FieldKind.TEXT.value,
        widget=forms.RadioSelect,
    )

    shown_as = forms.ChoiceField(
        label=_("How numbers are shown"),
        help_text=_("In lists and in messages. What was typed stays as it is."),
        choices=NUMBER_STYLES,
        required=False,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ContactField
        fields = ["name", "kind", "shown_as", "in_list"]
        labels = {"in_list": _("Show this field in the list of contacts")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]
            if self.instance.kind == FieldKind.DATE:
                del self.fields["shown_as"]
            self.instance.source = None  # it stays when the import that made it is undone

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.instance.pk:
            return name
        key = key_of(name)[:60]
        if not key or key in RESERVED:
            raise ValidationError(_("You cannot use this name for a field. Choose another."))
        if ContactField.objects.filter(key=key).exists():
            raise ValidationError(_("A field with this name already exists."))
        self.instance.key = key
        return name


class OptOutForm(ModelForm):
    mobile = MobileField(
        label=_("Mobile number"),
        help_text=_("For example 9841234567, +977 984-1234567 or ९८४१२३४५६७"),
    )
    reason = NameField(label=_("Reason (optional)"), max_length=200, required=False)

    class Meta:
        model = OptOut
        fields = ["mobile", "reason"]

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if contact is None:
            return
        self.initial["mobile"] = contact.mobile
        if not may_see_numbers():
            self.instance.mobile = contact.mobile
            del self.fields["mobile"]

    def clean_mobile(self) -> str:
        mobile: str = self.cleaned_data["mobile"]
        if forgotten.among([mobile]):
            raise ValidationError(
                _("The portal already sends no messages to this number, and does not store it.")
            )
        return mobile

    def validate_unique(self) -> None:
        super().validate_unique()
        mobile = self.instance.mobile
        if "mobile" not in self.fields and OptOut.objects.filter(mobile=mobile).exists():
            said = _("This number is already opted out.")
            self.add_error(None, ValidationError(said, code="unique"))
        if self.has_error("mobile", "unique") or self.has_error(NON_FIELD_ERRORS, "unique"):
            # Someone has now opted it out too: it stays when the import that made it is undone.
            OptOut.objects.filter(mobile=self.instance.mobile).update(source=None)
