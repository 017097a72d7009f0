"""Ids and numbers of rows, as a form posts them."""

from collections.abc import Iterable
from typing import Any

from django import forms

from sociair_portal.common import id_runs


class IdsField(forms.Field):
    """Rows that were chosen by their ids; what is no id is not one of ours and is dropped."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[int]:
        return ids_of(value or [])


def ids_of(values: Iterable[Any]) -> list[int]:
    texts = (str(value) for value in values)
    ids = (int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19)
    return list(dict.fromkeys(ids))


class RunsField(forms.Field):
    """Requests by their ids, any number in one field; what the portal did not write is none."""

    def to_python(self, value: Any) -> list[int]:
        try:
            return id_runs.from_words(value or "")
        except ValueError:
            return []

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else id_runs.to_words(value or [])
