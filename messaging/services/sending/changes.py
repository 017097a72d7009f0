"""What an answer does to a batch and to its recipients: the rules alone, nothing is saved here."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from messaging.answers.outcomes import Outcome
from messaging.models import BatchState, RecipientState

# What certainly did not go out may be sent again; nothing else ever is.
_QUEUED_AGAIN: Final = {
    Outcome.UNREACHABLE,
    Outcome.CERTIFICATE,
    Outcome.TOKEN_REFUSED,
    Outcome.THROTTLED,
    Outcome.TOO_LARGE,
    Outcome.MISCONFIGURED,
}
# Sociair took the request, or refused it in words.
CLEAR: Final = {Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ALL_INVALID, Outcome.SOME_INVALID}


@dataclass(frozen=True, slots=True)
class Change:
    """Where a batch goes, and where its recipients go: those named invalid, and the others.

    Others that are `cut_again` leave for new batches, because certainly none of them was sent.
    """

    batch: BatchState
    named: RecipientState
    others: RecipientState
    cut_again: bool = False

    @classmethod
    def all(cls, batch: BatchState, recipients: RecipientState) -> "Change":
        return cls(batch, recipients, recipients)


UNCONFIRMED: Final = Change.all(BatchState.UNCONFIRMED, RecipientState.UNCONFIRMED)
_CANCELLED: Final = Change.all(BatchState.CANCELLED, RecipientState.CANCELLED)
_REFUSED: Final = Change.all(BatchState.REFUSED, RecipientState.REFUSED)


def change_by(outcome: Outcome, size: int, *, cancelled: bool, late: bool) -> Change:
    """What an outcome does to a batch of `size` numbers. A late answer never queues them again."""
    if outcome in _QUEUED_AGAIN:
        if late:
            return UNCONFIRMED
        if cancelled:
            return _CANCELLED
        if outcome is not Outcome.TOO_LARGE:
            return Change.all(BatchState.QUEUED, RecipientState.QUEUED)
        if size > 1:
            return Change(
                BatchState.SPLIT, RecipientState.QUEUED, RecipientState.QUEUED, cut_again=True
            )
        return _REFUSED
    if outcome is Outcome.ACCEPTED:
        return Change.all(BatchState.ACCEPTED, RecipientState.ACCEPTED)
    if outcome in (Outcome.REFUSED, Outcome.ALL_INVALID):
        return _REFUSED
    if outcome is Outcome.SOME_INVALID:
        return _some_invalid(cancelled=cancelled, late=late)
    return UNCONFIRMED


def _some_invalid(*, cancelled: bool, late: bool) -> Change:
    """By SOCIAIR_PARTIAL_REJECTION: what happened to the numbers that were not named invalid."""
    partly, named = BatchState.PARTLY_REFUSED, RecipientState.REFUSED
    rule = settings.SOCIAIR_PARTIAL_REJECTION
    if rule == "valid_sent":
        return Change(partly, named, RecipientState.ACCEPTED)
    if rule == "none_sent" and cancelled:
        return Change(partly, named, RecipientState.CANCELLED)
    if rule == "none_sent" and not late:
        return Change(partly, named, RecipientState.QUEUED, cut_again=True)
    return Change(partly, named, RecipientState.UNCONFIRMED)
