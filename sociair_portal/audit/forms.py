"""The filters of the record's page. With a wrong one nothing is listed, and it says so."""

from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sociair_portal.audit import kinds
from sociair_portal.audit.deeds import Deed
from sociair_portal.audit.filters import NOBODY, PORTAL, Wanted
from sociair_portal.audit.models import Entry
from sociair_portal.common.searches import DaysForm

_ANY: Final = ("", gettext_lazy("Any"))
_CHANGES: Final = [
    ("created", gettext_lazy("Created")),
    ("changed", gettext_lazy("Changed")),
    ("deleted", gettext_lazy("Deleted")),
]


def _people() -> list[tuple[str, Any]]:
    """Everyone who has an account, and those who have none."""
    users = User.objects.order_by("username")
    named = ((str(user.pk), user.get_full_name() or user.get_username()) for user in users)
    return [
        _ANY,
        (PORTAL, _("The portal itself")),
        (NOBODY, _("Someone who was not signed in")),
        *named,
    ]


class RecordForm(DaysForm):
    """What someone looks for in the record."""

    follows_typing = False
    field_order = ("who", "what", "kind", "since", "until")

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False, choices=_people)
    what = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[_ANY, *_CHANGES, *Deed.choices]
    )
    kind = forms.ChoiceField(label=gettext_lazy("About"), required=False, choices=kinds.CHOICES)
    request = forms.RegexField(
        r"^[0-9a-f]{12}$",
        label=gettext_lazy("Action code"),
        required=False,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("An action code has 12 letters and digits.")},
    )
    # One record of a kind, as its own page links to it.
    about = forms.IntegerField(
        label=gettext_lazy("ID"), required=False, min_value=1, max_value=2**63 - 1
    )

    @property
    def unfolded(self) -> list[forms.BoundField]:
        return [field for field in super().unfolded if field.name != "about" or field.value()]

    def found(self) -> QuerySet[Entry]:
        """Days are days of the portal's time zone."""
        if not self.is_valid():
            return Entry.objects.none()
        found = self.cleaned_data
        wanted = Wanted(
            who=found["who"],
            what=found["what"],
            kind=kinds.kind_named(found["kind"]),
            about=found["about"],
            since=self.first_moment,
            until=self.last_moment,
            request=found["request"],
        )
        return wanted.found()

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
