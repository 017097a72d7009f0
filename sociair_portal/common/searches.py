"""Searches that narrow a list; `_search.html` draws them above it.

Everything in a search is optional: an empty one shows the whole list.
"""

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms


class SearchField(forms.CharField):
    widget = forms.SearchInput(attrs={"autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)


class SearchForm(forms.Form):
    """A list follows what is typed, letter by letter, unless `follows_typing` says no."""

    follows_typing: ClassVar[bool] = True

    @property
    def is_narrowed(self) -> bool:
        """Whether something was chosen; if not, a list without rows is really empty."""
        return self.has_changed()

    @property
    def folded_names(self) -> Collection[str]:
        """Fields that are folded away below the others."""
        return ()

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[name] for name in self.folded_names]

    @property
    def unfolded(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.folded_names]

    @property
    def is_opened(self) -> bool:
        """Whether something is chosen among the fields that are folded away."""
        return any(self.data.get(name) for name in self.folded_names)
