"""What must be waited for, or decided, before a person can be anonymised."""

from django.utils.translation import gettext as _

from messaging.models import Recipient, RecipientState
from messaging.services.privacy.traces import Traces, imports_under_way


def hindrance(traces: Traces) -> str:
    """Why it cannot be done now, in a sentence that says what to do; empty if it can."""
    hers = Recipient.objects.filter(mobile=traces.mobile)
    if not traces.of_number:
        hers = hers.filter(contact__in=traces.contacts)
    waiting = hers.filter(state=RecipientState.QUEUED)
    if hers.filter(state=RecipientState.SENDING).exists():
        return _("A message to this number is being sent now. Try again in a minute.")
    if (
        hers.filter(state=RecipientState.UNCONFIRMED).exists()
        or waiting.filter(campaign__doubted_at__isnull=False).exists()
    ):
        return _(
            "It is not known whether a message to this number went out. Decide that first, under "
            "Needs a decision."
        )
    if not traces.of_number and waiting.exists():
        return _(
            "A message to this person is waiting to be sent to a number that others share. "
            "Cancel it, or wait until it has gone out."
        )
    if imports_under_way():
        return _("An import is running. Try again when it is finished.")
    return ""
