"""Forms that decide about messages that are not known, and that sign for sending again."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.forms.ids import IdsField, RunsField
from messaging.models import Campaign, Verdict
from messaging.services.campaigns.guards import check_no_test
from messaging.services.campaigns.resend import Again
from messaging.services.decisions.settlement import undecided
from messaging.services.money.affordability import SendRefused

_AGAIN: Final = "again"
_CHOOSE: Final = gettext_lazy("Choose what happened to them.")


class DecisionForm(forms.Form):
    """Which requests, and what happened to them."""

    batches = IdsField(label=gettext_lazy("Requests"), required=False)
    everything = forms.BooleanField(
        label=gettext_lazy("All requests of this campaign that need a decision"), required=False
    )
    verdict = forms.ChoiceField(
        label=gettext_lazy("What happened to them"),
        widget=forms.RadioSelect,
        choices=[
            *Verdict.choices,
            (_AGAIN, gettext_lazy("They did not go out: send them again")),
        ],
        error_messages={"required": _CHOOSE},
    )
    why = forms.CharField(
        label=gettext_lazy("How you know"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "Needed if it did not go out. For example, say whom you asked. It is kept with your "
            "name."
        ),
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._campaign = campaign
        try:
            check_no_test(campaign)
        except SendRefused as refused:
            self.fields["verdict"] = forms.ChoiceField(
                label=self.fields["verdict"].label,
                widget=forms.RadioSelect,
                choices=Verdict.choices,
                error_messages={"required": _CHOOSE, "invalid_choice": str(refused)},
            )

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if not found.get("batches") and not found.get("everything"):
            self.add_error("batches", _("Tick all requests, or at least one in the list below."))
        verdict = found.get("verdict")
        if verdict and verdict != Verdict.ACCEPTED and not found.get("why"):
            self.add_error("why", _("Say how you know that they did not go out."))
        return found

    @property
    def sends_again(self) -> bool:
        return bool(self.cleaned_data["verdict"] == _AGAIN)

    @property
    def decided(self) -> Verdict:
        return Verdict(self.cleaned_data["verdict"])

    def chosen(self) -> list[int]:
        """The batches that the person saw, or all that are undecided at this moment."""
        if self.cleaned_data["everything"]:
            return list(undecided(self._campaign).order_by("pk").values_list("pk", flat=True))
        chosen: list[int] = self.cleaned_data["batches"]
        return chosen


class AgainForm(forms.Form):
    """A signature for sending again: the number of people, typed."""

    form_uuid = forms.UUIDField(widget=forms.HiddenInput)
    batches = RunsField(widget=forms.HiddenInput)
    why = forms.CharField(widget=forms.HiddenInput, max_length=500)
    people = forms.IntegerField(
        label=gettext_lazy("Type the number of people"),
        min_value=1,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "data-not-kept": "true"}
        ),
        error_messages={
            "required": gettext_lazy("Type the number of people who get the message again."),
            "invalid": gettext_lazy("Type the number of people who get the message again."),
        },
    )

    def chosen(self) -> list[int]:
        return RunsField().to_python(self["batches"].value())


class RefusedForm(forms.Form):
    """A signature for sending to those who were refused: people and rupees on the button."""

    form_uuid = forms.UUIDField()
    people = forms.IntegerField(min_value=1)
    cost = forms.DecimalField(min_value=0)

    @property
    def seen(self) -> Again:
        return Again(self.cleaned_data["people"], self.cleaned_data["cost"])
