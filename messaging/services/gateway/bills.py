"""The mark of a gateway's bills: it rises in the same transaction as anything that can change what
the check of a bill found before.

What was found is worked out after the mark was read, and kept with it. So whoever looked while
something changed has kept it under a mark that is not the gateway's any more.
"""

from django.db.models import F

from messaging.models import Gateway


def changed(gateway_id: int) -> None:
    """Whatever was found until now is found anew: a person decided, an answer came late, or the
    database was set back.
    """
    Gateway.objects.filter(pk=gateway_id).update(bills_mark=F("bills_mark") + 1)


def mark(gateway_id: int) -> int:
    """The mark as it is now, not as a row that was read before has it."""
    return Gateway.objects.values_list("bills_mark", flat=True).get(pk=gateway_id)
