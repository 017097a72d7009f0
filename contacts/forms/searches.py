"""Searching for people: by digits only for those who may see whole numbers.

Whoever sees 984•••4567 could otherwise find the rest of it by trying.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from contacts.shown_numbers import has_digits, may_see_numbers
from sociair_portal.common.searches import SearchField


class PeopleSearchField(SearchField):
    """A search by number and by something else, which `without` names."""

    def __init__(self, *, without: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.without = without

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        if not may_see_numbers():
            bound.label = self.without
        return bound

    def clean(self, value: object) -> str:
        text: str = super().clean(value)
        if has_digits(text) and not may_see_numbers():
            raise forms.ValidationError(no_digits())
        return text


def no_digits() -> str:
    """Why someone may not search for digits, and what to do instead."""
    return _(
        "You are not allowed to see whole numbers, so you cannot search by digits. Search by name."
    )
