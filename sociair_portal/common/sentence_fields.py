"""Columns for sentences."""

from typing import TYPE_CHECKING, Any

from django.db import models

from sociair_portal.common.sentences import Sentence, finished, read

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class SentenceField(_Text):
    """A column for a sentence, or for a finished text; in the database it is a text."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, given, named = super().deconstruct()
        return name, "django.db.models.TextField", given, named

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return None if value is None else read(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sentence):
            return value.stored
        prepared = super().get_prep_value(value)
        return finished(prepared) if isinstance(prepared, str) else prepared
