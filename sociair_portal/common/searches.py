"""Searches that narrow a list; `_search.html` draws them above it.

Everything in a search is optional: an empty one shows the whole list. With a field that cannot be
read nothing is listed, and the page says why: a wrong day must not look like all days.
"""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sociair_portal.common.typed_days import DayField

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


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
    def problem(self) -> forms.BoundField | None:
        """The first field that cannot be read."""
        return next((field for field in self if field.errors), None)

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


def _day(label: Any) -> forms.DateField:
    return DayField(
        label=label,
        required=False,
        validators=[MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)],
    )


class DaysForm(SearchForm):
    """A search between two days, both of them included; days of the portal's time zone."""

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the day in “From”."))
        return self.cleaned_data

    @property
    def first_moment(self) -> datetime | None:
        return _moment(self.cleaned_data.get("since"), time.min)

    @property
    def last_moment(self) -> datetime | None:
        return _moment(self.cleaned_data.get("until"), time.max)


def _moment(day: date | None, at: time) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, at)) if day else None
