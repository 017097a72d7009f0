"""Form fields for ids of rows: one by one, or in runs."""

from collections.abc import Iterable
from typing import Any

from django import forms

from messaging.services.campaigns.drafts import MOST_VERSION
from sociair_portal.common import id_runs


class IdsField(forms.Field):
    """Ids of chosen rows; what is no id is dropped."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[int]:
        return ids_of(value or [])


def ids_of(values: Iterable[Any]) -> list[int]:
    """The ids among some values, each once, in their order."""
    texts = (str(value) for value in values)
    ids = (int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19)
    return list(dict.fromkeys(ids))


class RunsField(forms.Field):
    """Ids of any number of requests in one text (`id_runs`); a text that cannot be read is none."""

    def to_python(self, value: Any) -> list[int]:
        try:
            return id_runs.from_words(value or "")
        except ValueError:
            return []

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else id_runs.to_words(value or [])


class VersionField(forms.IntegerField):
    """Which version of something a form has seen; what cannot be one has seen none (0)."""

    def clean(self, value: Any) -> int:
        try:
            version = super().clean(value) or 0
        except forms.ValidationError:
            return 0
        return version if 0 < version <= MOST_VERSION else 0
