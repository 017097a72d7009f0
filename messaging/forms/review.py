"""When a message goes out, and what its sender confirms before."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.services.campaigns import guards
from messaging.services.campaigns.quiet_times import QuietTimes, Why
from messaging.services.campaigns.quiet_words import objection
from sociair_portal.common.typed_days import MomentField
from sociair_portal.common.visible import visible

_FARTHEST: Final = timedelta(days=366)
_MOST_DIGITS: Final = 10


class LaterForm(forms.Form):
    """Now, or at a time of the portal's time zone; what large or late sends must confirm."""

    later = forms.BooleanField(required=False)
    typed = forms.CharField(required=False)
    at_night = forms.BooleanField(required=False)
    at = MomentField(required=False)

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if not self.cleaned_data["later"]:
            return None
        if at is None:
            raise forms.ValidationError(_("Enter the date and time to send it."))
        if at <= timezone.now():
            raise forms.ValidationError(
                _("This time has passed. Choose a later time, or send now.")
            )
        if at > timezone.now() + _FARTHEST:
            raise forms.ValidationError(_("Choose a time within the next year."))
        return at

    def objection(self, people: int, cost: Decimal, asked: str) -> tuple[str, str]:
        """What must be confirmed before so many people get it for so many rupees, and the ID of the
        field of the review for that; else empty.

        `asked` is the mark of what spoke against this moment on the page that was confirmed.
        """
        if guards.is_large(people, cost) and self._typed() != people:
            said = _("Large send: type %(people)s, the number of people, to confirm.")
            return said % {"people": people}, "id_later_typed" if self.moment else "id_typed"
        why = QuietTimes().why(self.moment)
        if not why or self._is_answered(why, asked):
            return "", ""
        box = "id_later_at_night" if self.moment else f"id_at_night_{why.mark}"
        return objection(why, self.moment), box

    def _is_answered(self, why: Why, asked: str) -> bool:
        """Whether the box was ticked: for a chosen time, or for these reasons to wait now."""
        is_same = self.moment is not None or asked == why.mark
        return bool(self.cleaned_data["at_night"]) and is_same

    def _typed(self) -> int | None:
        """The number, in any digits and with commas as 1,200 has them; -1200 is another number."""
        text = visible(self.cleaned_data["typed"]).replace(",", "").replace(" ", "")
        return int(text) if text.isdecimal() and len(text) < _MOST_DIGITS else None

    @property
    def moment(self) -> datetime | None:
        """When it goes out; None is now."""
        return self.cleaned_data.get("at")
