"""The filters of the record's page. A wrong one filters nothing, and says so."""

from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sociair_portal.audit import kinds
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.filters import NOBODY, Wanted
from sociair_portal.common.searches import SearchForm

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
_ANY: Final = ("", gettext_lazy("Any"))
_CHANGES: Final = [
    ("created", gettext_lazy("Created")),
    ("changed", gettext_lazy("Changed")),
    ("deleted", gettext_lazy("Deleted")),
]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)],
    )


def _people() -> list[tuple[str, Any]]:
    """Everybody who has an account, and nobody."""
    users = User.objects.order_by("username")
    named = ((str(user.pk), user.get_full_name() or user.get_username()) for user in users)
    return [_ANY, (NOBODY, _("Nobody (the worker, commands)")), *named]


class RecordForm(SearchForm):
    """What somebody looks for in the record."""

    follows_typing = False

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False, choices=_people)
    what = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[_ANY, *_CHANGES, *Deed.choices]
    )
    kind = forms.ChoiceField(label=gettext_lazy("About"), required=False, choices=kinds.CHOICES)
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))
    request = forms.RegexField(
        r"^[0-9a-f]{12}$",
        label=gettext_lazy("Request"),
        required=False,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("A request's name has 12 letters and digits.")},
    )
    # One record of a kind, as its own page links to it.
    about = forms.IntegerField(
        label=gettext_lazy("Its number"), required=False, min_value=1, max_value=2**63 - 1
    )

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return self.cleaned_data

    @property
    def unfolded(self) -> list[forms.BoundField]:
        return [field for field in super().unfolded if field.name != "about" or field.value()]

    @property
    def wanted(self) -> Wanted:
        """Everything that could be understood; days are days of the portal's time zone."""
        self.full_clean()
        found = self.cleaned_data
        return Wanted(
            who=found.get("who", ""),
            what=found.get("what", ""),
            kind=kinds.kind_named(found.get("kind", "")),
            about=found.get("about"),
            since=_moment(found.get("since"), time.min),
            until=_moment(found.get("until"), time.max),
            request=found.get("request", ""),
        )

    @property
    def sentence(self) -> str:
        """The filters in words, for the record itself."""
        self.full_clean()
        chosen = [self[name] for name in self.fields if self.cleaned_data.get(name)]
        said = [f"{field.label}: {_shown(field)}" for field in chosen if field.name != "about"]
        return "; ".join(said) or _("Everything")


def _shown(field: forms.BoundField) -> str:
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(field.value(), field.value()))


def _moment(day: date | None, at: time) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, at)) if day else None
