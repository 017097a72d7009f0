"""Forms that search what was sent. With a wrong field nothing is listed, and it says so."""

from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from contacts.forms.searches import PeopleSearchField, no_digits
from contacts.models import OPERATOR_CHOICES
from contacts.shown_numbers import may_see_numbers
from messaging.models import BatchState, Campaign, CampaignState, RecipientState
from messaging.services.history import Wanted, numbers_like
from sociair_portal.common.searches import DaysForm, SearchField, SearchForm

_ANY: Final = ("", gettext_lazy("Any"))


def _choice(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[_ANY, *choices])


def _senders() -> list[tuple[Any, Any]]:
    """Everyone who has ever sent a message here, as choices."""
    theirs = Campaign.objects.handed_over().filter(created_by=OuterRef("pk"))
    users = User.objects.filter(Exists(theirs)).order_by("username")
    return [_ANY, *((user.pk, user.get_full_name() or user.get_username()) for user in users)]


class HistoryForm(DaysForm):
    """What someone looks for, among everything that was ever sent."""

    follows_typing = False  # each letter would go through all of it
    field_order = ("q", "state", "sender", "since", "until")

    q: forms.CharField = SearchField(label=gettext_lazy("Search"))
    state = forms.ChoiceField()
    sender = forms.TypedChoiceField(
        label=gettext_lazy("Sender"),
        required=False,
        choices=_senders,
        coerce=int,
        empty_value=None,
    )

    @property
    def wanted(self) -> Wanted:
        """What a form without a wrong field asks for; days are days of the portal's time zone."""
        found = self.cleaned_data
        return Wanted(
            words=found["q"],
            state=found["state"],
            operator=found.get("operator", ""),
            sender=found["sender"],
            since=self.first_moment,
            until=self.last_moment,
        )


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
