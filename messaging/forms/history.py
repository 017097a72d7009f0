"""Forms that search what was sent. A wrong field filters nothing, and says so."""

from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.forms.searches import PeopleSearchField, no_digits
from contacts.models import OPERATOR_CHOICES
from contacts.shown_numbers import may_see_numbers
from messaging.models import BatchState, Campaign, CampaignState, RecipientState
from messaging.services.history import Wanted, numbers_like
from sociair_portal.common.searches import SearchField, SearchForm

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)],
    )


_ANY: Final = ("", gettext_lazy("Any"))


def _choice(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[_ANY, *choices])


def _senders() -> list[tuple[Any, Any]]:
    """Everybody who has ever sent a message here, as choices."""
    theirs = Campaign.objects.handed_over().filter(created_by=OuterRef("pk"))
    users = User.objects.filter(Exists(theirs)).order_by("username")
    return [_ANY, *((user.pk, user.get_full_name() or user.get_username()) for user in users)]


class HistoryForm(SearchForm):
    """What somebody looks for, among everything that was ever sent."""

    follows_typing = False  # each letter would go through all of it

    q: forms.CharField = SearchField(label=gettext_lazy("Search"))
    state = forms.ChoiceField()
    sender = forms.TypedChoiceField(
        label=gettext_lazy("Sender"),
        required=False,
        choices=_senders,
        coerce=int,
        empty_value=None,
    )
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return self.cleaned_data

    @property
    def wanted(self) -> Wanted:
        """Everything that could be understood; days are days of the portal's time zone."""
        self.full_clean()
        found = self.cleaned_data
        return Wanted(
            words=found.get("q", ""),
            state=found.get("state", ""),
            operator=found.get("operator", ""),
            sender=found.get("sender"),
            since=_moment(found.get("since"), time.min),
            until=_moment(found.get("until"), time.max),
        )


def _moment(day: date | None, at: time) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, at)) if day else None


class CampaignHistoryForm(HistoryForm):
    """Campaigns are found by digits of their text; by a number only for those who may see it."""

    state = _choice(
        gettext_lazy("State"),
        [choice for choice in CampaignState.choices if choice[0] != CampaignState.DRAFT],
    )

    def clean_q(self) -> str:
        words: str = self.cleaned_data["q"]
        if numbers_like(words) is not None and not may_see_numbers():
            raise forms.ValidationError(no_digits())
        return words


class RecipientHistoryForm(HistoryForm):
    q = PeopleSearchField(label=gettext_lazy("Search"), without=gettext_lazy("Search"))
    state = _choice(gettext_lazy("State"), RecipientState.choices)
    operator = _choice(gettext_lazy("Operator"), OPERATOR_CHOICES)


class CampaignRecipientsForm(SearchForm):
    """A search among the recipients of one campaign, which may have a hundred thousand."""

    follows_typing = False

    q = PeopleSearchField(label=gettext_lazy("Number or name"), without=gettext_lazy("Name"))
    state = _choice(gettext_lazy("State"), RecipientState.choices)


class BatchesForm(SearchForm):
    """A filter of the requests of one campaign."""

    state = _choice(gettext_lazy("State"), BatchState.choices)
